"""Gymnasium's environments over a market: one portfolio, or many side by side.

Observation: a row of :data:`~foliohub.allocate.reinforcement.observation.WIDTH` numbers per ticker, one after the
other. Action: see :mod:`foliohub.allocate.reinforcement.actions`. Reward: log return net of costs, in decimals.
An episode ends by truncation, where its length or history is over: investing itself has no end.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from foliohub.allocate.reinforcement.actions import action_size
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.observation import BOUND, WIDTH
from foliohub.allocate.reinforcement.portfolios import Portfolios
from foliohub.errors import InputError
from foliohub.types import FloatArray

Float32Array = npt.NDArray[np.float32]


def observation_space(n_tickers: int) -> Any:
    """All that can be seen: features within their bound, weights."""
    return gymnasium.spaces.Box(-BOUND, BOUND, (n_tickers * WIDTH,), np.float32)


def action_space(n_tickers: int) -> Any:
    """All that can be asked for."""
    return gymnasium.spaces.Box(-1.0, 1.0, (action_size(n_tickers),), np.float32)


class PortfolioEnvironment(gymnasium.Env[Float32Array, Float32Array]):
    """One portfolio in a market.

    Parameters
    ----------
    market : Market
    episode : int, optional
        Decisions in an episode; None for all there are.
    random_start : bool
        Start at a random decision that leaves a whole episode, rather than at the first.

    Notes
    -----
    ``reset(options={"position": 3, "weights": array})`` starts at a given decision with given weights.
    `info` of a step holds `cost`, `weights` (after the trade) and `session` (of the decision).
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - gymnasium's declaration
        "render_modes": []
    }

    def __init__(self, market: Market, *, episode: int | None = None, random_start: bool = False) -> None:
        self.portfolios = Portfolios(market, 1)
        self.episode, self.random_start = _episode(market, episode), random_start
        self.observation_space = observation_space(market.n_tickers)
        self.action_space = action_space(market.n_tickers)
        self._steps = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Float32Array, dict[str, Any]]:
        """Start an episode; see :class:`gymnasium.Env`."""
        super().reset(seed=seed)
        asked = options or {}
        start = asked.get("position")
        if start is None:
            start = int(_starts(self.portfolios.market, self.episode, self.random_start, self.np_random, 1)[0])
        self.portfolios.begin([0], start, asked.get("weights", 0.0))
        self._steps = 0
        return self._seen(), {}

    def step(self, action: npt.ArrayLike) -> tuple[Float32Array, float, bool, bool, dict[str, Any]]:
        """Decide, and live until the next decision; see :class:`gymnasium.Env`."""
        session = self.portfolios.market.sessions[self.portfolios.position[0]]
        outcome = self.portfolios.step(np.asarray(action, dtype=np.float64)[None, :])
        self._steps += 1
        over = bool(outcome.over[0]) or self._steps >= self.episode
        info = {"cost": float(outcome.costs[0]), "weights": outcome.targets[0], "session": session}
        return self._seen(), float(outcome.rewards[0]), False, over, info

    def _seen(self) -> Float32Array:
        return self.portfolios.observe().reshape(-1).astype(np.float32)


class PortfolioVectorEnvironment(VectorEnv[Float32Array, Float32Array, npt.NDArray[Any]]):
    """Portfolios side by side in one market; each starts anew by itself, in the very step its episode ends.

    Parameters
    ----------
    market : Market
    num_envs : int
        Portfolios.
    episode, random_start
        As for :class:`PortfolioEnvironment`.
    start_weights : array-like (n_tickers,) or float
        Held at the start of each episode; by default nothing.

    Notes
    -----
    `info["final_obs"]` holds the last observation of episodes that ended, by portfolio.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - gymnasium's declaration
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        market: Market,
        num_envs: int,
        *,
        episode: int | None = None,
        random_start: bool = True,
        start_weights: npt.ArrayLike = 0.0,
    ) -> None:
        self.num_envs, self.start_weights = num_envs, start_weights
        self.portfolios = Portfolios(market, num_envs)
        self.episode, self.random_start = _episode(market, episode), random_start
        self.single_observation_space = observation_space(market.n_tickers)
        self.single_action_space = action_space(market.n_tickers)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.steps = np.zeros(num_envs, dtype=np.intp)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 - gymnasium's signature
    ) -> tuple[Float32Array, dict[str, Any]]:
        """Start all episodes; see :class:`gymnasium.vector.VectorEnv`."""
        if isinstance(seed, list):
            raise InputError("One generator draws for all portfolios.", remedy="Give one seed.")
        super().reset(seed=seed)
        self._begin(np.ones(self.num_envs, dtype=np.bool_))
        return self._seen(), {}

    def step(
        self, actions: npt.ArrayLike
    ) -> tuple[Float32Array, FloatArray, npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]:
        """Decide for all, and live until their next decisions; see :class:`gymnasium.vector.VectorEnv`."""
        outcome = self.portfolios.step(np.asarray(actions, dtype=np.float64))
        self.steps += 1
        over = outcome.over | (self.steps >= self.episode)
        info: dict[str, Any] = {"cost": outcome.costs}
        if over.any():
            info["final_obs"] = self._seen()
            info["_final_obs"] = over
            self._begin(over)
        return self._seen(), outcome.rewards, np.zeros(self.num_envs, dtype=np.bool_), over, info

    def _begin(self, which: npt.NDArray[np.bool_]) -> None:
        market = self.portfolios.market
        count = int(which.sum())
        starts = _starts(market, self.episode, self.random_start, self.np_random, count)
        self.portfolios.begin(which, starts, self.start_weights)
        self.steps[which] = 0

    def _seen(self) -> Float32Array:
        return self.portfolios.observe().reshape(self.num_envs, -1).astype(np.float32)


def _episode(market: Market, episode: int | None) -> int:
    longest = -(-market.n_decisions // market.every)
    if episode is not None and episode < 1:
        raise InputError(f"An episode of {episode} decisions.", remedy="Give 1 or more, or None for all there are.")
    return longest if episode is None else min(episode, longest)


def _starts(
    market: Market, episode: int, random_start: bool, generator: np.random.Generator, count: int
) -> npt.NDArray[np.intp]:
    if not random_start:
        return np.zeros(count, dtype=np.intp)
    latest = max(0, market.n_decisions - 1 - market.every * (episode - 1))
    return generator.integers(latest + 1, size=count)
