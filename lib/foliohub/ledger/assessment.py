"""All limits of a portfolio held against one rebalance."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from foliohub.ledger import limits as limit
from foliohub.ledger.portfolio import Limits
from foliohub.ledger.verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A rebalance as the limits look at it.

    Parameters
    ----------
    weights : Series (n_tickers,)
        Fractions of wealth after trading, by ticker, of everything held then.
    orders : DataFrame (n_orders, 9)
        Columns :data:`foliohub.orders.ORDER_COLUMNS`.
    wealth, cash_after, cost : float
        In the portfolio's currency; wealth is before trading.
    returns : DataFrame (n_dates, n_tickers)
        Past simple returns per session.
    index : Series (n_dates,) or None
        Those of the universe's index.
    quarantined : collection of str
        Tickers whose prices are in quarantine.
    as_of, last_session : Timestamp
        The session the prices are of, and the last one that has closed by now.
    calendar : str
        MIC of the exchange whose sessions count.
    """

    weights: pd.Series[float]
    orders: pd.DataFrame
    wealth: float
    cash_after: float
    cost: float
    returns: pd.DataFrame
    index: pd.Series[float] | None
    quarantined: Collection[str]
    as_of: pd.Timestamp
    last_session: pd.Timestamp
    calendar: str


def assess(candidate: Candidate, limits: Limits) -> tuple[Verdict, ...]:
    """The verdict of every limit, in the order of the portfolio's file; of those left out there is none."""
    c, found = candidate, list[Verdict]()
    if limits.largest_weight:
        found.append(limit.largest_weight(c.weights, limits.largest_weight))
    for group in limits.groups:
        found += [
            limit.group_weight(c.weights, group.name, group.tickers, band)
            for band in (group.most, group.least)
            if band is not None
        ]
    if limits.turnover:
        found.append(limit.turnover(float(c.orders["value"].sum()), c.wealth, limits.turnover))
    if limits.cost:
        found.append(limit.cost(c.cost, c.wealth, limits.cost))
    if limits.tracking_error:
        found.append(limit.tracking_error(c.weights, c.returns, c.index, limits.tracking_error))
    if limits.value_at_risk:
        found.append(limit.value_at_risk(c.weights, c.returns, limits.value_at_risk))
    if limits.least_cash:
        found.append(limit.least_cash(c.cash_after, c.wealth, limits.least_cash))
    if limits.orders:
        found.append(limit.number_of_orders(len(c.orders), limits.orders))
    if limits.data_age:
        found.append(limit.data_age(c.as_of, c.last_session, limits.data_age, c.calendar))
    found.append(limit.nothing_quarantined(list(c.orders["ticker"]), c.quarantined, limits.quarantined))
    return tuple(found)
