"""Coefficients that are stationary and invertible whatever the optimiser does.

A polynomial of order k is given by k free numbers z: partial autocorrelations ``z / sqrt(1 + z**2)`` lie between -1 and
1, and the Durbin-Levinson recursion turns them into the coefficients of a stationary autoregression, one to one. Moving
averages are the negatives of such coefficients: ``1 + theta[0] B + ...`` is then invertible.

A parameter vector holds, in this order, the p, q, P and Q numbers of the four polynomials; `shape` is (p, q, P, Q, s).

References
----------
.. [1] Monahan, J. F. (1984). A note on enforcing stationarity in autoregressive-moving average models. Biometrika
   71(2), 403-404.
.. [2] Barndorff-Nielsen, O. and Schou, G. (1973). On the parametrization of autoregressive models by partial
   autocorrelations. Journal of Multivariate Analysis 3(4), 408-419.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.types import FloatArray

IntArray: TypeAlias = npt.NDArray[np.int64]

LARGEST = 1e4
"""Largest free number in absolute value: a partial autocorrelation of 1 - 5e-9."""

_EDGE = 0.9999  # largest partial autocorrelation to start from: further out a step no longer knows its way back


@routine
def stationary(z: FloatArray, sign: float, coefficients: FloatArray, jacobian: FloatArray) -> None:
    """Coefficients (k,) times `sign`, and their derivatives (k, k), row by coefficient, from free numbers (k,)."""
    order = z.shape[0]
    before = np.empty(order)
    slopes = np.empty((order, order))
    for k in range(order):
        root = 1.0 / np.sqrt(1.0 + z[k] * z[k])
        partial = z[k] * root
        for j in range(k):
            before[j] = coefficients[j]
            for i in range(k):
                slopes[j, i] = jacobian[j, i]
        for j in range(k):
            coefficients[j] = before[j] - partial * before[k - 1 - j]
            for i in range(k):
                jacobian[j, i] = slopes[j, i] - partial * slopes[k - 1 - j, i]
            jacobian[j, k] = -before[k - 1 - j] * root**3
            jacobian[k, j] = 0.0
        coefficients[k] = partial
        jacobian[k, k] = root**3
    if sign != 1.0:
        for j in range(order):
            coefficients[j] *= sign
            for i in range(order):
                jacobian[j, i] *= sign


@routine
def partials(coefficients: FloatArray, sign: float, out: FloatArray) -> bool:
    """Partial autocorrelations (k,) of ``sign * coefficients``; whether all lie inside (-1, 1)."""
    order = coefficients.shape[0]
    now = coefficients * sign
    after = np.empty(order)
    for k in range(order - 1, -1, -1):
        partial = now[k]
        out[k] = partial
        if not abs(partial) < 1.0:
            return False
        scale = 1.0 / (1.0 - partial * partial)
        for j in range(k):
            after[j] = (now[j] + partial * now[k - 1 - j]) * scale
        for j in range(k):
            now[j] = after[j]
    return True


@routine
def free(coefficients: FloatArray, sign: float, out: FloatArray) -> None:
    """Free numbers (k,) of coefficients; those outside the region are drawn into it along their roots.

    What lies at the region's very edge keeps its place but for the last ten-thousandth: maxima with a root on the unit
    circle are common, and a start drawn further in would be far below them.
    """
    order = coefficients.shape[0]
    if order == 0:
        return
    drawn = coefficients.copy()
    partial = np.empty(order)
    for _ in range(200):
        if partials(drawn, sign, partial):
            break
        for j in range(order):
            drawn[j] *= 0.95 ** (j + 1)
    for j in range(order):
        inside = min(max(partial[j], -_EDGE), _EDGE)
        out[j] = inside / np.sqrt(1.0 - inside * inside)


@routine
def all_coefficients(z: FloatArray, shape: IntArray, coefficients: FloatArray, jacobian: FloatArray) -> None:
    """Coefficients of the four polynomials, and the block-diagonal matrix of their derivatives."""
    start = 0
    jacobian[:, :] = 0.0
    for part in range(4):
        stop = start + shape[part]
        sign = 1.0 if part % 2 == 0 else -1.0
        if stop > start:
            stationary(z[start:stop], sign, coefficients[start:stop], jacobian[start:stop, start:stop])
        start = stop


@routine
def all_free(coefficients: FloatArray, shape: IntArray, z: FloatArray) -> None:
    """Free numbers of the four polynomials' coefficients."""
    start = 0
    for part in range(4):
        stop = start + shape[part]
        free(coefficients[start:stop], 1.0 if part % 2 == 0 else -1.0, z[start:stop])
        start = stop


@routine
def expanded(first: FloatArray, seasonal: FloatArray, period: int, sign: float) -> FloatArray:
    """Coefficients, without the leading one, of ``(1 + sign a(B)) (1 + sign A(B**s))``, times `sign`."""
    p, m = first.shape[0], seasonal.shape[0]
    product = np.zeros(p + m * period)
    for j in range(p):
        product[j] = first[j]
    for i in range(m):
        lag = (i + 1) * period
        product[lag - 1] += seasonal[i]
        for j in range(p):
            product[lag + j] += sign * first[j] * seasonal[i]
    return product
