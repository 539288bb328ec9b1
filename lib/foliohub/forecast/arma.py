"""A fitted autoregressive moving-average process: estimates, exact likelihood, forecasts of sums and their variance.

Estimates start from Hannan and Rissanen's regressions (statsmodels) and go on by Gauss-Newton steps to the least sum of
squared innovations: asymptotically as efficient as maximum likelihood, and much faster. The likelihood behind the
choice of an order is the exact Gaussian one.

References
----------
.. [1] Hannan, E. J. and Rissanen, J. (1982). Recursive estimation of mixed autoregressive-moving average order.
   Biometrika 69(1), 81-94.
.. [2] Brockwell, P. J. and Davis, R. A. (2016). Introduction to Time Series and Forecasting, 3rd ed. Springer,
   secs. 2.5, 3.3, 5.1.4 and 5.5.2.
.. [3] Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples. Biometrika
   76(2), 297-307 (AICc).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from foliohub.types import FloatArray

_NONE: FloatArray = np.zeros(0)
_STEPS = 100
_HALVINGS = 20
_TOLERANCE = 1e-7  # of the sum of squares: less than a ten-thousandth of log-likelihood for a thousand values
_UNIT = 0.999  # nearer to one, a series of a thousand values cannot be told from one without a mean to return to


@dataclass(frozen=True, slots=True, eq=False)
class Arma:
    """An ARMA process fitted to a series.

    ``x[t] - mean = sum(ar[i] * (x[t-1-i] - mean)) + e[t] + sum(ma[j] * e[t-1-j])``

    Parameters
    ----------
    mean : float
        Of the process.
    ar, ma : ndarray (p,), ndarray (q,)
        Coefficients, stationary and invertible.
    variance : float
        Of an innovation.
    log_likelihood : float
        Exact and Gaussian.
    series, innovations : ndarray (n,)
        What it was fitted to, less its mean, and the one-step forecast errors.
    converged : bool
        Whether the estimates came to rest.
    """

    mean: float
    variance: float
    log_likelihood: float
    series: FloatArray
    innovations: FloatArray
    converged: bool = True
    ar: FloatArray = field(default_factory=lambda: _NONE)
    ma: FloatArray = field(default_factory=lambda: _NONE)

    @property
    def order(self) -> tuple[int, int]:
        """Orders (p, q)."""
        return len(self.ar), len(self.ma)

    @property
    def aicc(self) -> float:
        """Corrected Akaike criterion; mean and variance count as parameters."""
        n, k = len(self.series), len(self.ar) + len(self.ma) + 2
        return -2 * self.log_likelihood + 2 * k * n / (n - k - 1)

    def forecast(self, horizon: int) -> FloatArray:
        """Expected values (horizon,) after the last one."""
        x, e = list(self.series[::-1][: len(self.ar)]), list(self.innovations[::-1][: len(self.ma)])
        ahead = []
        for _ in range(horizon):
            ahead.append(float(np.dot(self.ar, x) + np.dot(self.ma, e)))
            x, e = [ahead[-1], *x][: len(self.ar)], [0.0, *e][: len(self.ma)]
        return self.mean + np.array(ahead)

    def responses(self, horizon: int) -> FloatArray:
        """What an innovation `k` steps ahead adds to the sum over all `horizon`, for k = 1, ..., `horizon`.

        The variance of the error of the forecast sum is ``variance * sum(responses**2)``.

        Examples
        --------
        >>> Arma(0.0, 1.0, 0.0, np.zeros(9), np.zeros(9), ar=np.array([0.5])).responses(3)
        array([1.75, 1.5 , 1.  ])
        """
        weights = [1.0]  # of the moving average of infinite order
        for lag in range(1, horizon):
            past = weights[::-1][: len(self.ar)]
            moving = self.ma[lag - 1] if lag <= len(self.ma) else 0.0
            weights.append(float(np.dot(self.ar[: len(past)], past) + moving))
        return np.asarray(np.cumsum(weights)[::-1])


def fit_arma(values: FloatArray, order: tuple[int, int]) -> Arma:
    """Fit a stationary and invertible process of given order with a mean.

    Parameters
    ----------
    values : ndarray (n,)
        The series, none missing.
    order : (p, q)
        Lags of the autoregression and of the moving average.

    Examples
    --------
    >>> shocks = np.random.default_rng(0).normal(size=501)
    >>> fit_arma(shocks[1:] + 0.5 * shocks[:-1], (0, 1)).ma.round(2)
    array([0.47])
    """
    p, q = order
    mean = float(values.mean())
    x = values - mean
    ar, ma, converged = _NONE, _NONE, True
    if p + q:
        from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen

        start, _ = hannan_rissanen(x, ar_order=p, ma_order=q, demean=False, unbiased=False)
        ar, ma, converged = _refined(x, np.asarray(start.ar_params), np.asarray(start.ma_params))
    errors, scale = _innovations(x, ar, ma)
    n, variance = len(x), float(np.mean(errors**2 / scale))
    log_likelihood = -0.5 * (n * (np.log(2 * np.pi * variance) + 1) + float(np.sum(np.log(scale))))
    return Arma(mean, variance, log_likelihood, x, errors, converged, ar, ma)


def _innovations(x: FloatArray, ar: FloatArray, ma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One-step forecast errors (n,), and their variances (n,) in units of the innovations'."""
    if not len(ar) + len(ma):
        return x, np.ones(len(x))
    from statsmodels.tsa.innovations.arma_innovations import arma_innovations

    errors, scale = arma_innovations(x, ar_params=ar, ma_params=ma)
    return np.asarray(errors), np.asarray(scale)


