"""Hold given weights: from returns and target weights to a result, without any decision of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from foliohub.backtest.inputs import (
    RiskFreeReturns,
    Weights,
    check_backtest_returns,
    known_periods_per_year,
    risk_free_values,
    target_matrix,
    weight_vector,
)
from foliohub.backtest.paths import IntArray, simulate_paths
from foliohub.backtest.result import BacktestResult
from foliohub.costs import CostModel
from foliohub.errors import InputError
from foliohub.types import FloatArray


def simulate(
    returns: pd.DataFrame,
    target_weights: pd.DataFrame,
    costs: CostModel | None = None,
    *,
    periods_per_year: float | None = None,
    risk_free: RiskFreeReturns | None = None,
    initial_weights: Weights | None = None,
    name: str = "portfolio",
) -> BacktestResult:
    """Trade to the given weights at the given closes and let them drift in between.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple (or simple excess) returns per period. Index: dates, periods or whole numbers, sorted.
    target_weights : DataFrame (n_trades, n_tickers)
        Weights after each trade, indexed by the date at whose *close* it happens, each a row of `returns`; the columns
        are those of `returns`. What is missing to one is cash.
    costs : CostModel, optional
        Charged on ``Σ|Δw|`` of each trade, as a share of the wealth before it; None for nothing.
    periods_per_year : float, optional
        Told from the dates where there are any.
    risk_free : float or Series (n_dates,), optional
        Risk-free return per period: what cash earns, and what Sharpe and Sortino ratios subtract. None: cash earns
        zero, which is also right where `returns` are excess returns.
    initial_weights : Series or mapping, optional
        Weights held before the first trade; None for cash.
    name : str
        What tables and plots call the strategy.

    Returns
    -------
    BacktestResult
        From the row after the first trade to the last row.

    Raises
    ------
    ContractError
        Where `returns` or `target_weights` break their contract.
    InputError
        Where a trade lies outside `returns` or leaves no return to earn.

    Notes
    -----
    A ticker without a return on the date of the trade has no price there: it is not bought, and its share stays in
    cash. (The first row of `returns` is exempt: no frame of returns knows the price before its first.) A ticker whose
    return goes missing while it is held is closed at its last price into cash, at the close of the first date without
    a return, and charged like any sale.

    Examples
    --------
    >>> dates = pd.date_range("2020-01-31", periods=3, freq="ME")
    >>> returns = pd.DataFrame({"A": [0.0, 0.1, 0.1], "B": [0.0, 0.0, 0.0]}, index=dates)
    >>> half = pd.DataFrame({"A": [0.5], "B": [0.5]}, index=dates[:1])
    >>> simulate(returns, half, periods_per_year=12).wealth.round(3).tolist()
    [1.0, 1.05, 1.105]
    """
    returns = check_backtest_returns(returns)
    rows = returns.index.get_indexer(target_weights.index)
    if not len(rows) or (rows < 0).any() or (np.diff(rows) <= 0).any():
        raise InputError(
            "The trades are not sorted dates of the returns, or there are none.",
            remedy="Index target_weights by rows of the returns, each once.",
        )
    if rows[-1] >= len(returns) - 1:
        raise InputError(
            f"The trade at {target_weights.index[-1]} has no return to earn.", remedy="Leave it out, or add returns."
        )
    targets = target_matrix(target_weights, returns.columns)
    eligible = ~np.isnan(returns.to_numpy()[rows])
    eligible[rows == 0] = True
    return assemble(
        returns,
        rows,
        targets,
        decided=target_weights.index,
        eligible=eligible,
        costs=costs,
        periods_per_year=periods_per_year,
        risk_free=risk_free,
        initial_weights=initial_weights,
        name=name,
    )


def buy_and_hold(
    returns: pd.Series[float] | pd.DataFrame,
    weights: Weights | None = None,
    *,
    start: Any = None,
    costs: CostModel | None = None,
    periods_per_year: float | None = None,
    risk_free: RiskFreeReturns | None = None,
    name: str | None = None,
) -> BacktestResult:
    """Buy once and never trade again: an index as a benchmark, or a portfolio left alone.

    Parameters
    ----------
    returns : Series (n_dates,) or DataFrame (n_dates, n_tickers)
        Simple returns per period.
    weights : Series or mapping, optional
        Ticker -> fraction of wealth; None for equal weights.
    start : label, optional
        Date at whose close is bought, as `BacktestResult.start` of the strategy to compare with; None for the first
        row. The first return earned is the next row's.
    costs, periods_per_year, risk_free
        As for :func:`simulate`.
    name : str, optional
        None for the name of the series.

    Returns
    -------
    BacktestResult

    Examples
    --------
    >>> index = pd.Series([0.0, 0.1, -0.1], index=pd.date_range("2020-01-31", periods=3, freq="ME"), name="index")
    >>> buy_and_hold(index, periods_per_year=12).wealth.round(3).tolist()
    [1.0, 1.1, 0.99]
    """
    frame = returns.to_frame(returns.name or "index") if isinstance(returns, pd.Series) else returns
    if start is not None:
        if start not in frame.index:
            raise InputError(f"The returns have no row at {start}.", remedy="Start at one of their dates.")
        frame = frame.loc[start:]
    if weights is None:
        weights = pd.Series(1 / frame.shape[1], index=frame.columns)
    bought = pd.DataFrame([weight_vector(weights, frame.columns, "weights")], frame.index[:1], frame.columns)
    return simulate(
        frame,
        bought,
        costs,
        periods_per_year=periods_per_year,
        risk_free=risk_free,
        name=name or (str(frame.columns[0]) if frame.shape[1] == 1 else "buy and hold"),
    )


def assemble(
    returns: pd.DataFrame,
    rows: IntArray,
    targets: FloatArray,
    *,
    decided: pd.Index,
    eligible: np.ndarray,
    costs: CostModel | None,
    periods_per_year: float | None,
    risk_free: RiskFreeReturns | None,
    initial_weights: Weights | None,
    name: str,
) -> BacktestResult:
    """Trade `targets` at the closes of `rows` and put labels on what comes of it. See :func:`simulate`."""
    values, columns = returns.to_numpy(), returns.columns
    unquoted = np.isnan(values[rows])
    unquoted[rows == 0] = False
    first = int(rows[0])
    free = None if risk_free is None else risk_free_values(risk_free, returns.index)
    paths = simulate_paths(
        np.ascontiguousarray(values[first + 1 :]),
        rows - first,
        np.where(unquoted, 0.0, targets) if unquoted.any() else targets,
        initial=weight_vector({} if initial_weights is None else initial_weights, columns, "initial_weights"),
        rate=costs.rate if costs else 0.0,
        cash_returns=None if free is None else free[first + 1 :],
    )
    index = returns.index[first + 1 :]
    traded = returns.index[first + paths.traded_at]
    return BacktestResult(
        name=name,
        start=returns.index[first],
        gross_returns=pd.Series(paths.gross, index=index, name="gross_return"),
        net_returns=pd.Series(paths.net, index=index, name="net_return"),
        target_weights=pd.DataFrame(targets, index=decided, columns=columns),
        eligible=pd.DataFrame(eligible, index=decided, columns=columns),
        drifted_weights=pd.DataFrame(paths.drifted, index=index, columns=columns),
        trades=pd.DataFrame(paths.trades, index=traded, columns=columns),
        costs=pd.Series(paths.costs, index=traded, name="cost"),
        turnover=pd.Series(paths.turnover, index=traded, name="turnover"),
        cost_model=costs,
        risk_free=None if free is None else pd.Series(free[first + 1 :], index=index, name="risk_free"),
        periods_per_year=known_periods_per_year(returns.index, periods_per_year),
    )
