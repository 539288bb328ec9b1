"""The Gaussian likelihood of a complete series and its derivatives, exact or given a past of zeros.

With e the series passed through ``phi(B) / theta(B)`` as if nothing came before it, the innovations are ``e - H delta``
(:mod:`~foliohub.forecast.arima.engine.presample`). Integrating over `delta` gives, W being ``(V**-1 + G)**-1``::

    -2 log L = n log(2 pi sigma**2) + log det(I + G V) + (e'e - e'H W H'e) / sigma**2

Mean and variance are at their maxima given the rest. Leaving out all that has to do with `delta` gives the conditional
likelihood. Derivatives are analytic, but for V's own, which are central differences of a small matrix.

References
----------
.. [1] Ljung, G. M. and Box, G. E. P. (1979). The likelihood function of stationary autoregressive-moving average
   models. Biometrika 66(2), 265-270.
.. [2] Box, G. E. P., Jenkins, G. M., Reinsel, G. C. and Ljung, G. M. (2015). Time Series Analysis: Forecasting and
   Control, 5th ed. Wiley, secs. 7.1.2 and 7.2 (conditional least squares and its derivatives).
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.forecast.arima.engine.filters import divided, lagged_product, less_lags
from foliohub.forecast.arima.engine.matrices import applied, inverted, multiplied
from foliohub.forecast.arima.engine.parameters import IntArray, all_coefficients, expanded
from foliohub.forecast.arima.engine.presample import covariance, cross_products, responses
from foliohub.types import FloatArray

ROWS = 9
"""Rows of the work space, each as long as the series."""

INNOVATIONS = 0
"""The row left with the innovations, those of a past of zeros where the likelihood was conditional."""

_ONES, _RESPONSES, _TEMPORARY, _IMPULSE = 1, 2, 3, 4
_BY_PART = 5  # four rows: what the lags of derivatives by the four polynomials are taken of

VALUE, GRADIENT, NORMAL = 0, 1, 2
_STEP = 1e-5


@routine
def filtered(x: FloatArray, c: FloatArray, shape: IntArray, out: FloatArray, spare: FloatArray, n: int) -> None:
    """``out = phi Phi / (theta Theta) x``."""
    p, q, sp, sq, s = shape[0], shape[1], shape[2], shape[3], shape[4]
    less_lags(x, c[:p], 1, out, n)
    if sp > 0:
        less_lags(out, c[p + q : p + q + sp], s, spare, n)
        for t in range(n):
            out[t] = spare[t]
    if q > 0:
        divided(out, c[p : p + q], 1, out, n)
    if sq > 0:
        divided(out, c[p + q + sp :], s, out, n)


@routine
def whole_polynomials(c: FloatArray, shape: IntArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients of ``phi Phi`` and ``theta Theta`` multiplied out."""
    p, q, sp, s = shape[0], shape[1], shape[2], shape[4]
    return expanded(c[:p], c[p + q : p + q + sp], s, -1.0), expanded(c[p : p + q], c[p + q + sp :], s, 1.0)


@routine
def _presample_term(
    z: FloatArray, shape: IntArray, c: FloatArray, jacobian: FloatArray, v: FloatArray, weights: FloatArray
) -> float:
    """``sum(weights * V(z))``."""
    all_coefficients(z, shape, c, jacobian)
    ar, ma = whole_polynomials(c, shape)
    if not covariance(ar, ma, v):
        return np.nan
    total = 0.0
    for i in range(v.shape[0]):
        for j in range(v.shape[0]):
            total += weights[i, j] * v[i, j]
    return total


