"""What every metric takes: one series of returns per period, checked once."""

from __future__ import annotations

from typing import TypeAlias, Union

import numpy as np
import pandas as pd

from foliohub import calendars
from foliohub.errors import InputError
from foliohub.types import FloatArray

Returns: TypeAlias = Union["pd.Series[float]", FloatArray]
"""Simple returns per period, decimal, oldest first: a Series, or a one-dimensional array."""

RiskFree: TypeAlias = Union[float, "pd.Series[float]", FloatArray]
"""Risk-free simple return *per period* (not per year): one number, or one per period."""


def return_values(returns: Returns, what: str = "returns") -> FloatArray:
    """The values of a series of returns (n_periods,), all finite.

    Raises
    ------
    InputError
        Where it is not one-dimensional, or holds a NaN or an infinity; names the first one's date.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 1:
        raise InputError(f"{what} has {values.ndim} dimensions.", remedy="Pass one column at a time.")
    wrong = ~np.isfinite(values)
    if wrong.any():
        position = int(np.argmax(wrong))
        where = returns.index[position] if isinstance(returns, pd.Series) else f"position {position}"
        raise InputError(
            f"{what} holds {values[position]} at {where}.", remedy="Drop or explain it first: no metric fills a gap."
        )
    return values


def paired_values(returns: Returns, other: Returns, what: str) -> tuple[FloatArray, FloatArray]:
    """Values of two series over the same periods.

    Raises
    ------
    InputError
        Where lengths or dates differ: nothing is aligned silently.
    """
    left, right = return_values(returns), return_values(other, what)
    if len(left) != len(right):
        raise InputError(f"returns has {len(left)} periods, {what} {len(right)}.", remedy="Align them first.")
    if isinstance(returns, pd.Series) and isinstance(other, pd.Series) and not returns.index.equals(other.index):
        differing = int(np.argmax(np.asarray(returns.index != other.index)))
        raise InputError(
            f"returns and {what} differ in their dates: {returns.index[differing]} against {other.index[differing]}.",
            remedy="Align them first.",
        )
    return left, right


def excess_values(returns: Returns, risk_free: RiskFree = 0.0, what: str = "returns") -> FloatArray:
    """Returns less the risk-free return (n_periods,)."""
    if isinstance(risk_free, pd.Series | np.ndarray):
        values, free = paired_values(returns, risk_free, "risk_free")
        return values - free
    return return_values(returns, what) - risk_free


def annualisation(returns: Returns, periods_per_year: float | None) -> float:
    """Periods per year: what was passed, else what the dates of the series say.

    NaN stands for "nobody knows": annualised metrics are NaN then.

    Raises
    ------
    InputError
        Where neither tells.
    """
    if periods_per_year is not None:
        if periods_per_year <= 0:
            raise InputError(f"periods_per_year is {periods_per_year}.", remedy="Give a positive number, as 252.")
        return float(periods_per_year)
    if not isinstance(returns, pd.Series):
        raise InputError("An array does not say how many periods a year has.", remedy="Pass periods_per_year.")
    return float(calendars.periods_per_year(returns.index))


def ratio(numerator: float, denominator: float) -> float:
    """A quotient that is NaN where nothing is divided by: a metric without meaning has no value."""
    return numerator / denominator if denominator > 0 else float("nan")


def spread(values: FloatArray) -> float:
    """Standard deviation with ddof = 1: exactly zero for a constant series, NaN for fewer than two values.

    The mean of equal numbers may miss them by a rounding error, which would make a huge ratio out of nothing.
    """
    if len(values) < 2:
        return float("nan")
    return float(values.std(ddof=1)) if np.ptp(values) > 0 else 0.0
