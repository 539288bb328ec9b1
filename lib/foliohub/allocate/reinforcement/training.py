"""Train one actor: FinRL's agent on our environment, from a seed to the numbers of a network."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from foliohub.allocate.reinforcement.actor import LAYERS, Actor
from foliohub.allocate.reinforcement.environment import PortfolioVectorEnvironment
from foliohub.allocate.reinforcement.market import Market
from foliohub.allocate.reinforcement.recipe import Recipe

Progress = Callable[[int, int], object]
"""Called with (steps done, steps in all)."""


def train_actor(
    market: Market,
    recipe: Recipe,
    seed: int,
    *,
    checkpoint: Path | None = None,
    checkpoint_every: int = 10_000,
    log_folder: Path | None = None,
    progress: Progress | None = None,
) -> Actor:
    """Train on a market.

    Parameters
    ----------
    market : Market
        From :meth:`Recipe.market`.
    recipe : Recipe
    seed : int
        The same seed gives the same actor on the same machine.
    checkpoint : Path, optional
        File to save the state of training to, and to go on from where it is there. Its last state stays, for whoever
        trains several and is interrupted at a later one; who named the file removes it.
    checkpoint_every : int
        Steps from one saving to the next.
    log_folder : Path, optional
        For TensorBoard.
    progress : callable, optional

    Returns
    -------
    Actor

    Raises
    ------
    InputError
        Where the checkpoint is of other training, or was made by other versions of the libraries.

    Notes
    -----
    Single-threaded: the networks are so small that a second thread costs more than it gives, and sums do not depend on
    the number of cores. Generators of random numbers of the process are left as they were.
    """
    from foliohub.allocate.reinforcement import checkpoints
    from foliohub.allocate.reinforcement.finrl_agent import agent_class
    from foliohub.allocate.reinforcement.networks import policy_classes
    from foliohub.allocate.reinforcement.training_environment import training_environment

    agent_of_finrl = agent_class()  # before all else that imports Stable-Baselines3: it keeps TensorFlow out
    purpose = _purpose(market, recipe, seed)
    with _one_thread(), _generators_kept():
        portfolios = PortfolioVectorEnvironment(
            market, recipe.portfolios, episode=recipe.episode, start_weights=1.0 / market.n_tickers
        )
        environment = training_environment(portfolios)
        settings = recipe.settings()
        policy_kwargs = settings.pop("policy_kwargs", None)
        agent = agent_of_finrl(env=environment)
        model = agent.get_model(
            recipe.algorithm,
            policy=policy_classes()[recipe.algorithm],
            policy_kwargs=policy_kwargs,
            model_kwargs={**settings, "device": "cpu"},
            seed=seed,
            tensorboard_log=None if log_folder is None else str(log_folder),
        )
        if log_folder is None:
            model.set_logger(_silence())  # its own would leave an empty folder among the temporary files
        resumed = checkpoint is not None and checkpoints.restore(checkpoint, model, purpose)
        if not (resumed and model.num_timesteps >= recipe.steps):
            watcher = _watcher()(recipe.steps, purpose, checkpoint, checkpoint_every, progress)
            agent.train_model(
                model, f"{recipe.algorithm}_seed_{seed}", total_timesteps=recipe.steps, callbacks=[watcher]
            )
            if checkpoint is not None:
                checkpoints.save(checkpoint, model, purpose, ended=True)
        return extract_actor(model)


def extract_actor(model: Any) -> Actor:
    """The actor of a Stable-Baselines3 model with a policy of :mod:`~foliohub.allocate.reinforcement.networks`."""
    state = model.policy.evaluator.state_dict()
    names = [f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")]
    arrays = {name: state[name].detach().cpu().numpy().astype(np.float32) for name in names}
    return Actor(arrays, squashed=bool(model.policy.squash_output))


def _silence() -> Any:
    from stable_baselines3.common.logger import Logger

    return Logger(folder=None, output_formats=[])


def _watcher() -> Any:
    from stable_baselines3.common.callbacks import BaseCallback

    from foliohub.allocate.reinforcement import checkpoints

    class Watcher(BaseCallback):
        """Saves and tells, between two updates."""

        def __init__(
            self, steps: int, purpose: str, checkpoint: Path | None, every: int, progress: Progress | None
        ) -> None:
            super().__init__()
            self.steps, self.purpose, self.checkpoint, self.every = steps, purpose, checkpoint, every
            self.progress = progress
            self.saved = -1

        def _on_training_start(self) -> None:
            self.saved = self.model.num_timesteps

        def _on_rollout_start(self) -> None:
            done = self.model.num_timesteps
            if self.checkpoint is not None and done - self.saved >= self.every:
                checkpoints.save(self.checkpoint, self.model, self.purpose)
                self.saved = done
            if self.progress is not None:
                self.progress(min(done, self.steps), self.steps)

        def _on_step(self) -> bool:
            return True

    return Watcher


def _purpose(market: Market, recipe: Recipe, seed: int) -> str:
    made_by = [version(library) for library in ("torch", "stable-baselines3")]
    digest = hashlib.sha256(json.dumps([recipe.as_mapping(), seed, made_by], sort_keys=True, default=str).encode())
    for array in (market.features, market.earned):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def _generators_kept() -> Iterator[None]:
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])
