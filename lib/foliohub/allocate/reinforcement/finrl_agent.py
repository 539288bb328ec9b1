"""FinRL's `DRLAgent`, without what FinRL imports and this project does not install.

FinRL declares no dependencies, and importing any part of it imports all of it: brokers' and data vendors' clients for
its own environments and downloads, of which the agent uses nothing. `alpaca_trade_api` cannot even be installed here
(it pins a websockets that yfinance cannot use). So these names are given empty stand-ins *while FinRL is imported*;
where one of them is installed it is left alone, and afterwards nobody else finds a stand-in in its place.

TensorBoard looks for TensorFlow when first used and would load it, seconds and a second set of threads; it takes its
own small replacement where it finds a module of the name `tensorboard.compat.notf`, which is its documented switch.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

logger = logging.getLogger(__name__)

STAND_INS = ("alpaca_trade_api", "stockstats", "wrds")
"""What FinRL imports and its agents do not use."""


class _StandIn(ModuleType):
    """A module in which every name is an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextlib.contextmanager
def stand_ins(names: Sequence[str] = STAND_INS) -> Iterator[None]:
    """Let modules that are not installed be imported as empty ones, within the block only."""
    missing = [name for name in names if name not in sys.modules and importlib.util.find_spec(name) is None]
    sys.modules.update({name: _StandIn(name) for name in missing})
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


@lru_cache(maxsize=1)
def agent_class() -> Any:
    """`finrl.agents.stablebaselines3.models.DRLAgent`, whose training also takes callbacks and resumes."""
    if "tensorflow" not in sys.modules:
        sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    with stand_ins():
        models = importlib.import_module("finrl.agents.stablebaselines3.models")

    class Agent(models.DRLAgent):  # type: ignore[misc, name-defined]
        def get_model(self, model_name: str, **options: Any) -> Any:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):  # FinRL prints the parameters
                model = super().get_model(model_name, verbose=0, **options)
            logger.debug("%s: %s", model_name, said.getvalue().strip())
            return model

        @staticmethod
        def train_model(
            model: Any, tb_log_name: str, total_timesteps: int = 5000, callbacks: Sequence[Any] = ()
        ) -> Any:
            """As FinRL's, with more callbacks, and going on from where `model` stands."""
            return model.learn(
                total_timesteps=total_timesteps - model.num_timesteps,
                tb_log_name=tb_log_name,
                callback=[models.TensorboardCallback(), *callbacks],
                reset_num_timesteps=model.num_timesteps == 0,
            )

    return Agent
