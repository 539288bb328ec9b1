"""Whether outcomes fall where forecast distributions said they would: probability integral transforms, tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True)
class Uniformity:
    """What a test of uniformity says.

    Parameters
    ----------
    statistic : float
        Of Wald's form; NaN where there are too few periods or the values do not vary.
    p_value : float
        Probability of so large a statistic where forecasts are calibrated; NaN likewise.
    moments : tuple of float
        Means of the standardised transforms to the powers 1, 2, ... less what a uniform distribution has. The first
        is above zero where outcomes came out higher than forecast, the second where intervals were too narrow.
    """

    statistic: float
    p_value: float
    moments: tuple[float, ...]


def pit_histogram(pit: npt.ArrayLike, bins: int = 10) -> FloatArray:
    """Share of probability integral transforms in each of `bins` equal parts of 0 to 1 (bins,); calibrated: all equal.

    Examples
    --------
    >>> pit_histogram([0.1, 0.2, 0.3, 0.9], bins=2)
    array([0.75, 0.25])
    """
    values = _transforms(pit)
    if bins < 2:
        raise InputError(f"bins is {bins}.", remedy="Give 2 or more.")
    counts, _ = np.histogram(values, bins=bins, range=(0.0, 1.0))
    return np.asarray(counts / len(values))


def uniformity_test(
    pit: npt.ArrayLike, periods: npt.ArrayLike | pd.Series | None = None, *, horizon: int = 1, moments: int = 2
) -> Uniformity:
    """Test that probability integral transforms are uniform, whatever their dependence over time and across tickers.

    Parameters
    ----------
    pit : array-like (n,)
        From 0 to 1.
    periods : array-like (n,), optional
        The cutoff of each, in an order that sorts; transforms of one cutoff are averaged, as they move together. By
        default every value is a period of its own, in time order.
    horizon : int
        Periods that a forecast reaches ahead: overlapping ones are no independent evidence.
    moments : int
        Raw moments tested, 1 to 4: bias, spread, skewness, tails.

    Returns
    -------
    Uniformity

    Notes
    -----
    Knüppel's test: raw moments of ``sqrt(12) * (pit - 1/2)`` against those of the uniform distribution (0, 1, 0, 9/5),
    in units of their Newey-West covariance with ``2 * (horizon - 1)`` lags. The small-sample law is Hotelling's.

    References
    ----------
    .. [1] Knüppel, M. (2015). Evaluating the calibration of multi-step-ahead density forecasts using raw moments.
       Journal of Business & Economic Statistics 33(2), 270-281.
    .. [2] Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and autocorrelation
       consistent covariance matrix. Econometrica 55(3), 703-708.

    Examples
    --------
    >>> even = (np.arange(1000) * 0.618034) % 1
    >>> uniformity_test(even).p_value > 0.5, uniformity_test(even**2).p_value < 0.001
    (True, True)
    """
    from scipy.stats import f as fisher

    values = _transforms(pit)
    if horizon < 1 or not 1 <= moments <= 4:
        raise InputError(f"horizon is {horizon}, moments {moments}.", remedy="Give 1 or more, and 1 to 4.")
    standardised = np.sqrt(12) * (values - 0.5)
    expected = np.array([0.0, 1.0, 0.0, 1.8])[:moments]
    deviations = standardised[:, None] ** np.arange(1, moments + 1) - expected
    if periods is not None:
        deviations = pd.DataFrame(deviations).groupby(np.asarray(periods), sort=True).mean().to_numpy()
    mean, count = deviations.mean(axis=0), len(deviations)
    found = tuple(float(value) for value in mean)
    covariance = _long_run_covariance(deviations - mean, 2 * (horizon - 1))
    if count <= moments + 2 * (horizon - 1) or np.linalg.matrix_rank(covariance) < moments:
        return Uniformity(float("nan"), float("nan"), found)
    statistic = float(count * mean @ np.linalg.solve(covariance, mean))
    scaled = statistic * (count - moments) / (moments * (count - 1))
    return Uniformity(statistic, float(fisher.sf(scaled, moments, count - moments)), found)


def _long_run_covariance(deviations: FloatArray, lags: int) -> FloatArray:
    """Newey-West covariance (n_moments, n_moments) of deviations (n, n_moments) around zero."""
    count = len(deviations)
    total = deviations.T @ deviations / count
    for lag in range(1, min(lags, count - 1) + 1):
        cross = deviations[lag:].T @ deviations[:-lag] / count
        total = total + (1 - lag / (lags + 1)) * (cross + cross.T)
    return np.asarray(total)


def _transforms(pit: npt.ArrayLike) -> FloatArray:
    values = np.asarray(pit, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise InputError("A transform is no number from 0 to 1.", remedy="Leave out outcomes not known.")
    return values
