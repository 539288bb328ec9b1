"""How uncertain estimates are: from the curvature of the likelihood, or the outer products of its slopes.

References
----------
.. [1] Hamilton, J. D. (1994). Time Series Analysis. Princeton, sec. 5.8 (second derivatives, outer products of scores).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from foliohub.errors import ModelError
from foliohub.forecast.arima.process import ArimaProcess
from foliohub.types import FloatArray

Kind: TypeAlias = Literal["hessian", "opg"]


def standard_errors(process: ArimaProcess, y: FloatArray, kind: Kind = "hessian") -> dict[str, float]:
    """Standard errors of the coefficients and, where there is one, the mean.

    Parameters
    ----------
    process : ArimaProcess
        Fitted to `y`.
    y : ndarray (n,)
        The series before differencing.
    kind : {"hessian", "opg"}
        Second derivatives of the exact log-likelihood, the variance being at its maximum; or outer products of the
        values' scores. Where two polynomials nearly cancel or a root lies on the unit circle there is no curvature to
        go by, and errors are NaN.

    Returns
    -------
    dict
        Name of the coefficient -> standard error.
    """
    names = [*process.order.names, *(["mean"] if process.order.mean else [])]
    k = len(process.coefficients)
    at = np.r_[process.coefficients, process.mean][: len(names)]
    if not names:
        return {}
    # Steps in proportion to what the data can tell: coefficients to some hundredths, a mean to a share of the spread.
    unit = np.full(len(at), 1e-4)
    unit[k:] = 1e-2 * np.sqrt(process.variance / process.values)

    def moved(steps: FloatArray) -> ArimaProcess:
        parameters = at + steps * unit
        return replace(process, coefficients=parameters[:k], mean=float(parameters[k]) if process.order.mean else 0.0)

    try:
        information = _hessian(moved, y, len(at)) if kind == "hessian" else _outer_products(moved, y, len(at))
        spread = np.diag(np.linalg.inv(information))
    except (ModelError, np.linalg.LinAlgError):  # a step leaves the stationary region, or there is no curvature
        return dict.fromkeys(names, float("nan"))
    with np.errstate(invalid="ignore"):
        return dict(zip(names, (unit * np.sqrt(spread)).tolist(), strict=True))


def _hessian(moved: Callable[[FloatArray], ArimaProcess], y: FloatArray, size: int) -> FloatArray:
    """Minus the second derivatives of the log-likelihood, the variance following, by central differences."""

    def height(*steps: tuple[int, float]) -> float:
        move = np.zeros(size)
        for place, step in steps:
            move[place] += step
        return moved(move).see(y, free_variance=True).log_likelihood

    information, top = np.empty((size, size)), height()
    for i in range(size):
        information[i, i] = 2 * top - height((i, 1.0)) - height((i, -1.0))
        for j in range(i):
            cross = sum(a * b * height((i, a), (j, b)) for a in (1.0, -1.0) for b in (1.0, -1.0))
            information[i, j] = information[j, i] = -cross / 4
    return information


def _outer_products(moved: Callable[[FloatArray], ArimaProcess], y: FloatArray, size: int) -> FloatArray:
    """Sum over the values of the outer products of their scores."""

    def heights(place: int, step: float) -> FloatArray:
        process = moved(np.where(np.arange(size) == place, step, 0.0))
        seen = process.see(y)
        return np.asarray(-0.5 * (np.log(seen.scale) + seen.innovations**2 / (seen.scale * process.variance)))

    scores = np.stack([heights(place, 1.0) - heights(place, -1.0) for place in range(size)]) / 2
    scores = scores[:, ~np.isnan(scores).any(axis=0)]
    return np.asarray(scores @ scores.T)
