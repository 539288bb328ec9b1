"""The search for gradient boosting's parameters: successive halving over folds that do not touch each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray, Mapper

TRIAL_COLUMNS = ("round", "trees", "learning_rate", "leaves", "smallest_leaf", "loss", "loss_error")
"""Of a table of trials: `loss` is the mean squared error in units of the spread, `loss_error` its deviation by fold."""

_SPACE: dict[str, tuple[float, ...]] = {
    "learning_rate": (0.01, 0.02, 0.05, 0.1),
    "max_leaf_nodes": (2, 4, 8, 16),
    "min_samples_leaf": (50, 100, 200, 400),
}
_FEWEST_TREES = 10
_FACTOR = 3  # candidates to each that is kept, and growth of its trees


@dataclass(frozen=True, slots=True)
class PurgedFolds:
    """Splits rows into folds of successive dates, training on the dates whose returns do not reach into the fold.

    Parameters
    ----------
    dates : ndarray of int (n_rows,)
        Session of each row, counted.
    horizon : int
        Sessions a row's return reaches ahead: rows so near a fold, before it or after, are left out of its training.
    folds : int

    References
    ----------
    .. [1] López de Prado, M. (2018). Advances in Financial Machine Learning. Wiley, sec. 7.4.

    Examples
    --------
    >>> for early, late in PurgedFolds(np.arange(9), horizon=2, folds=3).split():
    ...     print(early, late)
    [4 5 6 7 8] [0 1 2]
    [0 1 7 8] [3 4 5]
    [0 1 2 3 4] [6 7 8]
    """

    dates: np.ndarray
    horizon: int
    folds: int

    def get_n_splits(self, *_: object, **__: object) -> int:
        """Number of folds, as scikit-learn asks for it."""
        return self.folds

    def split(self, *_: object, **__: object) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to train on and rows to score on, for each fold."""
        for block in np.array_split(np.unique(self.dates), self.folds):
            first, last = block[0], block[-1]
            inside = (self.dates >= first) & (self.dates <= last)
            apart = (self.dates + self.horizon <= first) | (self.dates >= last + self.horizon)
            yield np.flatnonzero(apart & ~inside), np.flatnonzero(inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalvingSearch:
    """Try many parameters with few trees, and the better third of them with three times as many, until one is left.

    Parameters
    ----------
    candidates : int
        Drawn to begin with.
    folds : int
        Of the purged cross-validation.
    seed : int
        Of the draws.
    mapper : Mapper, optional
        To try parameters on folds side by side, as ``foliohub.clusters.mapper(client)``; the numbers are the same.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and hyperparameter
       optimization. AISTATS, 240-248.
    """

    candidates: int = 12
    folds: int = 3
    seed: int = 0
    mapper: Mapper | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("candidates", "folds"):
            if getattr(self, name) < 2:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give at least 2.")

    def run(
        self, x: FloatArray, y: FloatArray, dates: np.ndarray, horizon: int, trees: int
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        """Search on rows (n, n_features) and targets (n,).

        Returns
        -------
        chosen : dict
            `learning_rate`, `leaves` and `smallest_leaf`.
        trials : DataFrame (n_trials, 7)
            :data:`TRIAL_COLUMNS`: everything that was tried.

        Raises
        ------
        ModelError
            Where a fold would leave nothing to train on.
        """
        from sklearn.model_selection import ParameterSampler

        folds = PurgedFolds(dates, horizon, self.folds)
        if any(not len(early) or not len(late) for early, late in folds.split()):
            raise ModelError(
                f"{len(np.unique(dates))} dates are too few for {self.folds} folds {horizon} sessions apart.",
                remedy="Give a longer history, fewer folds or a shorter horizon.",
            )
        drawn = ParameterSampler(
            {name: list(values) for name, values in _SPACE.items()}, self.candidates, random_state=self.seed
        )
        left: list[dict[str, Any]] = list(drawn)
        parts, mapper = list(folds.split()), self.mapper or _here
        tried: list[tuple[Any, ...]] = []
        for number, some in enumerate(_rounds(len(left), trees)):
            tasks = [(one, some, early, late) for one in left for early, late in parts]
            answers = np.array(list(mapper(_trial_loss, tasks, x, y, self.seed))).reshape(len(left), len(parts))
            means, errors = answers.mean(axis=1), answers.std(axis=1)
            tried += [
                (number, some, *(one[name] for name in _SPACE), mean, error)
                for one, mean, error in zip(left, means, errors, strict=True)
            ]
            left = [left[place] for place in np.argsort(means, kind="stable")[: -(-len(left) // _FACTOR)]]
        trials = pd.DataFrame(tried, columns=list(TRIAL_COLUMNS))
        last = trials[trials["round"] == trials["round"].max()]
        best = last.loc[last["loss"].idxmin()]
        return {
            "learning_rate": float(best["learning_rate"]),
            "leaves": int(best["leaves"]),
            "smallest_leaf": int(best["smallest_leaf"]),
        }, trials


def _rounds(candidates: int, trees: int) -> list[int]:
    """Trees in each round: as many rounds as candidates need, of those that the trees suffice for."""
    fewest = min(_FEWEST_TREES, trees)
    return [
        some
        for some, kept in ((fewest * _FACTOR**number, candidates / _FACTOR**number) for number in range(candidates))
        if some <= trees and kept >= 1
    ]


def _here(function: Callable[..., Any], items: Sequence[Any], *shared: Any) -> Iterator[Any]:
    return (function(item, *shared) for item in items)


def _trial_loss(
    trial: tuple[dict[str, Any], int, np.ndarray, np.ndarray], x: FloatArray, y: FloatArray, seed: int
) -> float:
    """Mean squared error on a fold of so many trees fitted to the rows apart from it, on one thread."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    chosen, trees, early, late = trial
    model = HistGradientBoostingRegressor(early_stopping=False, random_state=seed, max_iter=trees, **chosen)
    with threadpool_limits(1):
        model.fit(x[early], y[early])
        return float(np.mean((model.predict(x[late]) - y[late]) ** 2))
