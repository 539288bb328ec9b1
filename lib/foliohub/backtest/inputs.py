"""What a backtest is given, checked once: returns, weights, risk-free returns, periods per year."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TypeAlias, Union

import numpy as np
import pandas as pd

from foliohub import calendars, frames
from foliohub.errors import ContractError, InputError
from foliohub.types import FloatArray

logger = logging.getLogger(__name__)

Weights: TypeAlias = Union["pd.Series[float]", Mapping[str, float]]
"""Ticker -> fraction of wealth."""

RiskFreeReturns: TypeAlias = Union[float, "pd.Series[float]"]
"""Risk-free simple return per period: one number, or one per row of the returns."""


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


def target_matrix(target_weights: pd.DataFrame, columns: pd.Index) -> FloatArray:
    """Target weights (n_trades, n_tickers) in the order of `columns`, all finite."""
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


def risk_free_values(risk_free: RiskFreeReturns, index: pd.Index) -> FloatArray:
    """One risk-free return per row of `index`, none missing."""
    if not isinstance(risk_free, pd.Series):
        return np.full(len(index), float(risk_free))
    free: FloatArray = np.asarray(risk_free.reindex(index), dtype=np.float64)
    if np.isnan(free).any():
        raise InputError(f"There is no risk-free return at {index[np.isnan(free)][0]}.", remedy="Give one per period.")
    return free


def known_periods_per_year(index: pd.Index, periods_per_year: float | None) -> float | None:
    """What was passed, else what the dates tell, else None with a word in the log."""
    if periods_per_year is not None:
        if not periods_per_year > 0:
            raise InputError(f"periods_per_year is {periods_per_year}.", remedy="Give a positive number, as 252.")
        return float(periods_per_year)
    try:
        return float(calendars.periods_per_year(index))
    except InputError as error:
        logger.warning("Annualised metrics will be missing. %s", error)
        return None
