"""Whether two Sharpe ratios differ by more than chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.metrics.significance import Significance, paired_series
from foliohub.types import FloatArray


def jobson_korkie_test(returns: npt.ArrayLike | pd.Series, benchmark: npt.ArrayLike | pd.Series) -> Significance:
    """Test whether two Sharpe ratios are equal, for independent normal returns, with Memmel's correction.

    Kept for comparison with the literature: with heavy tails or autocorrelation it rejects too often; use
    :func:`ledoit_wolf_sharpe_test` for conclusions.

    Parameters
    ----------
    returns, benchmark : array-like (n,)
        Excess returns of the two over the same periods.

    Returns
    -------
    Significance
        In Sharpe ratios per period (not annualised), moments with ddof = 1.

    References
    ----------
    .. [1] Jobson, J. D. and Korkie, B. M. (1981). Performance hypothesis testing with the Sharpe and Treynor measures.
       Journal of Finance 36(4), 889-908.
    .. [2] Memmel, C. (2003). Performance hypothesis testing with the Sharpe ratio. Finance Letters 1, 21-23.

    Examples
    --------
    >>> test = jobson_korkie_test([0.02, -0.01, 0.03, 0.01, -0.02], [0.01, -0.02, 0.02, 0.02, -0.03])
    >>> round(test.estimate, 3), round(test.p_value, 3)
    (0.289, 0.139)
    """
    first, second = paired_series(returns, benchmark, at_least=3)
    _require_spread(first, second)
    n = len(first)
    (variance_1, covariance), (_, variance_2) = np.cov(first, second)
    deviation_1, deviation_2 = np.sqrt(variance_1), np.sqrt(variance_2)
    correlation = covariance / (deviation_1 * deviation_2)
    sharpe_1, sharpe_2 = first.mean() / deviation_1, second.mean() / deviation_2
    # Memmel's eq. 3 divided by both variances, so that it reads in Sharpe ratios.
    variance = (2 - 2 * correlation + (sharpe_1**2 + sharpe_2**2) / 2 - sharpe_1 * sharpe_2 * correlation**2) / n
    return _normal_test(float(sharpe_1 - sharpe_2), float(np.sqrt(max(variance, 0.0))))


def ledoit_wolf_sharpe_test(
    returns: npt.ArrayLike | pd.Series, benchmark: npt.ArrayLike | pd.Series, prewhiten: bool = True
) -> Significance:
    """Test whether two Sharpe ratios are equal, whatever the tails and the autocorrelation of the returns.

    Parameters
    ----------
    returns, benchmark : array-like (n,)
        Excess returns of the two over the same periods, in time order.
    prewhiten : bool
        Fit a first-order vector autoregression before estimating the long-run covariance: the better choice of the two
        in the authors' simulations, if still liberal for some tens of periods.

    Returns
    -------
    Significance
        In Sharpe ratios per period (not annualised), standard deviations with ddof = 1; normal p-value.

    Raises
    ------
    InputError
        Where the two differ in length, hold fewer than 10 or missing values, or one does not vary.

    Notes
    -----
    Delta method on the means and second moments of both; their long-run covariance by the Parzen kernel with Andrews'
    automatic bandwidth for first-order autoregressions and the factor n / (n - 4).

    References
    ----------
    .. [1] Ledoit, O. and Wolf, M. (2008). Robust performance hypothesis testing with the Sharpe ratio. Journal of
       Empirical Finance 15(5), 850-859, sec. 3.1.
    .. [2] Andrews, D. W. K. (1991). Heteroskedasticity and autocorrelation consistent covariance matrix estimation.
       Econometrica 59(3), 817-858, eq. 6.2 and 6.4.
    .. [3] Andrews, D. W. K. and Monahan, J. C. (1992). An improved heteroskedasticity and autocorrelation consistent
       covariance matrix estimator. Econometrica 60(4), 953-966 (prewhitening).

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> market = generator.normal(0.01, 0.04, 240)
    >>> test = ledoit_wolf_sharpe_test(market + generator.normal(0, 0.02, 240), market)
    >>> round(test.estimate, 3), round(test.p_value, 2)
    (-0.042, 0.15)
    """
    first, second = paired_series(returns, benchmark, at_least=10)
    n = len(first)
    _require_spread(first, second)
    moments = np.column_stack([first, second, first**2, second**2])
    mean_1, mean_2, square_1, square_2 = moments.mean(axis=0)
    cubed_1, cubed_2 = (square_1 - mean_1**2) ** 1.5, (square_2 - mean_2**2) ** 1.5
    gradient = np.array([square_1 / cubed_1, -square_2 / cubed_2, -mean_1 / cubed_1 / 2, mean_2 / cubed_2 / 2])
    deviations = moments - moments.mean(axis=0)
    covariance = _prewhitened(deviations) if prewhiten else _parzen(deviations)
    estimate = first.mean() / first.std(ddof=1) - second.mean() / second.std(ddof=1)
    return _normal_test(float(estimate), float(np.sqrt(max(gradient @ covariance @ gradient, 0.0) / n)))


def _parzen(deviations: FloatArray) -> FloatArray:
    """Long-run covariance (k, k) of rows (n, k) with mean zero."""
    n, k = deviations.shape
    bandwidth = min(2.6614 * (_andrews_alpha(deviations) * n) ** 0.2, n - 1.0)
    covariance: FloatArray = deviations.T @ deviations / n
    for lag in range(1, int(np.ceil(bandwidth))):
        x = lag / bandwidth
        weight = 1 - 6 * x**2 + 6 * x**3 if x <= 0.5 else 2 * (1 - x) ** 3
        autocovariance = deviations[lag:].T @ deviations[:-lag] / n
        covariance += weight * (autocovariance + autocovariance.T)
    scaled: FloatArray = covariance * n / (n - k)
    return scaled


def _andrews_alpha(deviations: FloatArray) -> float:
    """Andrews' alpha(2) of first-order autoregressions fitted to each column, equally weighted."""
    lagged = deviations[:-1] - deviations[:-1].mean(axis=0)
    ahead = deviations[1:] - deviations[1:].mean(axis=0)
    slope = (lagged * ahead).sum(axis=0) / (lagged**2).sum(axis=0)
    variance = np.mean((ahead - slope * lagged) ** 2, axis=0)
    numerator = np.sum(4 * slope**2 * variance**2 / (1 - slope) ** 8)
    return float(numerator / np.sum(variance**2 / (1 - slope) ** 4))


def _prewhitened(deviations: FloatArray) -> FloatArray:
    """Long-run covariance by the residuals of a vector autoregression, recoloured."""
    lagged, ahead = deviations[:-1], deviations[1:]
    transition = np.linalg.lstsq(lagged, ahead, rcond=None)[0].T
    left, values, right = np.linalg.svd(transition)
    # Andrews and Monahan keep the autoregression away from a unit root, where recolouring would explode.
    transition = left @ np.diag(np.minimum(values, 0.97)) @ right
    recolour = np.linalg.inv(np.eye(len(transition)) - transition)
    return np.asarray(recolour @ _parzen(ahead - lagged @ transition.T) @ recolour.T)


def _normal_test(estimate: float, error: float) -> Significance:
    from scipy.special import ndtr

    if error == 0:
        return Significance(estimate, 0.0, float("nan"), float("nan"))
    statistic = estimate / error
    return Significance(estimate, error, statistic, float(2 * ndtr(-abs(statistic))))


def _require_spread(*series: FloatArray) -> None:
    if any(np.ptp(values) == 0 for values in series):
        raise InputError("One of the two series of returns does not vary.", remedy="Its Sharpe ratio is undefined.")