@routine
def evaluate(
    z: FloatArray,
    shape: IntArray,
    y: FloatArray,
    with_mean: bool,
    exact: bool,
    wish: int,
    ceiling: float,
    work: FloatArray,
    gradient: FloatArray,
    normal: FloatArray,
    result: FloatArray,
) -> float:
    """Minus the log-likelihood, without ``n/2 (log(2 pi) + 1)``, at its best mean and variance.

    Parameters
    ----------
    z : ndarray (k,)
        Free numbers of the four polynomials.
    shape : ndarray (5,)
        p, q, P, Q and the seasonal period.
    y : ndarray (n,)
        The series, none missing.
    with_mean : bool
        Whether a mean is estimated; else it is zero.
    exact : bool
        Whether the past before the series counts as unknown (else as zero).
    wish : {VALUE, GRADIENT, NORMAL}
        NORMAL also gives the Gauss-Newton approximation of the second derivatives.
    ceiling : float
        Where the value is not below it, nobody wants derivatives: none are made.
    work : ndarray (ROWS, n)
        Written over.
    gradient, normal : ndarray (k,), ndarray (k, k)
        Filled as wished, by the free numbers.
    result : ndarray (3,)
        Filled with mean, variance and log determinant.
    """
    n, k = y.shape[0], z.shape[0]
    p, q, sp, sq, s = shape[0], shape[1], shape[2], shape[3], shape[4]
    c, jacobian = np.empty(k), np.empty((k, k))
    all_coefficients(z, shape, c, jacobian)
    e, ones, psi, spare = work[INNOVATIONS], work[_ONES], work[_RESPONSES], work[_TEMPORARY]
    filtered(y, c, shape, e, spare, n)
    length = responses(c[p : p + q], c[p + q + sp :], s, n, psi)
    reach = min(n, length + p + sp * s)
    if with_mean:
        for t in range(reach):
            spare[t] = 1.0
        filtered(spare, c, shape, ones, work[_IMPULSE], reach)
        for t in range(reach, n):
            ones[t] = ones[reach - 1]

    m = max(p + sp * s, q + sq * s) if exact else 0
    v, g, system, spare_m = np.empty((m, m)), np.empty((m, m)), np.empty((m, m)), np.empty((m, m))
    by_series, by_ones, back, past = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    determinant = 0.0
    if m > 0:
        ar, ma = whole_polynomials(c, shape)
        if not covariance(ar, ma, v):
            return np.inf
        cross_products(psi, length, n, g)
        for i in range(m):
            top = min(n, i + length)
            by_series[i] = lagged_product(e, psi, i, top)
            by_ones[i] = lagged_product(ones, psi, i, top) if with_mean else 0.0
        multiplied(g, v, spare_m)
        for i in range(m):
            spare_m[i, i] += 1.0
        determinant = inverted(spare_m, system)  # (I + G V)**-1
        if not np.isfinite(determinant):
            return np.inf
    squares = lagged_product(e, e, 0, n)
    mean = 0.0
    if with_mean:
        cross, own = lagged_product(e, ones, 0, n), lagged_product(ones, ones, 0, n)
        if m > 0:
            applied(system, by_ones, back)
            applied(v, back, past)
            for i in range(m):
                cross -= by_series[i] * past[i]
                own -= by_ones[i] * past[i]
        mean = cross / own
        for t in range(n):
            e[t] -= mean * ones[t]
        for i in range(m):
            by_series[i] -= mean * by_ones[i]
        squares = lagged_product(e, e, 0, n)
    applied(system, by_series, back)
    applied(v, back, past)
    for i in range(m):
        squares -= by_series[i] * past[i]
    variance = squares / n
    result[0], result[1], result[2] = mean, variance, determinant
    if not variance > 0.0:
        return np.inf
    value = float(0.5 * (n * np.log(variance) + determinant))
    if wish == VALUE or k == 0 or not value < ceiling:
        return value

    # Innovations with the past at its expected value; then what their derivatives are lags of.
    for i in range(m):
        later = e[i : min(n, i + length)]
        for t in range(later.shape[0]):
            later[t] -= psi[t] * past[i]
    _parts(y, mean, c, shape, e, work, n)
    slopes = np.zeros(k)
    start = 0
    for part in range(4):
        step = s if part >= 2 else 1
        for j in range(shape[part]):
            slopes[start + j] = -lagged_product(e, work[_BY_PART + part], (j + 1) * step, n) / variance
        start += shape[part]
    if m > 0:
        _past_slopes(c, shape, system, v, psi, length, n, work, slopes)
    for i in range(k):
        total = 0.0
        for j in range(k):
            total += slopes[j] * jacobian[j, i]
        gradient[i] = total
    if m > 0:
        gv = spare_m
        multiplied(system, g, gv)
        for i in range(m):
            for j in range(m):
                gv[i, j] = 0.5 * (gv[i, j] - back[i] * back[j] / variance)
        moved, spare_c, spare_j = z.copy(), np.empty(k), np.empty((k, k))
        for i in range(k):
            step_z = _STEP * (1.0 + abs(z[i]))
            moved[i] = z[i] + step_z
            up = _presample_term(moved, shape, spare_c, spare_j, v, gv)
            moved[i] = z[i] - step_z
            down = _presample_term(moved, shape, spare_c, spare_j, v, gv)
            moved[i] = z[i]
            gradient[i] += (up - down) / (2.0 * step_z)
    if wish == NORMAL:
        _normal(shape, work, n, jacobian, variance, normal)
    return value


