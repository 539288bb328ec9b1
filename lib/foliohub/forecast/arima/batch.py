"""Fit all series at once, each on a core of its own, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.arima import differences
from foliohub.forecast.arima.fitting import MARGIN, SeriesFit, fit_series
from foliohub.forecast.arima.orders import (
    LARGEST_SEASONAL_ORDER,
    UP_TO_FIVE,
    ArimaOrder,
    Mean,
    candidates,
    check_orders,
)
from foliohub.forecast.arima.process import ArimaProcess
from foliohub.forecast.arima.standard_errors import Kind, standard_errors
from foliohub.types import FloatArray

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class ArimaBatch:
    """A process for each of many series.

    Parameters
    ----------
    series : DataFrame (n_dates, n_series)
        What they were fitted to.
    fits : tuple of SeriesFit
        One per column.
    """

    series: pd.DataFrame
    fits: tuple[SeriesFit, ...]

    @property
    def processes(self) -> tuple[ArimaProcess, ...]:
        """The process chosen for each column."""
        return tuple(fit.best for fit in self.fits)

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per series: order, mean, variance, log-likelihood, AICc, and every coefficient any of them has."""
        rows = []
        for process in self.processes:
            named = dict(zip(process.order.names, process.coefficients, strict=True))
            rows.append(
                {
                    "order": str(process.order),
                    "mean": process.mean,
                    "variance": process.variance,
                    "log_likelihood": process.log_likelihood,
                    "aicc": process.aicc,
                    "values": process.values,
                    **named,
                }
            )
        return pd.DataFrame(rows, index=self.series.columns)

    @property
    def selection(self) -> pd.DataFrame:
        """One row per series and candidate: series, order, aicc, refined, converged, chosen.

        Where `refined` is false, `aicc` is at the conditional maximum: not the least, but too far from it to be chosen.
        """
        rows = [
            (name, str(process.order), process.aicc, fit.refined[place], process.converged, place == fit.chosen)
            for name, fit in zip(self.series.columns, self.fits, strict=True)
            for place, process in enumerate(fit.processes)
        ]
        return pd.DataFrame(rows, columns=["series", "order", "aicc", "refined", "converged", "chosen"])

    def forecast(self, horizon: int) -> tuple[FloatArray, FloatArray]:
        """Expected values after the last date, and the variances of their errors, each (horizon, n_series).

        The variances are exact for the process: they count what missing values leave unknown, not the estimates' own
        errors.
        """
        if horizon < 1:
            raise InputError(f"The horizon {horizon} is no number of steps.", remedy="Give a whole number from 1.")
        seen = [process.see(y, horizon) for y, process in zip(self._columns(), self.processes, strict=True)]
        return np.column_stack([one.ahead for one in seen]), np.column_stack([one.ahead_variance for one in seen])

    def innovations(self) -> FloatArray:
        """One-step forecast errors (n_dates, n_series); NaN where a value is missing or taken by differencing."""
        made = np.full(self.series.shape, np.nan)
        for column, (y, process) in enumerate(zip(self._columns(), self.processes, strict=True)):
            made[len(made) - len(y) :, column] = process.see(y).innovations
        return made

    def standard_errors(self, kind: Kind = "hessian") -> pd.DataFrame:
        """Of every coefficient and the mean, one row per series: :func:`~.standard_errors.standard_errors`."""
        rows = [standard_errors(process, y, kind) for y, process in zip(self._columns(), self.processes, strict=True)]
        return pd.DataFrame(rows, index=self.series.columns)

    def _columns(self) -> list[FloatArray]:
        """Each series from its first value on."""
        values = self.series.to_numpy(dtype=float)
        return [column[np.flatnonzero(~np.isnan(column))[0] :] for column in values.T]


