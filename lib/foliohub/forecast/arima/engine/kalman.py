"""The Kalman filter: likelihood and forecasts where values are missing, innovations and their variances anywhere.

The state holds the last values of the series, as many as differencing takes, and the process of its differences in
Harvey's form. The first values are diffuse: the filter runs on one more column for each, and one for the mean, and what
these columns weigh is found by generalised least squares afterwards. That is the exact diffuse likelihood; without
missing values it is the likelihood of the differenced series.

Once the state's covariance has come to rest, a step costs a few products per column, until a value is missing.

References
----------
.. [1] Harvey, A. C. (1989). Forecasting, Structural Time Series Models and the Kalman Filter. Cambridge, secs. 3.3-3.4.
.. [2] de Jong, P. (1991). The diffuse Kalman filter. Annals of Statistics 19(2), 1073-1083.
"""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import entry
from foliohub.forecast.arima.engine.presample import covariance
from foliohub.types import FloatArray


@entry
def kalman(
    y: FloatArray, ar: FloatArray, ma: FloatArray, lags: FloatArray, columns: FloatArray, scale: FloatArray
) -> bool:
    """Filter a series, missing values and those to be forecast as NaN.

    Parameters
    ----------
    y : ndarray (n,)
        The series before differencing.
    ar, ma : ndarray (p,), ndarray (q,)
        Coefficients, seasonal polynomials multiplied out.
    lags : ndarray (d,)
        ``y[t] = sum(lags[j] y[t - 1 - j]) + w[t]`` where w is the differenced series.
    columns : ndarray (n, d + 2)
        Filled: column 0 with one-step errors as if first values and mean were zero, the others with what one unit of
        each of the d values before the first (the nearest first) and of the mean of w adds to them. For a value that is
        NaN these are minus the forecast.
    scale : ndarray (n,)
        Filled with the variances of the errors, in units of the innovations'.

    Returns
    -------
    bool
        False where `ar` is not stationary.
    """
    n, d, p, q = y.shape[0], lags.shape[0], ar.shape[0], ma.shape[0]
    r, m, width = max(p, q + 1), max(p, q), d + 2
    size = d + r
    state, after = np.zeros((size, width)), np.zeros((size, width))
    for j in range(d):
        state[j, j + 1] = 1.0
    spread, half, before = np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size))
    v = np.zeros((m, m))
    if m > 0 and not covariance(ar, ma, v):
        return False
    load = np.zeros(r)
    load[0] = 1.0
    for j in range(q):
        load[j + 1] = ma[j]
    for i in range(r):
        for j in range(r):
            spread[d + i, d + j] = load[i] * load[j] + (v[i, j] if i < m and j < m else 0.0)
    gain, level = np.zeros(size), np.zeros(width)
    variance, steady = 1.0, False
    for t in range(n):
        observed = not np.isnan(y[t])
        if not steady:
            for i in range(size):
                total = spread[i, d]
                for j in range(d):
                    total += lags[j] * spread[i, j]
                gain[i] = total
            variance = float(gain[d])
            for j in range(d):
                variance += lags[j] * gain[j]
        scale[t] = variance
        for c in range(width):
            total = state[d, c] + (1.0 if c == d + 1 else 0.0)
            for j in range(d):
                total += lags[j] * state[j, c]
            error = (y[t] if observed and c == 0 else 0.0) - total
            columns[t, c] = error
            level[c] = total
            if observed:
                level[c] = total + error
                for i in range(size):
                    state[i, c] += gain[i] / variance * error
        for c in range(width):
            for j in range(d - 1, 0, -1):
                after[j, c] = state[j - 1, c]
            if d > 0:
                after[0, c] = level[c]
            for i in range(r):
                after[d + i, c] = (ar[i] * state[d, c] if i < p else 0.0) + (state[d + i + 1, c] if i + 1 < r else 0.0)
        state, after = after, state
        if observed and steady:
            continue
        steady = False
        for i in range(size):
            for j in range(size):
                before[i, j] = spread[i, j]
        if observed:
            for i in range(size):
                for j in range(size):
                    spread[i, j] -= gain[i] * gain[j] / variance
        for c in range(size):
            total = spread[d, c]
            for j in range(d):
                total += lags[j] * spread[j, c]
            for j in range(d - 1, 0, -1):
                half[j, c] = spread[j - 1, c]
            if d > 0:
                half[0, c] = 0.0 if observed else total
            for i in range(r):
                half[d + i, c] = (ar[i] * spread[d, c] if i < p else 0.0) + (spread[d + i + 1, c] if i + 1 < r else 0.0)
        change = 0.0
        for row in range(size):
            total = half[row, d]
            for j in range(d):
                total += lags[j] * half[row, j]
            for j in range(d - 1, 0, -1):
                spread[row, j] = half[row, j - 1]
            if d > 0:
                spread[row, 0] = 0.0 if observed else total
            for i in range(r):
                noise = load[row - d] * load[i] if row >= d else 0.0
                moved = ar[i] * half[row, d] if i < p else 0.0
                moved += half[row, d + i + 1] if i + 1 < r else 0.0
                spread[row, d + i] = moved + noise
            for j in range(size):
                change = max(change, abs(spread[row, j] - before[row, j]))
        if observed and change < 1e-14:
            steady = True  # the gain of the next step is that of this one
    return True
