"""Where the search for a maximum starts: regressions on estimated innovations, and pairs of roots that cancel.

References
----------
.. [1] Hannan, E. J. and Rissanen, J. (1982). Recursive estimation of mixed autoregressive-moving average order.
   Biometrika 69(1), 81-94.
.. [2] Andrews, D. W. K. and Ploberger, W. (1996). Testing for serial correlation against an ARMA(1,1) process. Journal
   of the American Statistical Association 91(435), 1331-1342 (the score over all positions of a cancelling root).
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.forecast.arima.engine.filters import lagged_product
from foliohub.forecast.arima.engine.matrices import solved
from foliohub.forecast.arima.engine.parameters import IntArray
from foliohub.types import FloatArray

_ANGLES = 30


@routine
def moments(y: FloatArray, mean: float, long: int, reach: int, out: FloatArray) -> None:
    """Covariances of a series and the residuals of its long autoregression (Yule and Walker, `long` lags).

    Row 0 of `out` (3, 2 reach + 1) holds those of the series with itself, row 1 of the series with the residuals, row 2
    of these with themselves; column ``reach + l`` has the series, or in row 2 the residuals, l later.
    """
    n = y.shape[0]
    x = y - mean
    gamma = np.empty(long + 1)
    for lag in range(long + 1):
        gamma[lag] = lagged_product(x, x, lag, n) / n
    a, before = np.zeros(long), np.zeros(long)
    variance = gamma[0]
    for k in range(long):
        total = gamma[k + 1]
        for j in range(k):
            total -= a[j] * gamma[k - j]
        partial = total / variance
        for j in range(k):
            before[j] = a[j]
        for j in range(k):
            a[j] = before[j] - partial * before[k - 1 - j]
        a[k] = partial
        variance *= 1.0 - partial * partial
    residuals = x.copy()
    for j in range(long):
        later = residuals[j + 1 :]
        for t in range(n - 1 - j):
            later[t] -= a[j] * x[t]
    for t in range(min(long, n)):
        residuals[t] = 0.0
    for lag in range(reach + 1):
        out[0, reach + lag] = lagged_product(x, x, lag, n)
        out[1, reach + lag] = lagged_product(x, residuals, lag, n)
        out[1, reach - lag] = lagged_product(residuals, x, lag, n)
        out[2, reach + lag] = lagged_product(residuals, residuals, lag, n)
        out[0, reach - lag], out[2, reach - lag] = out[0, reach + lag], out[2, reach + lag]


@routine
def regressed(shape: IntArray, known: FloatArray, coefficients: FloatArray) -> None:
    """Coefficients of the four polynomials by regression, seasonal ones as if they added up; zeros where singular."""
    reach = (known.shape[1] - 1) // 2
    k = coefficients.shape[0]
    lag, kind = np.empty(k, np.int64), np.empty(k, np.int64)
    start = 0
    for part in range(4):
        for j in range(shape[part]):
            lag[start + j] = (j + 1) * (shape[4] if part >= 2 else 1)
            kind[start + j] = part % 2
        start += shape[part]
    matrix, right = np.empty((k, k)), np.empty(k)
    for i in range(k):
        right[i] = known[kind[i], reach + lag[i]]
        for j in range(k):
            ahead = lag[j] - lag[i]  # the one of smaller lag is later
            if kind[i] == kind[j]:
                matrix[i, j] = known[2 * kind[i], reach + ahead]
            elif kind[i] == 0:
                matrix[i, j] = known[1, reach + ahead]
            else:
                matrix[i, j] = known[1, reach - ahead]
    if not solved(matrix, right, 1e-6, coefficients):
        for i in range(k):
            coefficients[i] = 0.0


@routine
def cancelling(e: FloatArray, n: int, pair: bool, rank: int, factor: FloatArray) -> None:
    """Where a further root of both polynomials would gain most by the score; from innovations without it.

    Parameters
    ----------
    e : ndarray (n,)
        Innovations of the process without it.
    pair : bool
        Whether to look for a complex pair.
    rank : int
        0 for the best place, 1 for the best but near it, and so on.
    factor : ndarray (4,)
        Filled with the coefficients a of the autoregression's new factor ``1 - a[0] B - a[1] B**2``, then the moving
        average's in the same form.
    """
    angles = _ANGLES if pair else 6
    gains, factors = np.full((2, angles), -1.0), np.zeros((2, angles, 4))
    w = np.zeros(n)
    for outer in range(2):
        radius = 0.97 if outer == 1 else 0.9
        for place in range(1, angles):
            if pair:
                first = 2.0 * radius * np.cos(np.pi * place / angles)
                second = -radius * radius
            else:
                size = 1.0 - 1.0 / (0.5 + place) ** 2 if place < 5 else 0.97
                first, second = (size if outer == 0 else -size), 0.0
            one = two = 0.0
            for t in range(1, n):
                value = first * one + (second * two + e[t - 1])
                two, one = one, value
                w[t] = value
            ww, ew = lagged_product(w, w, 0, n), lagged_product(e, w, 0, n)
            by_first, by_second = ew / ww, 0.0
            gain = ew * by_first
            if pair:
                lagged, ew2 = lagged_product(w, w, 1, n), lagged_product(e, w, 1, n)
                rest = ww * ww - lagged * lagged
                by_first = (ew * ww - ew2 * lagged) / rest
                by_second = (ew2 * ww - ew * lagged) / rest
                gain = by_first * ew + by_second * ew2
            if np.isfinite(gain):
                gains[outer, place] = gain
                factors[outer, place, 0], factors[outer, place, 1] = first + by_first, second + by_second
                factors[outer, place, 2], factors[outer, place, 3] = first, second
    for _ in range(rank + 1):
        best_outer, best_place = 0, 1
        for outer in range(2):
            for place in range(1, angles):
                if gains[outer, place] > gains[best_outer, best_place]:
                    best_outer, best_place = outer, place
        for i in range(4):
            factor[i] = factors[best_outer, best_place, i]
        for outer in range(2):
            for place in range(max(1, best_place - 2), min(angles, best_place + 3)):
                if pair or outer == best_outer:
                    gains[outer, place] = -1.0


@routine
def with_factor(short: FloatArray, first: float, second: float, sign: float, out: FloatArray) -> None:
    """Coefficients of ``(1 - sign short(B)) (1 - first B - second B**2)`` in the same form, as many as fit `out`."""
    for i in range(out.shape[0]):
        out[i] = 0.0
    for j in range(short.shape[0]):
        out[j] += short[j]
    order = out.shape[0] - short.shape[0]
    for add in range(1, order + 1):
        factor = first if add == 1 else second
        out[add - 1] += sign * factor
        for j in range(short.shape[0]):
            out[j + add] -= factor * short[j]
