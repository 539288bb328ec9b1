"""The limits: each one a pure function from numbers to a verdict. :mod:`foliohub.ledger.assessment` holds all of them.

Weights are fractions of wealth by ticker after trading, whole shares, cash left aside. A limit that cannot be measured
blocks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from foliohub import calendars, metrics
from foliohub.errors import ModelError
from foliohub.ledger.verdicts import Least, Most, Verdict, judge, unknown, value_text
from foliohub.types import DateLike

FEWEST = 60
"""Sessions below which no risk is estimated: a standard deviation from fewer is off by more than a tenth."""

_PLAIN = "historical simulation"
_FILTERED = "filtered by GARCH"


class RiskLimit(Most):
    """Bounds on a risk that is estimated from past returns.

    Attributes
    ----------
    window : int
        Sessions it is estimated on.
    """

    window: Annotated[int, Field(ge=FEWEST, le=5000)] = 1000


class ValueAtRiskLimit(RiskLimit):
    """Bounds on value at risk.

    Attributes
    ----------
    level : float
        Probability with which a day's loss stays below it.
    estimator : {"historical", "filtered", "larger"}
        Plain historical simulation, which forgets nothing within its window and notices nothing soon; the same filtered
        by GARCH, at the volatility forecast for the next session; or the larger of the two, which neither a calm
        window nor a calm week can lower.
    """

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.99
    estimator: Literal["historical", "filtered", "larger"] = "larger"


def largest_weight(weights: pd.Series[float], band: Most) -> Verdict:
    """Weight of the largest position, ``max_i w_i``.

    Examples
    --------
    >>> largest_weight(pd.Series({"A": 0.12, "B": 0.25}), Most(block=0.2)).outcome
    'block'
    """
    if weights.empty:
        return judge("largest weight", 0.0, band, "fraction")
    return judge("largest weight", float(weights.max()), band, "fraction", str(weights.idxmax()))


def group_weight(weights: pd.Series[float], name: str, tickers: Collection[str], band: Most | Least) -> Verdict:
    """Weight of a group of tickers, ``Σ_{i in group} w_i``; one that is not held counts as zero."""
    total = float(weights[weights.index.isin(list(tickers))].sum())
    return judge(f"weight of {name}", total, band, "fraction")


def turnover(traded: float, wealth: float, band: Most) -> Verdict:
    """Turnover, half of the value traded over wealth: ``½ Σ |v_i| / W``; buying everything from cash is 50 %.

    References
    ----------
    .. [1] DeMiguel, V., Garlappi, L. and Uppal, R. (2009). Optimal Versus Naive Diversification. Review of Financial
       Studies 22(5), 1915-1953; their eq. 15 counts both sides, so twice as much.
    """
    return judge("turnover", traded / 2 / wealth, band, "fraction")


def cost(expected: float, wealth: float, band: Most) -> Verdict:
    """Expected cost of all orders in basis points of wealth, ``10⁴ C / W``."""
    return judge("expected cost", expected / wealth * 1e4, band, "basis points", "of wealth")


def tracking_error(
    weights: pd.Series[float], returns: pd.DataFrame, index: pd.Series[float] | None, limit: RiskLimit
) -> Verdict:
    r"""Tracking error against the index a year, from the past returns of what would be held.

    ``√252 · std(Σ_i w_i r_it - b_t)`` with ddof = 1 over the last `window` sessions; cash earns nothing.

    Notes
    -----
    A year's budget is not filtered as a day's value at risk is: a volatility forecast has mostly come back to its
    long-run level within a year.

    References
    ----------
    .. [1] Grinold, R. C. and Kahn, R. N. (2000). Active Portfolio Management, 2nd ed. McGraw-Hill, ch. 3 (ex ante, with
       today's weights on past returns).
    """
    name = "tracking error"
    if index is None:
        return unknown(name, "fraction", "the universe has no index")
    mine = portfolio_returns(weights, returns).reindex(index.index)
    both = pd.DataFrame({"mine": mine, "index": index}).dropna().tail(limit.window)
    if len(both) < FEWEST:
        return unknown(name, "fraction", f"only {len(both)} sessions with returns of everything held and of the index")
    value = metrics.tracking_error(both["mine"], both["index"], calendars.TRADING_DAYS_PER_YEAR)
    return judge(name, value, limit, "fraction", "a year")


def value_at_risk(weights: pd.Series[float], returns: pd.DataFrame, limit: ValueAtRiskLimit) -> Verdict:
    """Loss of a day that is not exceeded with probability `level`, from the past returns of what would be held.

    Historical: the empirical quantile of ``-Σ_i w_i r_it`` over the last `window` sessions, by
    :func:`foliohub.metrics.value_at_risk`. Filtered: the quantile of the same returns in units of their volatility, at
    the one forecast for the next session, by :func:`foliohub.forecast.filtered_value_at_risk`. A gain counts as no
    loss. The sentence says which of the two it was, and what the other one is.

    Notes
    -----
    Where GARCH cannot be fitted, as to less than a year, the larger of the two is the historical one, and the sentence
    says so; where the filtered one alone is asked for, it blocks.

    References
    ----------
    .. [1] Jorion, P. (2006). Value at Risk, 3rd ed. McGraw-Hill, ch. 10 (historical simulation).
    .. [2] McNeil, A. J., Frey, R. and Embrechts, P. (2015). Quantitative Risk Management, revised ed. Princeton, sec.
       9.2 (unconditional and conditional loss distributions; the former reacts late).
    """
    name = f"value at risk ({limit.level * 100:g}%, one day)"
    past = portfolio_returns(weights, returns).dropna().tail(limit.window)
    if len(past) < FEWEST:
        return unknown(name, "fraction", f"only {len(past)} sessions with returns of everything held")
    historical = max(metrics.value_at_risk(past, limit.level), 0.0)
    if limit.estimator == "historical":
        return judge(name, historical, limit, "fraction", _PLAIN)
    from foliohub import forecast  # heavy, and wanted by nobody who only reads portfolios

    try:
        # Nothing at risk, as of cash alone, is nothing to fit a process to.
        filtered = max(forecast.filtered_value_at_risk(past, limit.level), 0.0) if np.ptp(past) else historical
    except ModelError as error:
        if limit.estimator == "filtered":
            return unknown(name, "fraction", error.message.rstrip("."))
        return judge(name, historical, limit, "fraction", f"{_PLAIN} alone: {error.message.rstrip('.')}")
    if limit.estimator == "filtered" or filtered > historical:
        return judge(
            name, filtered, limit, "fraction", f"{_FILTERED}, {value_text(historical, 'fraction')} by plain {_PLAIN}"
        )
    return judge(name, historical, limit, "fraction", f"{_PLAIN}, {value_text(filtered, 'fraction')} {_FILTERED}")


def least_cash(cash: float, wealth: float, band: Least) -> Verdict:
    """Cash left after orders and their expected cost, as a fraction of wealth."""
    return judge("cash left", cash / wealth, band, "fraction")


def number_of_orders(count: int, band: Most) -> Verdict:
    """How many orders there are."""
    return judge("number of orders", float(count), band, "orders")


def data_age(as_of: DateLike, last: DateLike, band: Most, calendar: str = calendars.DEFAULT_CALENDAR) -> Verdict:
    """Sessions that have closed since the one the prices are of.

    Examples
    --------
    >>> data_age("2019-06-28", "2019-07-02", Most(warn=1)).sentence
    'Age of the data: 2 sessions (prices of 2019-06-28); more than 1 session warns.'
    """
    first, end = calendars.to_session(as_of), calendars.to_session(last)
    age = len(calendars.sessions(first, end, calendar)) - 1 if end > first else 0
    return judge("age of the data", float(age), band, "sessions", f"prices of {first:%Y-%m-%d}")


def nothing_quarantined(
    traded: Collection[str], quarantined: Collection[str], outcome: Literal["warn", "block"]
) -> Verdict:
    """How many tickers would be traded whose prices are in quarantine: none may be."""
    doubted = sorted(set(traded) & set(quarantined))
    band = Most(block=0) if outcome == "block" else Most(warn=0)
    return judge("quarantined tickers traded", float(len(doubted)), band, "tickers", ", ".join(doubted))


def portfolio_returns(weights: pd.Series[float], returns: pd.DataFrame) -> pd.Series[float]:
    """Past returns of today's weights, ``Σ_i w_i r_it`` (n_dates,); NaN where a position has no return."""
    held = weights[weights != 0]
    return (returns.reindex(columns=held.index) * held).sum(axis=1, skipna=False)
