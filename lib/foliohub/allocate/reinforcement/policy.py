"""A trained policy: small networks, what they were trained on, and the rule that they decide for nothing before it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from foliohub.allocate.reinforcement.actions import aim_and_rate, target_weights
from foliohub.allocate.reinforcement.actor import Actor
from foliohub.allocate.reinforcement.archive import packed, unpacking
from foliohub.allocate.reinforcement.observation import FEATURES, describe, observe
from foliohub.allocate.reinforcement.recipe import Recipe
from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray, Mapper

if TYPE_CHECKING:
    from pathlib import Path

    from foliohub.allocate.reinforcement.market import Market
    from foliohub.allocate.reinforcement.training import Progress

_LIBRARIES = ("finrl", "stable-baselines3", "gymnasium", "torch")


@dataclass(frozen=True, slots=True, eq=False)
class TrainedPolicy:
    """Actors that decide together: their mean is what is traded.

    Parameters
    ----------
    actors : tuple of Actor
        One per seed. Taking all of them is no choice made by looking at results, as taking the best would be.
    card : mapping
        Plain JSON: `model`, `trained_on` (`tickers`, `first`, `last`, `n_sessions`), `recipe`, `seeds`, `features`,
        `libraries`, and whatever the trainer adds, as `scores`.
    """

    actors: tuple[Actor, ...]
    card: Mapping[str, Any]

    @classmethod
    def train(
        cls,
        returns: pd.DataFrame,
        recipe: Recipe | None = None,
        *,
        seeds: Sequence[int] = (1, 2, 3, 4, 5),
        folder: Path | None = None,
        keep: bool = False,
        log_folder: Path | None = None,
        progress: Progress | None = None,
        mapper: Mapper | None = None,
        market: Market | None = None,
    ) -> Self:
        """Train one actor per seed on all of `returns`.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per session, none missing; indexed by session.
        recipe : Recipe, optional
            By default PPO with a small budget.
        seeds : sequence of int
        folder : Path, optional
            For checkpoints: training that was killed goes on where it was, and does no seed again that had ended.
        keep : bool
            Leave the checkpoints there when done, for whoever trains more after this and is interrupted then.
        log_folder : Path, optional
            For TensorBoard.
        progress : callable, optional
            Called with (steps done, steps in all), over all seeds.
        mapper : Mapper, optional
            To train the seeds side by side, as ``foliohub.clusters.mapper(client)``; `progress` then counts whole
            seeds, and `folder` must be one that every worker sees. The actors are the same, in this process or in
            others of the same machine.
        market : Market, optional
            ``recipe.market(returns)``, where it was made before.

        Raises
        ------
        ContractError
            Where a return is missing.
        InputError
            Where there are too few rows, no seeds, or a checkpoint of other training.
        """
        recipe = Recipe() if recipe is None else recipe
        if not seeds or len(set(seeds)) < len(seeds):
            raise InputError(f"The seeds are {list(seeds)}.", remedy="Give at least one, each once.")
        market = recipe.market(returns) if market is None else market
        total = recipe.steps * len(seeds)
        actors: list[Actor] = []
        if mapper is None:
            for number, seed in enumerate(seeds):
                told = None if progress is None else _from(progress, number * recipe.steps, total)
                actors.append(_train_seed(seed, market, recipe, folder, log_folder, told))
        else:
            for number, actor in enumerate(
                mapper(_train_seed, list(seeds), market, recipe, folder, log_folder), start=1
            ):
                actors.append(actor)
                if progress is not None:
                    progress(number * recipe.steps, total)
        if folder is not None and not keep:
            for seed in seeds:
                _checkpoint(folder, recipe, seed).unlink(missing_ok=True)
        return cls(tuple(actors), describe_training(returns, recipe, seeds))

    @property
    def lookback(self) -> int:
        """Sessions of returns a decision needs."""
        return int(self.card["recipe"]["lookback"])

    @property
    def every(self) -> int:
        """Sessions from one decision to the next, as in training."""
        return int(self.card["recipe"]["every"])

    @property
    def last_session(self) -> pd.Timestamp:
        """Last session trained on: the policy decides for no earlier one."""
        return pd.Timestamp(self.card["trained_on"]["last"])

    def at(self, cutoff: pd.Timestamp | None) -> TrainedPolicy:
        """The policy itself, if it may decide at the close of `cutoff`.

        Raises
        ------
        ModelError
            Where it was trained on later sessions.
        """
        if cutoff is not None and cutoff < self.last_session:
            raise ModelError(
                f"The agent was trained on sessions to {self.last_session:%Y-%m-%d} "
                f"and may not decide at {cutoff:%Y-%m-%d}.",
                remedy="Decide at that session or later, or train on earlier ones.",
            )
        return self

    def members(self) -> tuple[TrainedPolicy, ...]:
        """Each actor as a policy of its own, to show what the seed does."""
        seeds = self.card["seeds"]
        return tuple(
            type(self)((actor,), {**self.card, "seeds": [seed]}) for actor, seed in zip(self.actors, seeds, strict=True)
        )

    def weights(self, returns: FloatArray, held: FloatArray | None = None) -> FloatArray:
        """Target weights (n_tickers,) from the last :attr:`lookback` returns (n_dates, n_tickers) and what is held.

        Notes
        -----
        Deterministic. Any tickers and any number of them: the network looks at each alike.
        """
        known = np.zeros(returns.shape[1]) if held is None else held
        seen = observe(describe(returns[-self.lookback :], self.lookback)[-1], known)
        return self.decide(seen, known)

    def decide(self, seen: FloatArray, held: FloatArray) -> FloatArray:
        """Target weights (..., n_tickers) from observations (..., n_tickers, WIDTH) and what is held."""
        targets = [target_weights(*aim_and_rate(actor.act(seen)), held) for actor in self.actors]
        mean: FloatArray = np.mean(targets, axis=0)
        return mean

    def with_card(self, **entries: Any) -> TrainedPolicy:
        """The same policy with more on its card, as `scores` or `data_versions`."""
        return type(self)(self.actors, {**self.card, **entries})

    def to_bytes(self) -> bytes:
        """A zip of `card.json` and one `.npz` per actor; the same policy gives the same bytes."""
        members = [("card.json", json.dumps(dict(self.card), indent=1, sort_keys=True).encode())]
        for number, actor in enumerate(self.actors):
            for name, array in sorted(actor.arrays.items()):
                written = io.BytesIO()
                np.save(written, array, allow_pickle=False)
                members.append((f"actor_{number}/{name}.npy", written.getvalue()))
            members.append((f"actor_{number}/squashed.json", json.dumps(actor.squashed).encode()))
        return packed(members)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote; nothing in it is executed.

        Raises
        ------
        ModelError
            Where it is something else or of another version of the features.
        """
        with unpacking(content, "This is no trained agent", "Train it again.") as archive:
            card = json.loads(archive.read("card.json"))
            if tuple(card["features"]) != FEATURES:
                raise ModelError(
                    "The agent was trained on other features than this version of Foliohub computes.",
                    remedy="Train it again.",
                )
            actors = tuple(_actor(archive, number) for number in range(len(card["seeds"])))
        return cls(actors, card)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Never changed once made; backtests copy the parameters of an allocator at every decision.
        return self


