"""What happened before the first value: its share in the values to come, and how it dies out.

The values before the start reach a series only through ``delta[i]``, what they add to ``phi(B) y`` at its i-th value,
i = 0, ..., m - 1, with m the larger of the two orders. Their covariance in units of the innovations' variance is V.
A `delta` adds ``psi[t - i] delta[i]`` to the innovations, with ``1 / theta(B) = sum psi[k] B**k``; G holds the cross
products of these responses over the series.

References
----------
.. [1] Ljung, G. M. and Box, G. E. P. (1979). The likelihood function of stationary autoregressive-moving average
   models. Biometrika 66(2), 265-270.
.. [2] Brockwell, P. J. and Davis, R. A. (1991). Time Series: Theory and Methods, 2nd ed. Springer, sec. 3.3
   (autocovariances).
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.forecast.arima.engine.filters import lagged_product
from foliohub.types import FloatArray


@routine
def autocovariances(ar: FloatArray, lags: int, out: FloatArray) -> bool:
    """Of a pure autoregression with innovations of variance one, for lags 0, ..., `lags`; False outside its region."""
    p = ar.shape[0]
    orders = np.empty((p, p))
    for j in range(p):
        orders[p - 1, j] = ar[j]
    variance = 1.0
    for k in range(p - 1, -1, -1):
        partial = orders[k, k]
        rest = (1.0 - partial) * (1.0 + partial)
        if not rest > 0.0:
            return False
        variance /= rest
        for j in range(k):
            orders[k - 1, j] = (orders[k, j] + partial * orders[k, k - 1 - j]) / rest
    out[0] = variance
    for k in range(1, lags + 1):
        row = min(k, p) - 1
        total = 0.0
        for j in range(row + 1):
            total += orders[row, j] * out[k - 1 - j]
        out[k] = total
    return True


@routine
def covariance(ar: FloatArray, ma: FloatArray, v: FloatArray) -> bool:
    """Fill V (m, m), m = max(p, q) of expanded coefficients; False outside the stationary region."""
    p, q = ar.shape[0], ma.shape[0]
    m = max(p, q)
    own = np.empty(m + q + 1)
    if not autocovariances(ar, m + q, own):
        return False
    spread = np.zeros(q + 1)
    for lag in range(q + 1):
        for j in range(q + 1 - lag):
            spread[lag] += (1.0 if j == 0 else ma[j - 1]) * (1.0 if j + lag == 0 else ma[j + lag - 1])
    gamma = np.empty(m + 1)
    for k in range(m + 1):
        total = spread[0] * own[k]
        for lag in range(1, q + 1):
            total += spread[lag] * (own[k + lag] + own[abs(k - lag)])
        gamma[k] = total
    weights = np.zeros(m + 1)
    weights[0] = 1.0
    for k in range(1, m + 1):
        total = ma[k - 1] if k <= q else 0.0
        for j in range(min(k, p)):
            total += ar[j] * weights[k - 1 - j]
        weights[k] = total
    for k in range(m):
        total = 0.0
        for lag in range(p - k):
            total += ar[k + lag] * gamma[lag + 1]
        for lag in range(q - k):
            total += ma[k + lag] * weights[lag + 1]
        v[0, k] = total
    # A step later the same quantities are one further on: from the last row upwards.
    for i in range(m - 1, -1, -1):
        ai = ar[i] if i < p else 0.0
        bi = ma[i] if i < q else 0.0
        first_i = v[0, i + 1] if i + 1 < m else 0.0
        for k in range(m - 1, i - 1, -1):
            ak = ar[k] if k < p else 0.0
            bk = ma[k] if k < q else 0.0
            first_k = v[0, k + 1] if k + 1 < m else 0.0
            after = v[i + 1, k + 1] if k + 1 < m else 0.0
            if i > 0:
                v[i, k] = after + ai * ak * gamma[0] + ai * bk + ak * bi + bi * bk + ai * first_k + ak * first_i
            v[k, i] = v[i, k]
    return True


@routine
def responses(ma: FloatArray, seasonal_ma: FloatArray, period: int, n: int, psi: FloatArray) -> int:
    """Fill psi with the weights of ``1 / theta(B)``; how many there are until they have died out."""
    q, reach = ma.shape[0], ma.shape[0] + seasonal_ma.shape[0] * period
    psi[0] = 1.0
    if reach == 0:
        return 1
    product = np.zeros(reach)
    for j in range(q):
        product[j] = ma[j]
    for i in range(seasonal_ma.shape[0]):
        product[(i + 1) * period - 1] += seasonal_ma[i]
        for j in range(q):
            product[(i + 1) * period + j] += seasonal_ma[i] * ma[j]
    quiet = 0
    for t in range(1, n):
        total = 0.0
        for j in range(min(t, reach)):
            total -= product[j] * psi[t - 1 - j]
        psi[t] = total
        quiet = quiet + 1 if abs(total) < 1e-13 else 0
        if quiet >= reach:
            return t + 1
    return n


@routine
def cross_products(psi: FloatArray, length: int, n: int, g: FloatArray) -> None:
    """Fill G (m, m) from the responses, of which the first `length` are not zero."""
    m = g.shape[0]
    for k in range(m):
        total = lagged_product(psi, psi, k, min(length, n))
        g[0, k] = total
        g[k, 0] = total
    for i in range(m - 1):
        for k in range(i, m - 1):
            end = 0.0
            if n - 1 - i < length and n - 1 - k < length and n - 1 - k >= 0:
                end = psi[n - 1 - i] * psi[n - 1 - k]
            g[i + 1, k + 1] = g[i, k] - end
            g[k + 1, i + 1] = g[i + 1, k + 1]
