"""Resampling of dependent returns: what else a Sharpe ratio might have been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray

_ROWS_AT_ONCE = 1_000_000  # resampled in memory; part of what a seed means


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """An estimate and where its true value may lie.

    Parameters
    ----------
    estimate, lower, upper : float
        The interval need not be symmetric around the estimate.
    level : float
        Probability that the interval holds the true value, as 0.95.
    """

    estimate: float
    lower: float
    upper: float
    level: float


def stationary_bootstrap(
    n: int, block_length: float, draws: int, generator: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Row numbers of resampled series: blocks of geometrically distributed length, wrapped around the end.

    Parameters
    ----------
    n : int
        Length of the series.
    block_length : float
        Mean length of a block, from 1 (independent draws).
    draws : int
        Series to draw.
    generator : numpy Generator
        Source of chance.

    Returns
    -------
    ndarray (draws, n)
        Positions from 0 to ``n - 1``.

    References
    ----------
    .. [1] Politis, D. N. and Romano, J. P. (1994). The stationary bootstrap. JASA 89(428), 1303-1313.

    Examples
    --------
    >>> stationary_bootstrap(6, block_length=3, draws=2, generator=np.random.default_rng(1)).shape
    (2, 6)
    """
    if n < 1 or not block_length >= 1:
        raise InputError(f"n is {n}, block_length {block_length}.", remedy="Give at least 1 for both.")
    starts = generator.integers(n, size=(draws, n))
    begins = generator.random((draws, n)) < 1 / block_length
    begins[:, 0] = True
    # Each position continues the last block begun at or before it.
    origin = np.maximum.accumulate(np.where(begins, np.arange(n), 0), axis=1)
    rows: npt.NDArray[np.intp] = (np.take_along_axis(starts, origin, axis=1) + np.arange(n) - origin) % n
    return rows


def optimal_block_length(values: npt.ArrayLike | pd.Series) -> float:
    """Mean block length of the stationary bootstrap that estimates the variance of a mean best.

    Parameters
    ----------
    values : array-like (n,)
        In time order; at least 10.

    Returns
    -------
    float
        From 1 to ``min(3 * sqrt(n), n / 3)``.

    References
    ----------
    .. [1] Politis, D. N. and White, H. (2004). Automatic block-length selection for the dependent bootstrap.
       Econometric Reviews 23(1), 53-70.
    .. [2] Patton, A., Politis, D. N. and White, H. (2009). Correction to the above. Econometric Reviews 28(4), 372-375.

    Examples
    --------
    >>> optimal_block_length(np.sin(np.arange(500) / 20))
    35.48
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 10 or not np.isfinite(x).all():
        raise InputError(f"{x.shape} values have no block length.", remedy="Give 10 or more, none of them missing.")
    if np.ptp(x) == 0:
        return 1.0
    n = len(x)
    x = x - x.mean()
    longest = min(3 * np.sqrt(n), n / 3)
    quiet_run = max(5, int(np.log10(n)))
    most_lags = int(np.ceil(np.sqrt(n))) + quiet_run
    autocovariance = np.array([x[lag:] @ x[: n - lag] / n for lag in range(min(most_lags, n - 1) + 1)])
    # The first lag of a run whose autocorrelations all lie in the noise band, as in the authors' own programs.
    quiet = np.abs(autocovariance / autocovariance[0]) < 2 * np.sqrt(np.log10(n) / n)
    first = next((lag for lag in range(1, len(quiet) - quiet_run + 1) if quiet[lag : lag + quiet_run].all()), most_lags)
    cut = min(2 * first, len(autocovariance) - 1)
    lags = np.arange(1, cut + 1)
    flat_top = np.minimum(1, 2 * (1 - lags / cut))
    spectrum = autocovariance[0] + 2 * np.sum(flat_top * autocovariance[1 : cut + 1])
    slope = 2 * np.sum(flat_top * lags * autocovariance[1 : cut + 1])
    if spectrum == 0:
        return float(longest)
    return float(np.clip((slope**2 * n / spectrum**2) ** (1 / 3), 1.0, longest))


def sharpe_confidence_interval(
    returns: npt.ArrayLike | pd.Series,
    periods_per_year: int,
    *,
    seed: int,
    level: float = 0.95,
    draws: int = 2000,
    block_length: float | None = None,
) -> ConfidenceInterval:
    """Confidence interval of an annualised Sharpe ratio by the stationary bootstrap.

    Parameters
    ----------
    returns : array-like (n,)
        Excess returns per period, in time order; at least 10.
    periods_per_year : int
        252 for daily returns.
    seed : int
        The same seed gives the same interval.
    level : float
        Probability to cover.
    draws : int
        Series resampled.
    block_length : float, optional
        Mean block length; by default :func:`optimal_block_length` of the returns.

    Returns
    -------
    ConfidenceInterval
        Percentiles of the resampled Sharpe ratios around ``mean / std(ddof=1) * sqrt(periods_per_year)``.

    Raises
    ------
    InputError
        Where the returns are too few, missing or constant.

    Notes
    -----
    Nothing here accounts for having chosen the strategy because of its Sharpe ratio.

    References
    ----------
    .. [1] Politis, D. N. and Romano, J. P. (1994). The stationary bootstrap. JASA 89(428), 1303-1313.

    Examples
    --------
    >>> daily = np.random.default_rng(0).normal(0.0005, 0.01, 1000)
    >>> interval = sharpe_confidence_interval(daily, 252, seed=1)
    >>> [round(float(value), 1) for value in (interval.lower, interval.estimate, interval.upper)]
    [-1.0, 0.0, 1.0]
    """
    x = np.asarray(returns, dtype=np.float64)
    length = optimal_block_length(x) if block_length is None else block_length
    if not 0 < level < 1 or draws < 1:
        raise InputError(f"level is {level}, draws is {draws}.", remedy="Give a probability, as 0.95, and 1 or more.")
    if np.ptp(x) == 0:
        raise InputError("The returns do not vary.", remedy="Their Sharpe ratio is undefined.")
    generator = np.random.default_rng(seed)
    batch = max(_ROWS_AT_ONCE // len(x), 1)
    resampled = np.concatenate(
        [
            _sharpe_ratios(x[stationary_bootstrap(len(x), length, min(batch, draws - done), generator)])
            for done in range(0, draws, batch)
        ]
    ) * np.sqrt(periods_per_year)
    lower, upper = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    estimate = x.mean() / x.std(ddof=1) * np.sqrt(periods_per_year)
    return ConfidenceInterval(float(estimate), float(lower), float(upper), level)


def _sharpe_ratios(samples: FloatArray) -> FloatArray:
    """Of each row (draws, n); rows that happen to repeat one value have none and are left out."""
    samples = samples[np.ptp(samples, axis=1) > 0]
    ratios: FloatArray = samples.mean(axis=1) / samples.std(axis=1, ddof=1)
    return ratios