def describe_training(returns: pd.DataFrame, recipe: Recipe, seeds: Sequence[int]) -> dict[str, Any]:
    """The card of a policy trained so."""
    first, last = returns.index[0], returns.index[-1]
    return {
        "model": f"reinforcement ({recipe.algorithm.upper()})",
        "trained_on": {
            "tickers": [str(ticker) for ticker in returns.columns],
            "first": f"{first:%Y-%m-%d}",
            "last": f"{last:%Y-%m-%d}",
            "n_sessions": len(returns),
        },
        "recipe": recipe.as_mapping(),
        "seeds": [int(seed) for seed in seeds],
        "features": list(FEATURES),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _checkpoint(folder: Path, recipe: Recipe, seed: int) -> Path:
    return folder / f"{recipe.algorithm}_seed_{seed}.checkpoint"


def _train_seed(
    seed: int,
    market: Market,
    recipe: Recipe,
    folder: Path | None,
    log_folder: Path | None,
    progress: Progress | None = None,
) -> Actor:
    from foliohub.allocate.reinforcement.training import train_actor

    return train_actor(
        market,
        recipe,
        seed,
        checkpoint=None if folder is None else _checkpoint(folder, recipe, seed),
        log_folder=log_folder,
        progress=progress,
    )


def _from(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)


def _actor(archive: zipfile.ZipFile, number: int) -> Actor:
    folder = f"actor_{number}/"
    arrays = {
        name[len(folder) : -len(".npy")]: np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
        for name in archive.namelist()
        if name.startswith(folder) and name.endswith(".npy")
    }
    return Actor(arrays, squashed=bool(json.loads(archive.read(f"{folder}squashed.json"))))