@routine
def _parts(y: FloatArray, mean: float, c: FloatArray, shape: IntArray, e: FloatArray, work: FloatArray, n: int) -> None:
    """Series whose lags are minus the derivatives of the innovations, by polynomial, into four rows."""
    p, q, sp, sq, s = shape[0], shape[1], shape[2], shape[3], shape[4]
    first, seasonal = c[:p], c[p + q : p + q + sp]
    if p > 0 or sp > 0:
        base = work[_TEMPORARY]
        for t in range(n):
            base[t] = y[t] - mean
        divided(base, c[p : p + q], 1, base, n)
        if sq > 0:
            divided(base, c[p + q + sp :], s, base, n)
        if p > 0:
            less_lags(base, seasonal, s, work[_BY_PART], n)
        if sp > 0:
            less_lags(base, first, 1, work[_BY_PART + 2], n)
    if q > 0:
        divided(e, c[p : p + q], 1, work[_BY_PART + 1], n)
    if sq > 0:
        divided(e, c[p + q + sp :], s, work[_BY_PART + 3], n)


@routine
def _past_slopes(
    c: FloatArray,
    shape: IntArray,
    system: FloatArray,
    v: FloatArray,
    psi: FloatArray,
    length: int,
    n: int,
    work: FloatArray,
    slopes: FloatArray,
) -> None:
    """Add half of ``trace(W dG)`` by the coefficients of the moving averages."""
    p, q, sp, s = shape[0], shape[1], shape[2], shape[4]
    m = v.shape[0]
    w = np.empty((m, m))
    multiplied(v, system, w)
    weighted, impulse = work[_TEMPORARY], work[_IMPULSE]
    for t in range(length):
        weighted[t] = 0.0
    for i in range(m):
        for j in range(m):
            ahead = i - j
            for t in range(max(0, -ahead), min(length, n - i, length - ahead)):
                weighted[t] += w[j, i] * psi[t + ahead]
    for part in (1, 3):
        order, step = shape[part], (1 if part == 1 else s)
        if order == 0:
            continue
        start = p if part == 1 else p + q + sp
        divided(psi, c[start : start + order], step, impulse, length)
        for j in range(order):
            slopes[start + j] -= lagged_product(weighted, impulse, (j + 1) * step, length)


@routine
def _normal(
    shape: IntArray, work: FloatArray, n: int, jacobian: FloatArray, variance: float, normal: FloatArray
) -> None:
    """Cross products of the innovations' derivatives over their variance, by the free numbers."""
    k = jacobian.shape[0]
    lag, row = np.empty(k, np.int64), np.empty(k, np.int64)
    start = 0
    for part in range(4):
        for j in range(shape[part]):
            lag[start + j] = (j + 1) * (shape[4] if part >= 2 else 1)
            row[start + j] = _BY_PART + part
        start += shape[part]
    by_coefficients = np.empty((k, k))
    for i in range(k):
        for j in range(i + 1):
            low, high = (i, j) if lag[i] >= lag[j] else (j, i)
            # x[t - high lag] * y[t - low lag]: shift both to the shorter lag.
            total = lagged_product(work[row[high]], work[row[low]], lag[low] - lag[high], n - lag[high])
            by_coefficients[i, j] = total / variance
            by_coefficients[j, i] = total / variance
    for i in range(k):
        for j in range(k):
            total = 0.0
            for a in range(k):
                for b in range(k):
                    total += jacobian[a, i] * by_coefficients[a, b] * jacobian[b, j]
            normal[i, j] = total
