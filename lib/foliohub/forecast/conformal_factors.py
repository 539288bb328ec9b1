"""How far each bound of a model's intervals must move to hold what it promises: learnt online from outcomes known.

For each model, horizon and bound there is one factor, which multiplies the distance between mean and bound in log
returns. It is a quantile of past *scores*, the distances between mean and outcome in units of that distance: a factor
of 1 says that the bound was right. Scores of all tickers are pooled; dividing by the interval's own width makes a quiet
ticker's score comparable to a wild one's (normalised conformal prediction [1]_ [2]_, each bound by itself [3]_).

Returns are not exchangeable, so that a fixed quantile of the past would drift from its promise. The level at which the
quantile is taken is therefore moved after every outcome, up by what was missed and down by what was held too easily
(adaptive conformal inference [4]_): in the long run the promised share is missed, whatever the data do.

References
----------
.. [1] Papadopoulos, H., Proedrou, K., Vovk, V. and Gammerman, A. (2002). Inductive confidence machines for regression.
   ECML 2002, 345-356.
.. [2] Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J. and Wasserman, L. (2018). Distribution-free predictive
   inference for regression. JASA 113(523), 1094-1111, sec. 5.2.
.. [3] Romano, Y., Patterson, E. and Candès, E. J. (2019). Conformalized quantile regression. NeurIPS 32, th. 2.
.. [4] Gibbs, I. and Candès, E. J. (2021). Adaptive conformal inference under distribution shift. NeurIPS 34, eq. 2 and
   prop. 4.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.known_outcomes import check_history
from foliohub.types import FloatArray

BOUNDS = MappingProxyType({"lo_95": 0.025, "lo_80": 0.1, "hi_80": 0.1, "hi_95": 0.025})
"""Bound -> share of outcomes that should lie beyond it."""

FACTOR_COLUMNS = ("cutoff", "horizon", "model", *BOUNDS, "evidence")
"""`lo_95` to `hi_95`: factor of the distance between mean and bound, in log returns. `evidence`: how many cutoffs were
scored at that date, counting those that overlap as the part of one that they are."""

_LOWEST_LEVEL = 0.5  # a bound is never drawn nearer to the mean than half of the scores
_NARROW = 0.02  # of the 95 % interval's width: a bound nearer to the mean is measured as if it lay there


def conformal_factors(
    history: pd.DataFrame, *, rate: float = 0.5, window: int | None = 250, prior: float = 2.0
) -> pd.DataFrame:
    """What the distance of each bound is to be multiplied by, at every cutoff.

    Parameters
    ----------
    history : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known; in any order.
    rate : float
        Step of the level per cutoff that overlaps with no other, from 0 to 1, as a multiple of the share that should
        lie beyond the bound (so that gamma of [4]_ in the module is 0.05 for the bounds of the 80 % interval by
        default); 0: split conformal prediction, whose level stays.
    window : int or None
        Newest cutoffs whose scores are pooled; None for all.
    prior : float
        Cutoffs without overlap that weigh as much as the belief that the model's own interval is right: the logarithm
        of the factor is shrunk by ``n / (n + prior)``.

    Returns
    -------
    DataFrame (n_cutoffs * n_horizons * n_models, 8)
        Columns :data:`FACTOR_COLUMNS`, sorted by the first three; 1.0 before anything is known.

    Raises
    ------
    InputError
        Where a column is missing or a parameter is wrong.

    Notes
    -----
    At a cutoff nothing counts but outcomes of sessions up to it. Outcomes of overlapping forecasts move the level by
    their part only: 21 forecasts over the same month are one piece of news.
    """
    check_history(history)
    options = _Options(rate, window, prior)
    frames = [
        _over_one(rows, options).assign(model=str(key[0]), horizon=int(str(key[1])))
        for key, rows in history.groupby(["model", "horizon"], sort=True)
    ]
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in FACTOR_COLUMNS})
    factors = pd.concat(frames, ignore_index=True)[list(FACTOR_COLUMNS)]
    return factors.sort_values(["cutoff", "horizon", "model"], ignore_index=True)


def distances(rows: pd.DataFrame, bound: str) -> FloatArray:
    """How far a bound lies from the mean, in log returns (n_rows,), above zero."""
    width = log_return(rows["hi_95"]) - log_return(rows["lo_95"])
    distance = np.abs(log_return(rows[bound]) - log_return(rows["mean"]))
    return np.asarray(np.maximum(distance, _NARROW * width + 1e-9))


def log_return(values: pd.Series) -> FloatArray:
    """Logarithms of one plus simple returns; a loss of more than everything counts as one of nearly everything."""
    return np.asarray(np.log1p(np.maximum(values.to_numpy(dtype=float), -1 + 1e-9)))


@dataclass(frozen=True, slots=True)
class _Options:
    rate: float
    window: int | None
    prior: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InputError(f"rate is {self.rate}.", remedy="Give a number from 0 (split conformal) to 1, as 0.5.")
        if self.window is not None and self.window < 1:
            raise InputError(f"window is {self.window}.", remedy="Give cutoffs from 1, or None for all.")
        if not self.prior >= 0:
            raise InputError(f"prior is {self.prior}.", remedy="Give cutoffs from 0.")


def _over_one(rows: pd.DataFrame, options: _Options) -> pd.DataFrame:
    """The factors of one model over one horizon."""
    rows = rows.sort_values(["cutoff", "ticker"])
    cutoffs, starts = np.unique(rows["cutoff"].to_numpy(), return_index=True)
    ends = rows.groupby("cutoff")["date"].max().to_numpy()
    # What a cutoff counts: one over how many, itself included, are made before its forecast has come out.
    shares = 1 / np.maximum(np.searchsorted(cutoffs, ends) - np.arange(len(cutoffs)), 1)
    found: dict[str, FloatArray] = {}
    evidence = np.zeros(len(cutoffs))
    for bound, missed in BOUNDS.items():
        side = -1.0 if bound.startswith("lo") else 1.0
        scores = side * (log_return(rows["outcome"]) - log_return(rows["mean"])) / distances(rows, bound)
        scores[rows["outcome"].isna().to_numpy()] = np.nan
        tracker = _Tracker(missed, options)
        quantiles, found[bound] = np.full(len(cutoffs), np.nan), np.ones(len(cutoffs))
        for number, known in enumerate(_rounds_known(cutoffs, ends)):
            for past in known:
                one = slice(starts[past], starts[past + 1] if past + 1 < len(starts) else None)
                tracker.learn(scores[one], quantiles[past], shares[past])
            quantiles[number] = tracker.quantile()
            found[bound][number], evidence[number] = tracker.shrunk(quantiles[number]), tracker.evidence
    return pd.DataFrame({"cutoff": cutoffs, **found, "evidence": evidence})


def _rounds_known(cutoffs: np.ndarray, ends: np.ndarray) -> Iterator[list[int]]:
    """For each cutoff the earlier ones whose session forecast has closed since the last cutoff."""
    waiting: list[int] = []
    for number, cutoff in enumerate(cutoffs):
        yield [past for past in waiting if ends[past] <= cutoff]
        waiting = [past for past in waiting if ends[past] > cutoff] + [number]


@dataclass
class _Tracker:
    """The factor of one bound, as outcomes come in."""

    missed: float  # share of outcomes that should lie beyond the bound
    options: _Options
    evidence: float = 0.0
    rounds: deque[FloatArray] = field(default_factory=deque)  # scores of each cutoff in the window, sorted

    def __post_init__(self) -> None:
        self.level = self.missed
        self.pool: FloatArray = np.empty(0)  # all of them, sorted

    def learn(self, scores: FloatArray, quantile: float, share: float) -> None:
        """Take in the scores of one cutoff, the quantile there was for it, and what the cutoff counts."""
        known = np.sort(scores[~np.isnan(scores)])
        if not len(known):
            return
        if len(self.rounds) == self.options.window:
            oldest = self.rounds.popleft()
            repeated = np.arange(len(oldest)) - np.searchsorted(oldest, oldest)  # of equal scores, each goes once
            self.pool = np.delete(self.pool, np.searchsorted(self.pool, oldest) + repeated)
        self.rounds.append(known)
        self.pool = np.insert(self.pool, np.searchsorted(self.pool, known), known)
        self.evidence += share
        # The quantile, not the factor: what shrinking let through is no reason to overdo it later.
        if not np.isnan(quantile):
            beyond = float(np.mean(known > quantile))
            self.level += self.options.rate * self.missed * share * (self.missed - beyond)

    def quantile(self) -> float:
        """The factor for the next cutoff as its scores have it; NaN before there are any."""
        if not len(self.pool):
            return float("nan")
        place = min(max(1 - self.level, _LOWEST_LEVEL), 1.0) * (len(self.pool) - 1)
        below = self.pool[int(place)]
        quantile = float(below + (place - int(place)) * (self.pool[min(int(place) + 1, len(self.pool) - 1)] - below))
        # Beyond every score seen, the interval must go on growing while too much is missed.
        return quantile * (1 - self.level / self.missed) if self.level < 0 else quantile

    def shrunk(self, quantile: float) -> float:
        """The quantile, drawn to 1 as far as little is known."""
        if np.isnan(quantile):
            return 1.0
        trust = self.evidence / (self.evidence + self.options.prior)
        return float(max(quantile, 1e-3) ** trust)
