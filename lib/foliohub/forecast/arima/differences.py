"""How often to difference a series until it has no unit root.

References
----------
.. [1] Kwiatkowski, D., Phillips, P. C. B., Schmidt, P. and Shin, Y. (1992). Testing the null hypothesis of stationarity
   against the alternative of a unit root. Journal of Econometrics 54, 159-178.
.. [2] Said, S. E. and Dickey, D. A. (1984). Testing for unit roots in autoregressive-moving average models of unknown
   order. Biometrika 71(3), 599-607; MacKinnon, J. G. (2010). Critical values for cointegration tests. Queen's
   University working paper 1227, table 2.
.. [3] Wang, X., Smith, K. and Hyndman, R. (2006). Characteristic-based clustering for time series data. Data Mining and
   Knowledge Discovery 13, 335-364 (strength of seasonality).
.. [4] Hyndman, R. J. and Khandakar, Y. (2008). Automatic time series forecasting. Journal of Statistical Software 27(3)
   (repeated tests choose d, KPSS at lag ``3 sqrt(n) / 13``).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from foliohub.types import FloatArray

Test: TypeAlias = Literal["kpss", "adf"]

_KPSS_CRITICAL = 0.463  # 5 %, around a level: table 1 of [1]
_STRONG = 0.64  # strength above which Hyndman's nsdiffs differences over the season


def differencing_lags(d: int, seasonal_d: int = 0, period: int = 1) -> FloatArray:
    """Weights of the past values in ``y[t] = sum(lags[j] y[t-1-j]) + w[t]``, where w is y differenced.

    Examples
    --------
    >>> differencing_lags(2)
    array([ 2., -1.])
    """
    polynomial = np.ones(1)
    for _ in range(d):
        polynomial = np.convolve(polynomial, [1.0, -1.0])
    for _ in range(seasonal_d):
        polynomial = np.convolve(polynomial, np.r_[1.0, np.zeros(period - 1), -1.0])
    return np.asarray(-polynomial[1:])


def differenced(y: FloatArray, d: int, seasonal_d: int = 0, period: int = 1) -> FloatArray:
    """Difference along the first axis, over the season first."""
    for _ in range(seasonal_d):
        y = y[period:] - y[:-period]
    return np.asarray(np.diff(y, n=d, axis=0))


def kpss_statistic(y: FloatArray, lags: int) -> FloatArray:
    """Statistic around a level (n_series,) of complete series (n, n_series), Bartlett's weights up to `lags`.

    Examples
    --------
    >>> walk = np.cumsum(np.random.default_rng(0).normal(size=(500, 1)), axis=0)
    >>> bool(kpss_statistic(walk, 5)[0] > 0.463 > kpss_statistic(np.diff(walk, axis=0), 5)[0])
    True
    """
    e = y - y.mean(axis=0)
    n = len(e)
    variance = (e**2).sum(axis=0)
    for lag in range(1, lags + 1):
        variance = variance + 2 * (1 - lag / (lags + 1)) * (e[lag:] * e[:-lag]).sum(axis=0)
    return np.asarray((np.cumsum(e, axis=0) ** 2).sum(axis=0) / (n * variance))


def adf_statistic(y: FloatArray, lags: int) -> FloatArray:
    """Augmented Dickey-Fuller t statistics with a constant (n_series,) of complete series (n, n_series)."""
    steps = np.diff(y, axis=0)
    n = len(steps) - lags
    levels = y[lags:-1]
    design = np.stack(
        [levels, np.ones_like(levels), *(steps[lags - lag : len(steps) - lag] for lag in range(1, lags + 1))], axis=-1
    ).transpose(1, 0, 2)
    target = steps[lags:].T[..., None]
    # One unit for all columns: levels may be thousands and steps hundredths.
    scale = np.sqrt((design**2).mean(axis=1, keepdims=True)) + np.finfo(float).tiny
    design = design / scale
    inverse = np.linalg.inv(design.transpose(0, 2, 1) @ design)
    slopes = inverse @ (design.transpose(0, 2, 1) @ target)
    rest = ((target - design @ slopes) ** 2).sum(axis=(1, 2)) / (n - lags - 2)
    return np.asarray(slopes[:, 0, 0] / np.sqrt(rest * inverse[:, 0, 0]))


def _has_unit_root(y: FloatArray, test: Test) -> np.ndarray:
    n = len(y)
    if test == "kpss":
        return kpss_statistic(y, int(3 * np.sqrt(n) / 13)) > _KPSS_CRITICAL
    lags = int(np.cbrt(n - 1))
    critical = -2.86154 - 2.8903 / n - 4.234 / n**2 - 40.04 / n**3  # 5 %, with a constant
    return adf_statistic(y, lags) > critical


def choose_differences(y: FloatArray, test: Test = "kpss", largest: int = 2) -> np.ndarray:
    """How often to difference each of complete series (n, n_series), 0 to `largest`, testing at 5 %.

    Examples
    --------
    >>> shocks = np.random.default_rng(0).normal(size=(400, 1))
    >>> choose_differences(np.hstack([shocks, np.cumsum(shocks, axis=0)]))
    array([0, 1])
    """
    chosen = np.zeros(y.shape[1], dtype=int)
    open_ = np.ones(y.shape[1], dtype=bool)
    for d in range(largest):
        steps = np.diff(y, n=d, axis=0)
        open_ &= np.ptp(steps, axis=0) > 0
        if not open_.any():
            break
        open_[open_] = _has_unit_root(steps[:, open_], test)
        chosen[open_] += 1
    return chosen


def seasonal_strength(y: FloatArray, period: int) -> FloatArray:
    """Strength of the seasonal pattern, 0 to 1, of complete series (n, n_series), by classical decomposition."""
    weights = np.ones(period) if period % 2 else np.r_[0.5, np.ones(period - 1), 0.5]
    weights /= weights.sum()
    half = len(weights) // 2
    trend = np.stack([np.convolve(column, weights, "valid") for column in y.T], axis=1)
    rest = y[half : half + len(trend)] - trend
    phase = (np.arange(len(rest)) + half) % period
    pattern = np.stack([rest[phase == place].mean(axis=0) for place in range(period)])
    left = rest - (pattern - pattern.mean(axis=0))[phase]
    return np.asarray(np.clip(1 - left.var(axis=0) / np.maximum(rest.var(axis=0), np.finfo(float).tiny), 0, 1))


def choose_seasonal_differences(y: FloatArray, period: int) -> np.ndarray:
    """1 for each of complete series (n, n_series) whose season is strong, else 0; three seasons are the least."""
    if period < 2 or len(y) < 3 * period:
        return np.zeros(y.shape[1], dtype=int)
    return (seasonal_strength(y, period) > _STRONG).astype(int)
