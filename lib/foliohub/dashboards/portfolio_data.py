"""What the Portfolio dashboard shows, cut from what the performance report published: frames in, frames out.

Periods begin at the close of a month: what each ticker gained is published month by month, and so contributions, costs
and returns of a period always add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from foliohub import metrics
from foliohub.errors import InputError

PERIODS: Mapping[str, str] = {
    "ytd": "This year",
    "1y": "1 year",
    "3y": "3 years",
    "5y": "5 years",
    "10y": "10 years",
    "all": "All",
}
"""Key in the page's address -> what the viewer reads."""
INDEX, NAIVE, COSTS = "index", "equal_weight", "costs"
MEASURES = (
    "total_return",
    "annual_return",
    "annual_volatility",
    "sharpe_ratio",
    "max_drawdown",
    "active_return",
    "tracking_error",
    "information_ratio",
    "beta",
)
"""Rows of :func:`summary`; the last four against the index."""
_NOT_HELD = 5e-4


def period_start(dates: pd.DatetimeIndex, period: str) -> pd.Timestamp | None:
    """The close a period begins at: of the last month that ended at least so long before the last date.

    Parameters
    ----------
    dates : DatetimeIndex (n_dates,)
        Sessions with a return, sorted.
    period : str
        A key of :data:`PERIODS`.

    Returns
    -------
    Timestamp or None
        One of the dates; None for everything there is, or where there is not more than that.

    Raises
    ------
    InputError
        There is no such period.

    Examples
    --------
    >>> dates = pd.bdate_range("2015-01-02", "2022-12-28")
    >>> period_start(dates, "ytd"), period_start(dates, "1y"), period_start(dates, "10y")
    (Timestamp('2021-12-31 00:00:00'), Timestamp('2021-11-30 00:00:00'), None)
    """
    if period not in PERIODS:
        raise InputError(f"There is no period {period!r}.", remedy=f"Take one of {', '.join(PERIODS)}.")
    if period == "all" or not len(dates):
        return None
    last = dates[-1]
    if period == "ytd":
        end = pd.Timestamp(last.year - 1, 12, 31)
    else:
        end = last - pd.DateOffset(years=int(period.removesuffix("y")))
        end = end if end.is_month_end else end - pd.offsets.MonthEnd()
    before = dates[dates <= end]
    return before[-1] if len(before) else None


def periods_of(dates: pd.DatetimeIndex) -> dict[str, str]:
    """The periods that are shorter than everything there is, and everything."""
    return {key: text for key, text in PERIODS.items() if key == "all" or period_start(dates, key) is not None}


def since(frame: pd.DataFrame, start: pd.Timestamp | None) -> pd.DataFrame:
    """The rows after a date; all where there is none."""
    return frame if start is None else frame[frame.index > start]


def summary(returns: pd.DataFrame, periods_per_year: float) -> pd.DataFrame:
    """Measures of each column over the rows given.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_strategies)
        Simple returns net of costs; a column "index" is what the others are held against.
    periods_per_year : float

    Returns
    -------
    DataFrame (n_strategies, n_measures)
        Columns :data:`MEASURES`; NaN against the index where there is none.
    """
    rows = {}
    market = returns.get(INDEX)
    for name in returns.columns:
        mine = returns[name]
        row = {
            "total_return": metrics.total_return(mine),
            "annual_return": metrics.annual_return(mine, periods_per_year),
            "annual_volatility": metrics.annual_volatility(mine, periods_per_year),
            "sharpe_ratio": metrics.sharpe_ratio(mine, 0.0, periods_per_year),
            "max_drawdown": metrics.max_drawdown(mine),
        }
        if market is not None and name != INDEX:
            row |= {
                "active_return": metrics.active_return(mine, market, periods_per_year),
                "tracking_error": metrics.tracking_error(mine, market, periods_per_year),
                "information_ratio": metrics.information_ratio(mine, market, periods_per_year),
                "beta": metrics.beta(mine, market),
            }
        rows[name] = row
    return pd.DataFrame(rows).T.reindex(columns=list(MEASURES))


def contributions(
    monthly_gains: pd.DataFrame, net_returns: pd.Series, start: pd.Timestamp | None
) -> tuple[pd.Series, float]:
    """What each ticker added to the return since a date, and what costs took.

    Parameters
    ----------
    monthly_gains : DataFrame (n_months, n_tickers + 1)
        Indexed by the last day of each month, in units of the wealth at the very beginning; with a column "costs".
    net_returns : Series (n_dates,)
        Of the same strategy, since the very beginning.
    start : Timestamp or None
        Last session of a month; None for the very beginning.

    Returns
    -------
    contributions : Series (n_tickers,)
        Fractions of the wealth at the start.
    costs : float
        Zero or less. With it the contributions add up to the return over the period.
    """
    if start is None:
        wealth, rows = 1.0, monthly_gains
    else:
        wealth = float((1 + net_returns.loc[:start].to_numpy()).prod())
        rows = monthly_gains[monthly_gains.index > start + pd.offsets.MonthEnd(0)]
    total = rows.sum() / wealth
    return total.drop(COSTS), float(total[COSTS])


def exposures(weights: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """How the portfolio was spread, decision by decision.

    Parameters
    ----------
    weights : DataFrame (n_decisions, n_tickers)
        Fractions of wealth.
    groups : mapping
        Name -> tickers, as the portfolio's limits have them.

    Returns
    -------
    DataFrame (n_decisions, 5 + n_groups)
        `invested`, `cash`, `largest`, `positions` (number held), `effective_positions` (how many equal weights would be
        as concentrated) and the weight of each group under its name.
    """
    held = weights.fillna(0.0)
    frame = pd.DataFrame(
        {
            "invested": held.sum(axis=1),
            "cash": 1 - held.sum(axis=1),
            "largest": held.max(axis=1),
            "positions": (held.abs() >= _NOT_HELD).sum(axis=1).astype("float64"),
            "effective_positions": metrics.effective_positions(held),
        }
    )
    for name, tickers in groups.items():
        frame[name] = held.reindex(columns=list(tickers)).sum(axis=1)
    return frame


def yearly_trading(trading: pd.DataFrame, returns: pd.DataFrame, periods_per_year: float) -> pd.DataFrame:
    """Turnover and cost a year of each strategy over the rows given.

    Parameters
    ----------
    trading : DataFrame
        Columns portfolio, turnover, cost; one row per trade of the period.
    returns : DataFrame (n_dates, n_strategies)
        Of the period: how long it was.
    periods_per_year : float

    Returns
    -------
    DataFrame (n_strategies, 2)
        `turnover` and `cost`, fractions of wealth a year; zero for who did not trade.
    """
    years = len(returns) / periods_per_year
    sums = trading.groupby("portfolio")[["turnover", "cost"]].sum()
    return sums.reindex([name for name in returns.columns if name != INDEX], fill_value=0.0) / (years or np.nan)
