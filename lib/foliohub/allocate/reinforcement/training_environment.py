"""The vectorised environment as Stable-Baselines3 takes it, with rewards of a size its critics learn from."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from foliohub.allocate.reinforcement.environment import PortfolioVectorEnvironment

REWARD_SCALE = 100.0
"""Training rewards are log returns in percent: networks start out with values of about one."""


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from stable_baselines3.common.vec_env import VecEnv

    class TrainingEnvironment(VecEnv):
        def __init__(self, portfolios: PortfolioVectorEnvironment) -> None:
            self.inner = portfolios
            super().__init__(portfolios.num_envs, portfolios.single_observation_space, portfolios.single_action_space)

        def reset(self) -> Any:
            seen, _ = self.inner.reset(seed=self._seeds[0])
            self._reset_seeds()
            return seen

        def step_async(self, actions: Any) -> None:
            self._actions = actions

        def step_wait(self) -> Any:
            seen, rewards, _, over, info = self.inner.step(self._actions)
            infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
            for number in np.flatnonzero(over):
                infos[number] = {"TimeLimit.truncated": True, "terminal_observation": info["final_obs"][number]}
            return seen, (REWARD_SCALE * rewards).astype(np.float32), over, infos

        def close(self) -> None:
            self.inner.close()

        def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
            return [getattr(self.inner, attr_name, None) for _ in self._get_indices(indices)]

        def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:  # noqa: ARG002
            setattr(self.inner, attr_name, value)

        def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **options: Any) -> list[Any]:
            return [getattr(self.inner, method_name)(*arguments, **options) for _ in self._get_indices(indices)]

        def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:  # noqa: ARG002
            return [False for _ in self._get_indices(indices)]

    return TrainingEnvironment


def training_environment(portfolios: PortfolioVectorEnvironment) -> Any:
    """Wrap portfolios as a Stable-Baselines3 `VecEnv`."""
    return _adapter()(portfolios)
