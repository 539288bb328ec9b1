"""How an agent is trained: everything that, with the data and a seed, decides what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from foliohub.allocate.reinforcement.market import Market
from foliohub.costs import CostModel
from foliohub.errors import InputError

# FinRL's settings are for its own environment, one portfolio and rewards in dollars. These are for many portfolios side
# by side, weekly decisions and rewards in percent. A discount of 0.9 looks some ten decisions ahead: what a decision
# does to later rewards are costs and drift, and prices do not answer the agent.
PARAMETERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "ppo": {
            "n_steps": 32,
            "batch_size": 256,
            "n_epochs": 4,
            "learning_rate": 1e-3,
            "gamma": 0.9,
            "gae_lambda": 0.9,
            "policy_kwargs": {"log_std_init": -1.0},
        },
        "a2c": {
            "n_steps": 8,
            "learning_rate": 1e-3,
            "gamma": 0.9,
            "gae_lambda": 0.9,
            "normalize_advantage": True,
            "policy_kwargs": {"log_std_init": -1.0},
        },
        "sac": {
            "buffer_size": 20_000,
            "batch_size": 128,
            "learning_rate": 1e-3,
            "learning_starts": 500,
            "gamma": 0.9,
            "ent_coef": "auto_0.01",
            "policy_kwargs": {"net_arch": {"pi": [], "qf": [64, 64]}},
        },
        "td3": {
            "buffer_size": 20_000,
            "batch_size": 128,
            "learning_rate": 1e-3,
            "learning_starts": 500,
            "gamma": 0.9,
            "action_noise": "normal",
            "policy_kwargs": {"net_arch": {"pi": [], "qf": [64, 64]}},
        },
        "ddpg": {
            "buffer_size": 20_000,
            "batch_size": 128,
            "learning_rate": 1e-3,
            "learning_starts": 500,
            "gamma": 0.9,
            "action_noise": "normal",
            "policy_kwargs": {"net_arch": {"pi": [], "qf": [64, 64]}},
        },
    }
)
"""Parameters of Stable-Baselines3 by algorithm."""

ALGORITHMS = tuple(PARAMETERS)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train, and for what.

    Parameters
    ----------
    algorithm : {"ppo", "a2c", "sac", "td3", "ddpg"}
        As FinRL names them.
    steps : int
        Decisions to learn from, of all portfolios together.
    lookback : int
        Sessions an observation looks back.
    every : int
        Sessions from one decision to the next.
    purge : int
        Sessions from a decision to its trade.
    commission_bps, half_spread_bps : float
        Costs of trading, see :class:`foliohub.costs.CostModel`.
    episode : int
        Decisions of an episode.
    portfolios : int
        Portfolios trained on side by side.
    parameters : mapping
        Of Stable-Baselines3, in place of those of :data:`PARAMETERS`.

    Examples
    --------
    >>> Recipe("ppo", steps=10_000).settings()["n_steps"]
    32
    """

    algorithm: str = "ppo"
    steps: int = 50_000
    lookback: int = 126
    every: int = 5
    purge: int = 1
    commission_bps: float = 2.0
    half_spread_bps: float = 3.0
    episode: int = 50
    portfolios: int = 32
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.algorithm not in PARAMETERS:
            raise InputError(
                f"There is no algorithm {self.algorithm!r}.", remedy=f"Take one of {', '.join(ALGORITHMS)}."
            )
        for name in ("steps", "every", "episode", "portfolios"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give 1 or more.")

    @property
    def costs(self) -> CostModel:
        """What trading costs."""
        return CostModel(self.commission_bps, self.half_spread_bps)

    def settings(self) -> dict[str, Any]:
        """Parameters for Stable-Baselines3, fresh ones each time: it changes what it is given."""
        merged = {**PARAMETERS[self.algorithm], **self.parameters}
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in merged.items()}

    def market(self, returns: pd.DataFrame) -> Market:
        """The returns, ready to train on."""
        return Market.of(returns, lookback=self.lookback, every=self.every, purge=self.purge, costs=self.costs)

    def as_mapping(self) -> dict[str, Any]:
        """For a card: plain numbers and texts."""
        return {**asdict(self), "parameters": {**self.settings()}}
