"""How far forecasts were from what happened: of points, of directions, of orderings, of intervals.

Everything takes the outcome first and the forecast second, in the same unit; less is better unless a docstring says
otherwise. Missing values are refused: which forecasts count is for the caller to say.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray

Values: TypeAlias = npt.ArrayLike | pd.Series
"""Numbers (n,): array-like or Series; of two Series the indexes must be the same."""


def mean_absolute_error(actual: Values, forecast: Values) -> float:
    """Mean of the absolute errors, in the unit of the data.

    Examples
    --------
    >>> mean_absolute_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.5
    """
    y, f = _paired(actual=actual, forecast=forecast)
    return float(np.mean(np.abs(y - f)))


def root_mean_squared_error(actual: Values, forecast: Values) -> float:
    """Square root of the mean squared error, in the unit of the data.

    Examples
    --------
    >>> root_mean_squared_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.612
    """
    y, f = _paired(actual=actual, forecast=forecast)
    return float(np.sqrt(np.mean((y - f) ** 2)))


def bias(actual: Values, forecast: Values) -> float:
    """Mean of forecast minus outcome: above zero where forecasts were too high.

    Examples
    --------
    >>> bias([0.01, -0.02], [0.02, 0.01])
    0.02
    """
    y, f = _paired(actual=actual, forecast=forecast)
    return float(np.mean(f - y))


def mean_absolute_scaled_error(actual: Values, forecast: Values, history: Values, season: int = 1) -> float:
    """Mean absolute error in units of the naive forecast's error over `history`; 1 is as good as naive.

    Parameters
    ----------
    actual, forecast : array-like (n,)
        Outcomes and forecasts.
    history : array-like (m,)
        The data the model was fitted to, in time order.
    season : int
        The naive forecast repeats the value `season` periods before.

    Raises
    ------
    InputError
        Where the history never changes over `season`, or is not longer than it.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. International
       Journal of Forecasting 22(4), 679-688.

    Examples
    --------
    >>> mean_absolute_scaled_error([3, -0.5, 2, 7, 2], [2.5, 0.0, 2, 8, 1.25], history=[5, 0.5, 4, 6, 3, 5, 2])
    0.18333
    """
    (past,) = _paired(history=history)
    scale = float(np.mean(np.abs(past[season:] - past[:-season]))) if len(past) > season >= 1 else 0.0
    if scale == 0:
        raise InputError(
            f"A history of {len(past)} values has no naive error over {season} periods to scale by.",
            remedy="Give a longer history that changes.",
        )
    return mean_absolute_error(actual, forecast) / scale


def symmetric_percentage_error(actual: Values, forecast: Values) -> float:
    """Mean of ``200 |y - f| / (|y| + |f|)``, in percent from 0 to 200; where both are zero there is no error.

    For positive levels, as prices and sales; returns, which change sign, make nonsense of it.

    References
    ----------
    .. [1] Makridakis, S. and Hibon, M. (2000). The M3-Competition: results, conclusions and implications.
       International Journal of Forecasting 16(4), 451-476, app. A.

    Examples
    --------
    >>> symmetric_percentage_error([100.0, 50.0], [110.0, 50.0])
    4.76
    """
    y, f = _paired(actual=actual, forecast=forecast)
    size = np.abs(y) + np.abs(f)
    return float(np.mean(200 * np.abs(y - f) / np.where(size > 0, size, 1.0)))


def skill_score(actual: Values, forecast: Values, benchmark: Values | float = 0.0) -> float:
    """Share of the benchmark's squared error that the forecast saves: 1 is perfect, 0 no better, below 0 worse.

    With the benchmark 0 this is the out-of-sample R² of asset pricing. NaN where the benchmark makes no error.

    References
    ----------
    .. [1] Campbell, J. Y. and Thompson, S. B. (2008). Predicting excess stock returns out of sample. Review of
       Financial Studies 21(4), 1509-1531, eq. 1.
    .. [2] Gu, S., Kelly, B. and Xiu, D. (2020). Empirical asset pricing via machine learning. Review of Financial
       Studies 33(5), 2223-2273, eq. 19 (benchmark 0).

    Examples
    --------
    >>> skill_score([1.0, -1.0], [0.5, 0.0])
    0.375
    """
    if isinstance(benchmark, (int, float)):
        benchmark = np.full(np.shape(actual), float(benchmark))
    y, f, b = _paired(actual=actual, forecast=forecast, benchmark=benchmark)
    reference = float(np.sum((y - b) ** 2))
    return float(1 - np.sum((y - f) ** 2) / reference) if reference > 0 else float("nan")


def hit_rate(actual: Values, forecast: Values) -> float:
    """Share of forecasts with the outcome's sign; more is better.

    A forecast or an outcome of exactly zero has no direction and is left out; NaN where nothing is left.

    Examples
    --------
    >>> hit_rate([0.01, -0.02, 0.03, 0.0], [0.5, 0.1, 0.2, 0.1])
    0.667
    """
    y, f = _paired(actual=actual, forecast=forecast)
    directed = (y != 0) & (f != 0)
    return float(np.mean(np.sign(y[directed]) == np.sign(f[directed]))) if directed.any() else float("nan")


def rank_information_coefficient(actual: pd.DataFrame, forecast: pd.DataFrame) -> pd.Series:
    """Spearman correlation of forecasts and outcomes across tickers, one per cutoff; more is better.

    Parameters
    ----------
    actual, forecast : DataFrame (n_cutoffs, n_tickers)
        The same index and columns. Here a missing value leaves the ticker out of that cutoff's cross-section.

    Returns
    -------
    Series (n_cutoffs,)
        From -1 to 1; NaN where fewer than two tickers are left or one side does not vary.

    References
    ----------
    .. [1] Grinold, R. C. and Kahn, R. N. (2000). Active Portfolio Management, 2nd ed. McGraw-Hill, ch. 6.

    Examples
    --------
    >>> outcome = pd.DataFrame([[0.01, 0.02, 0.03], [0.01, 0.02, 0.03]])
    >>> rank_information_coefficient(outcome, pd.DataFrame([[1.0, 5.0, 9.0], [3.0, 2.0, 1.0]])).tolist()
    [1.0, -1.0]
    """
    if not (actual.index.equals(forecast.index) and actual.columns.equals(forecast.columns)):
        raise InputError("Outcomes and forecasts have other cutoffs or tickers.", remedy="Align them first.")
    both = actual.notna() & forecast.notna()
    left, right = (side.where(both).rank(axis=1) for side in (actual, forecast))
    left, right = (side.sub(side.mean(axis=1), axis=0) for side in (left, right))
    scale = ((left**2).sum(axis=1) * (right**2).sum(axis=1)) ** 0.5
    coefficient: pd.Series = (left * right).sum(axis=1) / scale.where(scale > 0)
    return coefficient.rename("rank_ic")


def pinball_loss(actual: Values, forecast: Values, level: float) -> float:
    """Mean quantile loss of forecasts of the `level` quantile (0 < level < 1).

    References
    ----------
    .. [1] Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46(1), 33-50.

    Examples
    --------
    >>> pinball_loss([1, 2, 3], [0, 2, 3], level=0.1)
    0.0333
    """
    _require_level(level)
    y, f = _paired(actual=actual, forecast=forecast)
    return float(np.mean(np.maximum(level * (y - f), (level - 1) * (y - f))))


def interval_coverage(actual: Values, lower: Values, upper: Values) -> float:
    """Share of outcomes inside the interval, its bounds included; best near the interval's level.

    Examples
    --------
    >>> interval_coverage([0.0, 1.0, 5.0], lower=[-1, -1, -1], upper=[1, 1, 1])
    0.667
    """
    y, lo, hi = _interval(actual, lower, upper)
    return float(np.mean((lo <= y) & (y <= hi)))


def interval_width(lower: Values, upper: Values) -> float:
    """Mean width of the interval, in the unit of the data.

    Examples
    --------
    >>> interval_width([-1, -2], [1, 2])
    3.0
    """
    _, lo, hi = _interval(lower, lower, upper)
    return float(np.mean(hi - lo))


def interval_score(actual: Values, lower: Values, upper: Values, level: float) -> float:
    """Mean Winkler score of central intervals: their width plus ``2 / (1 - level)`` times what misses them.

    A proper score: in expectation, the true quantiles get the least.

    Parameters
    ----------
    actual, lower, upper : array-like (n,)
        Outcomes and bounds.
    level : float
        What the interval promises to cover, as 0.8.

    References
    ----------
    .. [1] Winkler, R. L. (1972). A decision-theoretic approach to interval estimation. JASA 67(337), 187-191.
    .. [2] Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation.
       JASA 102(477), 359-378, eq. 43.

    Examples
    --------
    >>> interval_score([0.1, 0.5], lower=[0.0, 0.0], upper=[0.4, 0.4], level=0.5)
    0.6
    """
    _require_level(level)
    y, lo, hi = _interval(actual, lower, upper)
    missed = np.maximum(lo - y, 0) + np.maximum(y - hi, 0)
    return float(np.mean(hi - lo + 2 / (1 - level) * missed))


def crps_normal(actual: Values, mean: Values, std: Values) -> float:
    """Mean continuous ranked probability score of normal forecasts, in the unit of the data.

    References
    ----------
    .. [1] Gneiting, T., Raftery, A. E., Westveld, A. H. and Goldman, T. (2005). Calibrated probabilistic forecasting
       using ensemble model output statistics and minimum CRPS estimation. Monthly Weather Review 133, eq. 5.

    Examples
    --------
    >>> crps_normal([0.0], mean=[0.0], std=[1.0])
    0.23369
    """
    from scipy.special import ndtr

    y, mu, sigma = _paired(actual=actual, mean=mean, std=std)
    if (sigma <= 0).any():
        raise InputError(f"std holds {float(sigma.min())}.", remedy="Give standard deviations above zero.")
    z = (y - mu) / sigma
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return float(np.mean(sigma * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))))


def _paired(**named: Values) -> tuple[FloatArray, ...]:
    """The values as float64 arrays of one length, none missing; Series must share their index."""
    first = next(iter(named))
    series = {name: values for name, values in named.items() if isinstance(values, pd.Series)}
    for name, values in series.items():
        reference = next(iter(series))
        if not values.index.equals(series[reference].index):
            raise InputError(f"{name} has another index than {reference}.", remedy="Align the two first.")
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    for name, array in arrays.items():
        if array.ndim != 1 or array.shape != arrays[first].shape:
            raise InputError(f"{name} has the shape {array.shape}, {first} {arrays[first].shape}.")
        if not array.size:
            raise InputError(f"{name} is empty.", remedy="Score at least one forecast.")
        if not np.isfinite(array).all():
            raise InputError(
                f"{name} holds {array[~np.isfinite(array)][0]} at position {int(np.argmin(np.isfinite(array)))}.",
                remedy="Leave out what has no outcome yet.",
            )
    return tuple(arrays.values())


def _interval(actual: Values, lower: Values, upper: Values) -> tuple[FloatArray, FloatArray, FloatArray]:
    y, lo, hi = _paired(actual=actual, lower=lower, upper=upper)
    if (lo > hi).any():
        where = int(np.argmax(lo > hi))
        raise InputError(f"The interval at position {where} runs from {lo[where]} down to {hi[where]}.")
    return y, lo, hi


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level is {level}.", remedy="Give a probability between 0 and 1, as 0.8.")
