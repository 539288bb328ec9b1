"""Small dense matrices, without the overhead of calling a library for five rows."""

from __future__ import annotations

import numpy as np

from foliohub.forecast.arima.engine.compiled import routine
from foliohub.types import FloatArray


@routine
def multiplied(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """``out = a b`` for square matrices; `out` is neither of them."""
    m = a.shape[0]
    for i in range(m):
        for j in range(m):
            out[i, j] = 0.0
        for inner in range(m):
            factor = a[i, inner]
            for j in range(m):
                out[i, j] += factor * b[inner, j]


@routine
def applied(a: FloatArray, x: FloatArray, out: FloatArray) -> None:
    """``out = a x``; `out` is not `x`."""
    for i in range(a.shape[0]):
        total = 0.0
        for j in range(x.shape[0]):
            total += a[i, j] * x[j]
        out[i] = total


@routine
def inverted(a: FloatArray, out: FloatArray) -> float:
    """Invert by Gauss and Jordan's elimination with row pivots; `a` is spoilt.

    Returns
    -------
    float
        Logarithm of the determinant's absolute value; -inf where there is no inverse.
    """
    m = a.shape[0]
    determinant = 0.0
    for i in range(m):
        for j in range(m):
            out[i, j] = 1.0 if i == j else 0.0
    for column in range(m):
        pivot = column
        for i in range(column + 1, m):
            if abs(a[i, column]) > abs(a[pivot, column]):
                pivot = i
        if not abs(a[pivot, column]) > 0.0:
            return -np.inf
        if pivot != column:
            for j in range(m):
                a[pivot, j], a[column, j] = a[column, j], a[pivot, j]
                out[pivot, j], out[column, j] = out[column, j], out[pivot, j]
        scale = 1.0 / a[column, column]
        determinant += np.log(abs(a[column, column]))
        for j in range(m):
            a[column, j] *= scale
            out[column, j] *= scale
        for i in range(m):
            factor = a[i, column]
            if i != column and factor != 0.0:
                for j in range(m):
                    a[i, j] -= factor * a[column, j]
                    out[i, j] -= factor * out[column, j]
    return determinant


@routine
def solved(a: FloatArray, b: FloatArray, damping: float, out: FloatArray) -> bool:
    """Solve ``(a + damping diag(a)) x = b`` for a positive definite `a` by Cholesky; False where it is not."""
    k = a.shape[0]
    lower = np.empty((k, k))
    for i in range(k):
        for j in range(i + 1):
            total = a[i, j]
            if i == j:
                total += damping * a[i, i]
            for inner in range(j):
                total -= lower[i, inner] * lower[j, inner]
            if i == j:
                if not total > 1e-14 * abs(a[i, i]) or not total > 0.0:
                    return False
                lower[i, i] = np.sqrt(total)
            else:
                lower[i, j] = total / lower[j, j]
    for i in range(k):
        total = b[i]
        for j in range(i):
            total -= lower[i, j] * out[j]
        out[i] = total / lower[i, i]
    for i in range(k - 1, -1, -1):
        total = out[i]
        for j in range(i + 1, k):
            total -= lower[j, i] * out[j]
        out[i] = total / lower[i, i]
    return True
