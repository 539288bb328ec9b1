"""Polynomials in the lag operator applied to a series that is zero before its start.

All of them commute, so a product of seasonal and other polynomials is one after the other.
"""

from __future__ import annotations

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.types import FloatArray


@routine
def less_lags(x: FloatArray, coefficients: FloatArray, step: int, out: FloatArray, n: int) -> None:
    """``out = (1 - sum c[j] B**((j+1) step)) x`` over the first n values; `out` is another array than `x`."""
    for t in range(n):
        out[t] = x[t]
    for j in range(coefficients.shape[0]):
        lag, weight = (j + 1) * step, coefficients[j]
        later = out[lag:n]
        for t in range(n - lag):
            later[t] -= weight * x[t]


@routine
def divided(x: FloatArray, coefficients: FloatArray, step: int, out: FloatArray, n: int) -> None:
    """``out = x / (1 + sum c[j] B**((j+1) step))`` over the first n values; `out` may be `x`."""
    order = coefficients.shape[0]
    if order == 0:
        for t in range(n):
            out[t] = x[t]
    elif step == 1 and order <= 5:
        # Past values stay in registers, and only the last product waits for the value before.
        c1 = coefficients[0]
        c2 = coefficients[1] if order > 1 else 0.0
        c3 = coefficients[2] if order > 2 else 0.0
        c4 = coefficients[3] if order > 3 else 0.0
        c5 = coefficients[4] if order > 4 else 0.0
        e1 = e2 = e3 = e4 = e5 = 0.0
        if order == 1:
            for t in range(n):
                e1 = x[t] - c1 * e1
                out[t] = e1
        elif order == 2:
            for t in range(n):
                value = (x[t] - c2 * e2) - c1 * e1
                e2, e1 = e1, value
                out[t] = value
        else:
            for t in range(n):
                value = (((x[t] - c5 * e5) - c4 * e4) - c3 * e3 - c2 * e2) - c1 * e1
                e5, e4, e3, e2, e1 = e4, e3, e2, e1, value
                out[t] = value
    else:
        for t in range(n):
            value = x[t]
            for j in range(order):
                lag = (j + 1) * step
                if t >= lag:
                    value -= coefficients[j] * out[t - lag]
            out[t] = value


@routine
def lagged_product(x: FloatArray, y: FloatArray, lag: int, n: int) -> float:
    """``sum of x[t] y[t - lag]`` over lag <= t < n."""
    later = x[lag:n]  # no index below zero, or the loop is not vectorised
    total = 0.0
    for t in range(n - lag):
        total += later[t] * y[t]
    return total