def _refined(x: FloatArray, ar: FloatArray, ma: FloatArray) -> tuple[FloatArray, FloatArray, bool]:
    """Gauss-Newton steps to the least sum of squared innovations, the series being zero before its start.

    Steps that leave the stationary and invertible region, or do not lessen the sum, are halved.
    """
    from scipy.signal import lfilter

    p, q = len(ar), len(ma)
    longest = max(p, q)
    while not (_decays(-ar) and _decays(ma)):  # regressions know nothing of the region; come back into it
        ar, ma = ar * 0.9, ma * 0.9
    innovations = lfilter(np.r_[1.0, -ar], np.r_[1.0, ma], x)
    total = innovations @ innovations
    for _ in range(_STEPS):
        by_ar, by_ma = (lfilter([1.0], np.r_[1.0, ma], series) for series in (x, innovations))
        slopes = [by_ar[longest - lag : -lag] for lag in range(1, p + 1)]
        slopes += [by_ma[longest - lag : -lag] for lag in range(1, q + 1)]
        jacobian = np.column_stack(slopes)
        step = np.linalg.lstsq(jacobian, innovations[longest:], rcond=None)[0]
        if np.sum((jacobian @ step) ** 2) <= _TOLERANCE * total:
            return ar, ma, True
        before = total
        for _ in range(_HALVINGS):
            trial = ar + step[:p], ma + step[p:]
            if _decays(-trial[0]) and _decays(trial[1]):
                errors = lfilter(np.r_[1.0, -trial[0]], np.r_[1.0, trial[1]], x)
                if errors @ errors < before:
                    (ar, ma), innovations, total = trial, errors, errors @ errors
                    break
            step = step / 2
        if before - total <= _TOLERANCE * before:
            return ar, ma, True
    return ar, ma, False


def _decays(coefficients: FloatArray) -> bool:
    """Whether all roots of ``z**k + c[0] * z**(k-1) + ...`` lie inside the unit circle."""
    if len(coefficients) <= 1:
        return bool((np.abs(coefficients) < _UNIT).all())
    return bool((np.abs(np.roots(np.concatenate([[1.0], coefficients]))) < _UNIT).all())
