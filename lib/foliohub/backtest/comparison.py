"""Strategies side by side, over the periods they share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import pandas as pd

from foliohub import metrics
from foliohub.backtest.result import BacktestResult
from foliohub.errors import InputError


def common_periods(results: Mapping[str, BacktestResult]) -> dict[str, BacktestResult]:
    """Cut results to the periods all of them have.

    Raises
    ------
    InputError
        Where they share none, or one of them lacks a period inside that the others have.
    """
    if not results:
        raise InputError("There is nothing to compare.", remedy="Pass at least one result.")
    indexes = [result.net_returns.index for result in results.values()]
    shared = reduce(lambda left, right: left.intersection(right), indexes)
    if not len(shared):
        spans = ", ".join(f"{name} {index[0]} to {index[-1]}" for name, index in zip(results, indexes, strict=True))
        raise InputError(f"The strategies share no period: {spans}.", remedy="Compare what overlaps.")
    cut = {name: result.between(shared[0], shared[-1]) for name, result in results.items()}
    for name, result in cut.items():
        if not result.net_returns.index.equals(shared):
            other = result.net_returns.index.difference(shared)[0]
            raise InputError(f"{name!r} has a period {other} that another strategy lacks.", remedy="Use one calendar.")
    return cut


def compare(results: Mapping[str, BacktestResult], benchmark: str | None = None) -> pd.DataFrame:
    """Metrics after costs of several strategies over the periods they share.

    Parameters
    ----------
    results : mapping
        Name -> result. An index enters through :func:`foliohub.backtest.buy_and_hold`.
    benchmark : str, optional
        Name of the one the others are measured against.

    Returns
    -------
    DataFrame (n_strategies, n_metrics)
        The metrics of :meth:`BacktestResult.summary`, after costs, in the order of `results`; with a benchmark also
        `active_return`, `tracking_error`, `information_ratio`, `beta`, `alpha`, `correlation`, `up_capture`,
        `down_capture` (annualised where that applies; NaN for the benchmark itself).

    Raises
    ------
    InputError
        Where `benchmark` is not among the results, or they share no period.

    Examples
    --------
    >>> from foliohub.backtest import buy_and_hold
    >>> dates = pd.date_range("2020-01-31", periods=5, freq="ME")
    >>> index = pd.Series([0.0, 0.02, -0.01, 0.03, 0.01], index=dates)
    >>> table = compare({"twice": buy_and_hold(2 * index), "index": buy_and_hold(index)}, benchmark="index")
    >>> table["beta"].tolist()
    [2.0, nan]
    """
    if benchmark is not None and benchmark not in results:
        raise InputError(f"The benchmark {benchmark!r} is not among {list(results)}.", remedy="Add it to the results.")
    cut = common_periods(results)
    rows = {name: result.metrics for name, result in cut.items()}
    table = pd.DataFrame(rows).T
    if benchmark is not None:
        against = {name: relative_metrics(result, cut[benchmark]) for name, result in cut.items() if name != benchmark}
        relative = pd.DataFrame(against).T if against else pd.DataFrame(columns=list(_RELATIVE))
        table = table.join(relative.astype(np.float64))
    table.index.name = "strategy"
    return table


_RELATIVE = (
    "active_return",
    "tracking_error",
    "information_ratio",
    "beta",
    "alpha",
    "correlation",
    "up_capture",
    "down_capture",
)


def relative_metrics(result: BacktestResult, benchmark: BacktestResult) -> pd.Series[float]:
    """Metrics of `result` against `benchmark`, both after costs and over the same periods; see :func:`compare`."""
    mine, market = result.net_returns, benchmark.net_returns
    periods = float("nan") if result.periods_per_year is None else result.periods_per_year
    free = 0.0 if result.risk_free is None else result.risk_free
    values = (
        metrics.active_return(mine, market, periods),
        metrics.tracking_error(mine, market, periods),
        metrics.information_ratio(mine, market, periods),
        metrics.beta(mine, market, free),
        metrics.alpha(mine, market, free, periods),
        metrics.correlation(mine, market),
        metrics.up_capture(mine, market),
        metrics.down_capture(mine, market),
    )
    return pd.Series(dict(zip(_RELATIVE, values, strict=True)), name=result.name)
