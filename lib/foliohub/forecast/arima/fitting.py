"""Fit one series: candidates searched by the compiled engine; by the filter, where values are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from foliohub.forecast.arima.differences import differenced
from foliohub.forecast.arima.orders import ArimaOrder
from foliohub.forecast.arima.process import ArimaProcess
from foliohub.types import FloatArray

MARGIN = 3.0
"""Candidates whose AICc at the conditional maximum is within this of the best get their exact maximum."""

STEPS = 200
"""Evaluations of the likelihood a maximum may take."""

_REFINED_WITH_GAPS = 3
_EVALUATIONS_WITH_GAPS = 4000


@dataclass(frozen=True, slots=True, eq=False)
class SeriesFit:
    """All candidates on one series.

    Parameters
    ----------
    processes : list of ArimaProcess
        In the order of the candidates.
    refined : list of bool
        Whether a candidate's is the exact maximum; else what is given is at the conditional one, and its AICc too far
        from the best to matter.
    chosen : int or None
        Position of the least AICc among those refined and at rest; None where there is none.
    """

    processes: list[ArimaProcess]
    refined: list[bool]
    chosen: int | None

    @property
    def best(self) -> ArimaProcess:
        """The process chosen."""
        assert self.chosen is not None  # noqa: S101 - for the type checker; callers have looked
        return self.processes[self.chosen]


def fit_series(
    y: FloatArray,
    orders: Sequence[ArimaOrder],
    *,
    warm: ArimaProcess | None = None,
    thorough: bool = True,
    margin: float = MARGIN,
    steps: int | None = None,
) -> SeriesFit:
    """Fit candidates of the same differencing to one series (n,).

    Parameters
    ----------
    y : ndarray (n,)
        The series before differencing; NaN where missing.
    orders : sequence of ArimaOrder
        Candidates, a process before those with one coefficient more.
    warm : ArimaProcess, optional
        A fit to nearly the same data, of the one order in `orders`, to go on from.
    thorough : bool
        Whether maxima are also sought from roots that nearly cancel.
    margin : float
        See :data:`MARGIN`.
    steps : int, optional
        By default :data:`STEPS`.
    """
    steps = STEPS if steps is None else steps
    known = ~np.isnan(y)
    places = np.flatnonzero(known)
    y = y[places[0] :]
    if known[places[0] :].all():
        fit = _fit_complete(y, orders, warm, thorough, margin, steps)
        if fit.chosen is None and warm is None:
            # The best creep towards the edge of their region for ever: look at all the others, one of which will rest.
            return _fit_complete(y, orders, warm, False, np.inf, steps)
        return fit
    bridged = np.interp(np.arange(len(y)), places - places[0], y[places - places[0]])
    rough = _fit_complete(bridged[: places[-1] - places[0] + 1], orders, warm, thorough, margin, steps)
    return _fit_with_gaps(y, rough)


def _fit_complete(
    y: FloatArray,
    orders: Sequence[ArimaOrder],
    warm: ArimaProcess | None,
    thorough: bool,
    margin: float,
    steps: int,
) -> SeriesFit:
    from foliohub.forecast.arima.engine.search import AT_REST, SCREENED, free_numbers, search, settled_coefficients

    first = orders[0]
    w = np.ascontiguousarray(differenced(y, first.d, first.seasonal_d, first.period), dtype=float)
    shapes = np.array([(*order.sizes, order.period) for order in orders], dtype=np.int64)
    means = np.array([order.mean for order in orders], dtype=np.int64)
    width = max(1, int(shapes[:, :4].sum(axis=1).max()))
    z, given = np.zeros((len(orders), width)), np.zeros((len(orders), width))
    if warm is not None:
        free_numbers(warm.coefficients, shapes[0], given[0])
    found, status = np.zeros((len(orders), 4)), np.zeros(len(orders), dtype=np.int64)
    search(w, shapes, means, given, warm is not None, thorough, margin, steps, z, found, status)
    processes = []
    for position, order in enumerate(orders):
        coefficients = np.zeros(sum(order.sizes))
        settled_coefficients(z[position], shapes[position], coefficients)
        log_likelihood, aicc, mean, variance = (float(value) for value in found[position])
        processes.append(
            ArimaProcess(
                order, coefficients, mean, variance, log_likelihood, aicc, len(w), bool(status[position] <= AT_REST)
            )
        )
    return _chosen(processes, [bool(one != SCREENED) for one in status])


def _chosen(processes: list[ArimaProcess], refined: list[bool]) -> SeriesFit:
    able = [
        place
        for place, process in enumerate(processes)
        if refined[place] and process.converged and np.isfinite(process.aicc)
    ]
    return SeriesFit(processes, refined, min(able, key=lambda place: processes[place].aicc, default=None))


def _fit_with_gaps(y: FloatArray, rough: SeriesFit) -> SeriesFit:
    """Maxima of the filter's likelihood, from the estimates on a series with its gaps bridged, for the best few."""
    seen = [_seen(y, process) for process in rough.processes]
    order = np.argsort([process.aicc for process in seen])
    refined = [False] * len(seen)
    for place in order[:_REFINED_WITH_GAPS]:
        seen[place], refined[place] = _refined_with_gaps(y, seen[place]), True
    return _chosen(seen, refined)


def _seen(y: FloatArray, process: ArimaProcess) -> ArimaProcess:
    """The same coefficients with the likelihood, mean and variance they have on a series with gaps."""
    seen = process.see(y, free_mean=True, free_variance=True)
    order = process.order
    values = int((~np.isnan(y)).sum()) - order.d - order.seasonal_d * order.period
    k = len(process.coefficients) + order.mean + 1
    aicc = -2 * seen.log_likelihood + 2 * k * values / (values - k - 1)
    return replace(
        process, mean=seen.mean, variance=seen.variance, log_likelihood=seen.log_likelihood, aicc=aicc, values=values
    )


def _refined_with_gaps(y: FloatArray, start: ArimaProcess) -> ArimaProcess:
    from scipy.optimize import minimize

    from foliohub.forecast.arima.engine.search import free_numbers, settled_coefficients

    k = len(start.coefficients)
    if not k:
        return start
    shape = np.array([*start.order.sizes, start.order.period], dtype=np.int64)

    def at(z: FloatArray) -> ArimaProcess:
        coefficients = np.zeros(k)
        settled_coefficients(np.clip(z, -1e3, 1e3), shape, coefficients)
        return replace(start, coefficients=coefficients)

    first = np.zeros(k)
    free_numbers(start.coefficients, shape, first)
    options = {"gtol": 1e-4, "maxiter": _EVALUATIONS_WITH_GAPS}

    def loss(z: FloatArray) -> float:
        return -at(z).see(y, free_mean=True, free_variance=True).log_likelihood

    found = minimize(loss, first, method="BFGS", options=options)
    best = _seen(y, at(found.x))
    # Rounding stops the last steps of a numerical gradient; what counts is that there is no slope left.
    return replace(best, converged=bool(np.max(np.abs(found.jac)) < 0.05))
