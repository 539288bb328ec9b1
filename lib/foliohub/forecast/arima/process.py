"""One fitted process, and what it says of a series: likelihood, innovations, forecasts with exact variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foliohub.errors import ModelError
from foliohub.forecast.arima.differences import differencing_lags
from foliohub.forecast.arima.orders import ArimaOrder
from foliohub.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """A series seen by a process.

    Parameters
    ----------
    log_likelihood : float
        Exact and Gaussian; first values that differencing takes are diffuse.
    mean, variance : float
        Of the differenced series, and of an innovation: those given, or at the maximum.
    innovations : ndarray (n,)
        One-step forecast errors; NaN where the series is, or where differencing leaves none.
    scale : ndarray (n,)
        Their variances, in units of the innovations'.
    ahead, ahead_variance : ndarray (horizon,)
        Forecasts of the series, and the variances of their errors.
    """

    log_likelihood: float
    mean: float
    variance: float
    innovations: FloatArray
    scale: FloatArray
    ahead: FloatArray
    ahead_variance: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ArimaProcess:
    """Estimates for one series.

    With B the lag operator and w the series differenced:
    ``phi(B) Phi(B**s) (w[t] - mean) = theta(B) Theta(B**s) e[t]``, where
    ``phi(B) = 1 - ar[0] B - ...`` and ``theta(B) = 1 + ma[0] B + ...``.

    Parameters
    ----------
    order : ArimaOrder
    coefficients : ndarray (k,)
        Of the autoregression, moving average, and their seasonal twins, in this order.
    mean : float
        Of the differenced series.
    variance : float
        Of an innovation.
    log_likelihood, aicc : float
        Exact and Gaussian; coefficients, mean and variance count as parameters.
    values : int
        Values the likelihood is of: those known, less those differencing takes.
    converged : bool
        Whether the estimates came to rest.
    """

    order: ArimaOrder
    coefficients: FloatArray
    mean: float
    variance: float
    log_likelihood: float
    aicc: float
    values: int
    converged: bool = True

    def _part(self, part: int) -> FloatArray:
        sizes = self.order.sizes
        start = sum(sizes[:part])
        return self.coefficients[start : start + sizes[part]]

    @property
    def ar(self) -> FloatArray:
        """Coefficients (p,)."""
        return self._part(0)

    @property
    def ma(self) -> FloatArray:
        """Coefficients (q,)."""
        return self._part(1)

    @property
    def seasonal_ar(self) -> FloatArray:
        """Coefficients (P,)."""
        return self._part(2)

    @property
    def seasonal_ma(self) -> FloatArray:
        """Coefficients (Q,)."""
        return self._part(3)

    def whole(self) -> tuple[FloatArray, FloatArray]:
        """Coefficients of the polynomials multiplied out, (p + P s,) and (q + Q s,), without the leading one."""
        period = self.order.period
        if self.order.period == 1:
            return self.ar, self.ma
        ar = -np.convolve(np.r_[1.0, -self.ar], _spread(-self.seasonal_ar, period))[1:]
        return ar, np.convolve(np.r_[1.0, self.ma], _spread(self.seasonal_ma, period))[1:]

    def weights(self, horizon: int) -> FloatArray:
        """What an innovation adds to the series, differencing undone, 0, ..., ``horizon - 1`` steps later."""
        from scipy.signal import lfilter

        ar, ma = self.whole()
        lags = differencing_lags(self.order.d, self.order.seasonal_d, self.order.period)
        past = np.convolve(np.r_[1.0, -ar], np.r_[1.0, -lags])
        return np.asarray(lfilter(np.r_[1.0, ma], past, np.r_[1.0, np.zeros(horizon - 1)]))

    def responses(self, horizon: int) -> FloatArray:
        """What an innovation `k` steps ahead adds to the sum over all `horizon`, for k = 1, ..., `horizon`.

        The variance of the error of the forecast sum is ``variance * sum(responses**2)``.
        """
        return np.asarray(np.cumsum(self.weights(horizon))[::-1])

    def see(self, y: FloatArray, horizon: int = 0, *, free_mean: bool = False, free_variance: bool = False) -> Filtered:
        """Filter a series (n,), missing values as NaN, and forecast it.

        Parameters
        ----------
        y : ndarray (n,)
            The series before differencing.
        horizon : int
            Steps to forecast.
        free_mean, free_variance : bool
            Whether to take what is most likely given the rest, not what was fitted.

        Raises
        ------
        ModelError
            Where the coefficients are not stationary, or too many values are missing to know where the series starts.
        """
        from foliohub.forecast.arima.engine.kalman import kalman

        ar, ma = self.whole()
        lags = differencing_lags(self.order.d, self.order.seasonal_d, self.order.period)
        d, n = len(lags), len(y)
        series = np.concatenate([y, np.full(horizon, np.nan)])
        columns, scale = np.empty((n + horizon, d + 2)), np.empty(n + horizon)
        if not kalman(series, ar, ma, lags, columns, scale):
            raise ModelError(f"The coefficients {self.coefficients} are not stationary.")
        known = ~np.isnan(series)
        values = int(known.sum()) - d
        mean, first, information = self.mean, np.zeros(d), np.zeros((d, d))
        log_scale = float(np.log(scale[known]).sum())
        if d or free_mean:
            standard = columns[known] / np.sqrt(scale[known])[:, None]
        if free_mean and self.order.mean:
            everything = np.linalg.lstsq(standard[:, 1:], -standard[:, 0], rcond=None)[0]
            mean = float(everything[-1])
        if d:
            starts = standard[:, 1 : d + 1]
            information = starts.T @ starts
            if np.linalg.matrix_rank(information) < d:
                raise ModelError(
                    f"{self.order} cannot tell where a series with {len(standard)} of {n} values starts.",
                    remedy="Give more of its values, or difference less.",
                )
            first = -np.linalg.solve(information, starts.T @ (standard[:, 0] + mean * standard[:, -1]))
            log_scale += float(np.linalg.slogdet(information)[1])
        combined = columns[:, 0] + mean * columns[:, -1]
        if d:
            combined += columns[:, 1 : d + 1] @ first
        squares = float(np.sum(combined[known] ** 2 / scale[known]))
        variance = squares / values if free_variance else self.variance
        log_likelihood = -0.5 * (values * np.log(2 * np.pi * variance) + log_scale + squares / variance)
        uncertain = scale[n:].copy()
        if d:
            left = columns[n:, 1 : d + 1]
            uncertain += np.einsum("ti,ij,tj->t", left, np.linalg.inv(information), left)
        innovations = np.where(known, combined, np.nan)[:n]
        if d:
            innovations[np.flatnonzero(known[:n])[:d]] = np.nan
        return Filtered(log_likelihood, mean, variance, innovations, scale[:n], -combined[n:], variance * uncertain)


def weights_of_many(processes: Sequence[ArimaProcess], horizon: int) -> FloatArray:
    """:meth:`ArimaProcess.weights` of processes without differences or seasons, (horizon, n_processes)."""
    count = len(processes)
    longest = max((one.order.p for one in processes), default=0)
    ar, made = np.zeros((longest, count)), np.zeros((horizon, count))
    for column, process in enumerate(processes):
        ar[: process.order.p, column] = process.ar
        moving = process.ma[: horizon - 1]
        made[1 : 1 + len(moving), column] = moving
    made[0] = 1.0
    for lag in range(1, horizon):
        past = made[max(0, lag - longest) : lag][::-1]
        made[lag] += (ar[: len(past)] * past).sum(axis=0)
    return made


def _spread(coefficients: FloatArray, period: int) -> FloatArray:
    """The polynomial in ``B**period`` with a leading one."""
    polynomial = np.zeros(len(coefficients) * period + 1)
    polynomial[0] = 1.0
    polynomial[period::period] = coefficients
    return polynomial
