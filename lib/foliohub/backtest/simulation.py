"""Hold given weights: from returns and target weights to a result, without any decision of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

import numpy as np
import pandas as pd

from foliohub import calendars, frames
from foliohub.backtest.paths import IntArray, simulate_paths
from foliohub.backtest.result import BacktestResult
from foliohub.costs import CostModel
from foliohub.errors import ContractError, InputError
from foliohub.types import FloatArray

logger = logging.getLogger(__name__)

Weights: TypeAlias = Union["pd.Series[float]", Mapping[str, float]]
"""Ticker -> fraction of wealth."""

RiskFreeReturns: TypeAlias = Union[float, "pd.Series[float]"]
"""Risk-free simple return per period: one number, or one per row of the returns."""


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
    targets = _aligned(target_weights, returns.columns)
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
    free = None if risk_free is None else _risk_free_values(risk_free, returns.index)
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
        periods_per_year=_periods_per_year(returns.index, periods_per_year),
    )


def check_backtest_returns(returns: pd.DataFrame) -> pd.DataFrame:
    """Returns as a backtest takes them: sorted unique dates, periods or whole numbers; finite or missing; float64.

    Unlike :func:`foliohub.frames.check_returns` it takes other indexes than sessions, and returns below -1: excess
    returns and those of long-short portfolios can be.
    """
    if not isinstance(returns, pd.DataFrame) or returns.empty:
        raise InputError("The returns are not a frame with rows and columns.", remedy="Pass dates x tickers.")
    index = returns.index
    if isinstance(index, pd.DatetimeIndex):
        frames.check_dates(index, "returns")
    elif not isinstance(index, pd.PeriodIndex) and not pd.api.types.is_integer_dtype(index.dtype):
        raise ContractError(
            f"The index of returns is a {type(index).__name__} of {index.dtype}.",
            remedy="Index it by dates, periods or whole numbers.",
        )
    elif not (index.is_unique and index.is_monotonic_increasing):
        raise ContractError("The index of returns is not sorted, or holds a row twice.")
    if not returns.columns.is_unique:
        raise ContractError(f"returns holds {returns.columns[returns.columns.duplicated()][0]!r} more than once.")
    try:
        checked = returns if (returns.dtypes == np.float64).all() else returns.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ContractError(f"returns holds something that is not a number: {error}.") from error
    infinite = np.isinf(checked.to_numpy())
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        raise ContractError(f"returns holds an infinity for {returns.columns[column]} at {index[row]}.")
    return checked


def weight_vector(weights: Weights, columns: pd.Index, what: str) -> FloatArray:
    """Weights in the order of `columns`; what is not named is zero."""
    series = pd.Series(weights, dtype=np.float64)
    unknown = series.index.difference(columns)
    if len(unknown):
        raise InputError(f"{what} names {unknown[0]!r}, which has no returns.")
    vector: FloatArray = np.asarray(series.reindex(columns, fill_value=0.0), dtype=np.float64)
    if not np.isfinite(vector).all():
        raise InputError(f"{what} holds {vector[~np.isfinite(vector)][0]}.", remedy="Weights are finite numbers.")
    return vector


def _aligned(target_weights: pd.DataFrame, columns: pd.Index) -> FloatArray:
    different = target_weights.columns.symmetric_difference(columns)
    if len(different) or not target_weights.columns.is_unique:
        raise ContractError(
            f"The columns of target_weights are not those of the returns: {list(different[:3])}.",
            remedy="Give each ticker of the returns one column; zero where it is not wanted.",
        )
    if not target_weights.columns.equals(columns):
        target_weights = target_weights[columns]
    targets = np.ascontiguousarray(target_weights.to_numpy(dtype=np.float64))
    if not np.isfinite(targets).all():
        row, column = np.argwhere(~np.isfinite(targets))[0]
        raise ContractError(
            f"target_weights holds {targets[row, column]} for {columns[column]} at {target_weights.index[row]}.",
            remedy="Give zero where a ticker is not wanted.",
        )
    return targets


def _risk_free_values(risk_free: RiskFreeReturns, index: pd.Index) -> FloatArray:
    if not isinstance(risk_free, pd.Series):
        return np.full(len(index), float(risk_free))
    free: FloatArray = np.asarray(risk_free.reindex(index), dtype=np.float64)
    if np.isnan(free).any():
        raise InputError(f"There is no risk-free return at {index[np.isnan(free)][0]}.", remedy="Give one per period.")
    return free


def _periods_per_year(index: pd.Index, periods_per_year: float | None) -> float | None:
    if periods_per_year is not None:
        if not periods_per_year > 0:
            raise InputError(f"periods_per_year is {periods_per_year}.", remedy="Give a positive number, as 252.")
        return float(periods_per_year)
    try:
        return float(calendars.periods_per_year(index))
    except InputError as error:
        logger.warning("Annualised metrics will be missing. %s", error)
        return None
