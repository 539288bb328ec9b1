"""The search for gradient boosting's parameters: successive halving over folds that do not touch each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.intervals import TAILS
from foliohub.types import FloatArray, Mapper

TRIAL_COLUMNS = (
    "round",
    "trees",
    "learning_rate",
    "leaves",
    "smallest_leaf",
    "standing",
    "kept",
    "folds",
    "loss",
    "loss_error",
    "skill",
    "gain",
    "gain_error",
)
"""Of a table of trials, in units of the spread: `loss` is the mean over `folds`, `loss_error` its deviation by fold.

Both are of the number of trees, `kept` of up to `trees`, that is best over all folds, the mean over several quantiles;
`skill` is the share of the loss of no tree at all that is saved.
`standing` marks the parameters that the others have to beat; `gain` is the share of their loss saved on the same folds
in the same round, `gain_error` its standard error over the folds. Both are NaN where nothing was to be beaten.
"""

_SPACE: dict[str, tuple[float, ...]] = {
    "learning_rate": (0.01, 0.02, 0.05, 0.1),
    "max_leaf_nodes": (2, 4, 8, 16),
    "min_samples_leaf": (50, 100, 200, 400),
}
_THEIRS = {"learning_rate": "learning_rate", "leaves": "max_leaf_nodes", "smallest_leaf": "min_samples_leaf"}
_FEWEST_TREES = 10
_ERRORS = 2  # standard errors that what replaces has to save
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

    Trees are at most that many: parameters are scored by the number of them that is best over all folds.

    Parameters
    ----------
    candidates : int
        Drawn to begin with.
    folds : int
        Of the purged cross-validation.
    seed : int
        Of the draws.
    probabilities : sequence of float
        Quantiles whose mean pinball loss chooses, where quantiles are fitted. Each costs as much as a mean.
    mapper : Mapper, optional
        To try parameters on folds side by side, as ``foliohub.clusters.mapper(client)``; the numbers are the same.

    Notes
    -----
    The loss of the best is that of the luckiest too: it was picked on the folds it is scored on. So what stood before
    stays unless the best saves more than two standard errors of what it saves (after [2]_, where one is asked for, of
    a loss that nothing was picked by), and what the choice is worth is told only by forecasts of what came after the
    search.

    References
    ----------
    .. [1] Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and hyperparameter
       optimization. AISTATS, 240-248.
    .. [2] Hastie, T., Tibshirani, R. and Friedman, J. (2009). The Elements of Statistical Learning, 2nd ed., sec. 7.10
       (the one-standard-error rule).
    """

    candidates: int = 12
    folds: int = 3
    seed: int = 0
    probabilities: Sequence[float] = TAILS
    mapper: Mapper | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("candidates", "folds"):
            if getattr(self, name) < 2:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give at least 2.")
        if not self.probabilities or not all(0 < one < 1 for one in self.probabilities):
            raise InputError(
                f"probabilities are {list(self.probabilities)}.", remedy="Give at least one between 0 and 1, as 0.9."
            )

    def run(
        self,
        x: FloatArray,
        y: FloatArray,
        dates: np.ndarray,
        horizon: int,
        trees: int,
        *,
        quantiles: bool = False,
        standing: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        """Search on rows (n, n_features) and targets (n,).

        Parameters
        ----------
        x, y, dates : ndarray
            Features, targets and session, counted, of each row.
        horizon : int
            Sessions a row's target reaches ahead.
        trees : int
            At most.
        quantiles : bool
            Whether the pinball loss of `probabilities` chooses, rather than the squared error.
        standing : mapping, optional
            `learning_rate`, `leaves` and `smallest_leaf` to beat: tried in every round, beside the candidates.

        Returns
        -------
        chosen : dict
            `learning_rate`, `leaves` and `smallest_leaf`.
        trials : DataFrame (n_trials, 13)
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
        beaten = [] if standing is None else [{theirs: standing[ours] for ours, theirs in _THEIRS.items()}]
        left: list[dict[str, Any]] = [one for one in drawn if one not in beaten]
        parts, mapper = list(folds.split()), self.mapper or _here
        probabilities = tuple(self.probabilities) if quantiles else (None,)
        tried: list[tuple[Any, ...]] = []
        for number, some in enumerate(_rounds(self.candidates, trees)):
            tasks = [(one, some, early, late) for one in (*beaten, *left) for early, late in parts]
            paths = np.array(list(mapper(_loss_paths, tasks, x, y, self.seed, probabilities)))
            paths = paths.reshape(-1, len(parts), len(probabilities), some + 1)
            losses, kept = _at_their_best(paths)
            none = paths[0, ..., 0].mean()
            gains = 1 - losses / losses[0] if beaten else np.full_like(losses, np.nan)
            tried += [
                (
                    number,
                    some,
                    *(one[name] for name in _SPACE),
                    place < len(beaten),
                    kept[place],
                    len(parts),
                    losses[place].mean(),
                    losses[place].std(),
                    1 - losses[place].mean() / none,
                    gains[place].mean(),
                    gains[place].std(ddof=1) / np.sqrt(len(parts)),
                )
                for place, one in enumerate((*beaten, *left))
            ]
            order = np.argsort(losses[len(beaten) :].mean(axis=1), kind="stable")
            left = [left[place] for place in order[: -(-len(left) // _FACTOR)]]
        trials = pd.DataFrame(tried, columns=list(TRIAL_COLUMNS))
        best = chosen_trial(trials)
        return {
            "learning_rate": float(best["learning_rate"]),
            "leaves": int(best["leaves"]),
            "smallest_leaf": int(best["smallest_leaf"]),
        }, trials


def best_candidate(trials: pd.DataFrame) -> pd.Series:
    """The candidate with the least loss in the last round of one search over one horizon; a row of its trials."""
    last = trials[(trials["round"] == trials["round"].max()) & ~trials["standing"]]
    best: pd.Series[Any] = last.iloc[int(np.argmin(last["loss"]))]
    return best


def chosen_trial(trials: pd.DataFrame) -> pd.Series:
    """The same, or what stood before where that candidate does not save two standard errors."""
    best = best_candidate(trials)
    standing = trials[(trials["round"] == best["round"]) & trials["standing"]]
    return best if standing.empty or best["gain"] > _ERRORS * best["gain_error"] else standing.iloc[0]


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


def _at_their_best(paths: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What each trial loses on each fold with the number of trees that is best for it, and that number.

    As in a forecast, which keeps the trees that its validation bears out, for each quantile its own number; without
    it, parameters would look bad for nothing but learning fast.

    Parameters
    ----------
    paths : ndarray (n_trials, n_folds, n_losses, n_trees + 1)
        From no tree on.

    Returns
    -------
    losses : ndarray (n_trials, n_folds)
    kept : ndarray (n_trials,)
        Trees, the mean over the losses.
    """
    best = paths.mean(axis=1, keepdims=True).argmin(axis=-1, keepdims=True)
    losses = np.take_along_axis(paths, best, axis=-1)[..., 0].mean(axis=-1)
    return losses, best[:, 0, :, 0].mean(axis=-1)


def _loss_paths(
    trial: tuple[dict[str, Any], int, np.ndarray, np.ndarray],
    x: FloatArray,
    y: FloatArray,
    seed: int,
    probabilities: tuple[float | None, ...],
) -> FloatArray:
    """Losses on a fold of 0, 1, ... trees fitted to the rows apart from it, on one thread.

    Returns
    -------
    ndarray (n_probabilities, n_trees + 1)
        The mean squared error where the probability is None, else the mean pinball loss of the quantile.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    chosen, trees, early, late = trial
    told = ~np.isnan(x[early]).all(axis=0)  # of features that look far back, the first sessions know nothing
    paths = []
    for probability in probabilities:
        model = HistGradientBoostingRegressor(
            loss="squared_error" if probability is None else "quantile",
            quantile=probability,
            early_stopping=False,
            random_state=seed,
            max_iter=trees,
            **chosen,
        )
        none = y[early].mean() if probability is None else np.quantile(y[early], probability)
        with threadpool_limits(1):
            fitted = model.fit(x[early][:, told], y[early]) if told.any() else None
            said = fitted.staged_predict(x[late][:, told]) if fitted else [none] * trees
            paths.append([_loss(y[late] - one, probability) for one in (none, *said)])
    return np.array(paths)


def _loss(missed: FloatArray, probability: float | None) -> float:
    if probability is None:
        return float(np.mean(missed**2))
    return float(np.mean(np.maximum(probability * missed, (probability - 1) * missed)))