def fit_arima(
    series: pd.DataFrame | pd.Series | FloatArray,
    *,
    orders: Sequence[tuple[int, int]] = UP_TO_FIVE,
    seasonal_orders: Sequence[tuple[int, int]] = ((0, 0),),
    seasonal_period: int = 1,
    d: int | differences.Test = 0,
    seasonal_d: int | None = 0,
    mean: Mean = "estimate",
    warm: ArimaBatch | None = None,
    margin: float = MARGIN,
    steps: int | None = None,
    threads: int | None = None,
) -> ArimaBatch:
    """Fit ARIMA(p, d, q)(P, D, Q) processes to many series by exact maximum likelihood, orders chosen by AICc.

    Parameters
    ----------
    series : DataFrame, Series or ndarray (n_dates, n_series)
        NaN where missing: before a series' first value, between, or at the end.
    orders, seasonal_orders : sequence of (int, int)
        (p, q) up to 5 and (P, Q) up to 2 to choose from.
    seasonal_period : int
        Dates in a season; 1 for none.
    d : int or {"kpss", "adf"}
        Times to difference, or the test that says so for each series.
    seasonal_d : int or None
        Times to difference over the season; None: once where the season is strong.
    mean : {"estimate", "zero", "choose"}
        Of the differenced series: a drift, where d is 1.
    warm : ArimaBatch, optional
        A fit of as many series to nearly the same data; its orders are kept and its estimates gone on from.
    margin : float
        How near the best AICc a candidate must come by its conditional likelihood to get its exact maximum.
    steps : int, optional
        Evaluations of the likelihood that may take.
    threads : int, optional
        Series fitted at a time; by default one per core this process may use. The result does not depend on it, nor on
        how series are split into batches.

    Returns
    -------
    ArimaBatch

    Raises
    ------
    InputError
        Where an argument makes no sense.
    ModelError
        Naming a series that is too short, never moves, or on which no candidate came to rest.

    References
    ----------
    .. [1] Hyndman, R. J. and Khandakar, Y. (2008). Automatic time series forecasting: the forecast package for R.
       Journal of Statistical Software 27(3).
    .. [2] Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples.
       Biometrika 76(2), 297-307 (AICc).

    Examples
    --------
    >>> shocks = np.random.default_rng(0).normal(size=(801, 2))
    >>> batch = fit_arima(shocks[1:] + 0.5 * shocks[:-1], orders=[(0, 0), (1, 0), (0, 1)], mean="zero")
    >>> batch.parameters["order"].tolist()
    ['ARIMA(0,0,1)', 'ARIMA(0,0,1)']
    >>> batch.parameters["ma_1"].round(1).tolist()
    [0.5, 0.5]
    >>> expected, variance = batch.forecast(3)
    >>> variance[:, 0].round(1).tolist() == (batch.processes[0].variance * np.array([1, 1.25, 1.25])).round(1).tolist()
    True
    """
    frame = series.to_frame() if isinstance(series, pd.Series) else pd.DataFrame(series)
    pairs = check_orders(orders)
    seasonal_pairs = check_orders(seasonal_orders, LARGEST_SEASONAL_ORDER)
    if seasonal_period < 1 or (seasonal_period == 1 and (seasonal_pairs != [(0, 0)] or seasonal_d)):
        raise InputError(
            f"A seasonal process of period {seasonal_period} is none.", remedy="Give seasonal_period from 2."
        )
    if warm is not None and len(warm.fits) != frame.shape[1]:
        raise InputError(
            f"The batch to go on from has {len(warm.fits)} series, and there are {frame.shape[1]}.",
            remedy="Give the fit of the same series.",
        )
    columns = [frame.iloc[:, place].to_numpy(dtype=float) for place in range(frame.shape[1])]

    def fit(column: int) -> SeriesFit:
        y, name = columns[column], frame.columns[column]
        given = warm.fits[column].best if warm is not None else None
        if given is not None:
            choice = [given.order]
        else:
            _check_moves(y, name)
            times, seasonal_times = _differences(y, d, seasonal_d, seasonal_period)
            choice = candidates(pairs, seasonal_pairs, times, seasonal_times, seasonal_period, mean)
        choice = _affordable(y, choice, name)
        made = fit_series(y, choice, warm=given, margin=margin, steps=steps)
        if made.chosen is None:
            raise ModelError(
                f"No process of the orders {pairs} came to rest on {name}.",
                remedy="Allow more orders, (0, 0) among them.",
            )
        return made

    return ArimaBatch(frame, tuple(over_threads(fit, range(len(columns)), threads)))


def usable_cores() -> int:
    """Cores that this process may use: of a machine that is shared, those it is bound to."""
    if hasattr(os, "sched_getaffinity"):  # nowhere but on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def over_threads(function: Callable[[Task], Result], tasks: Iterable[Task], threads: int | None) -> list[Result]:
    """Call a function that leaves the interpreter free for each task, several at a time; results in order.

    `threads` None is one per core that this process may use.
    """
    tasks = list(tasks)
    workers = min(len(tasks), threads or usable_cores())
    if workers <= 1:
        return [function(task) for task in tasks]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, tasks))


def _check_moves(y: FloatArray, name: object) -> None:
    known = y[~np.isnan(y)]
    if len(known) < 2 or np.ptp(known) == 0:
        raise ModelError(f"{name} has {len(known)} values that never move.", remedy="Leave it out.")
    if not np.isfinite(known).all():
        raise ModelError(f"{name} has infinite values.", remedy="Give finite ones, NaN where missing.")


def _differences(y: FloatArray, d: int | differences.Test, seasonal_d: int | None, period: int) -> tuple[int, int]:
    known = np.flatnonzero(~np.isnan(y))
    complete = np.interp(np.arange(known[0], known[-1] + 1), known, y[known])[:, None]
    if seasonal_d is None:
        seasonal_d = int(differences.choose_seasonal_differences(complete, period)[0])
    if not isinstance(d, str):
        return d, seasonal_d
    complete = differences.differenced(complete, 0, seasonal_d, period)
    return int(differences.choose_differences(complete, d)[0]), seasonal_d


def _affordable(y: FloatArray, choice: Sequence[ArimaOrder], name: object) -> list[ArimaOrder]:
    """Candidates a series is long enough for."""
    first = choice[0]
    values = int((~np.isnan(y)).sum()) - first.d - first.seasonal_d * first.period
    able = [
        order
        for order in choice
        if values > sum(order.sizes) + 3
        and values > 2 * max(order.p + order.seasonal_p * order.period, order.q + order.seasonal_q * order.period)
    ]
    if not able:
        raise ModelError(
            f"{name} has {values} values after differencing, too few for {choice[0]}.",
            remedy="Give a longer series, or smaller orders.",
        )
    return able
