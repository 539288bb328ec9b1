"""From orders to a draft: what would be held, what the limits say of it, and until when it may be decided on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from foliohub import calendars
from foliohub.clean import CleanPrices
from foliohub.data.universe import Universe
from foliohub.data.versions import StoredVersion
from foliohub.errors import InputError
from foliohub.ledger.assessment import Candidate, assess
from foliohub.ledger.holdings import Holdings
from foliohub.ledger.portfolio import Portfolio
from foliohub.ledger.proposal import Draft, Order
from foliohub.orders import RebalanceOrders


def draft_proposal(
    portfolio: Portfolio,
    universe: Universe,
    *,
    orders: RebalanceOrders,
    holdings: Holdings,
    clean: CleanPrices,
    as_of: pd.Timestamp,
    author: str,
    run_id: str,
    now: datetime,
    data: tuple[StoredVersion, ...] = (),
) -> Draft:
    """Put a proposal together and hold every limit of the portfolio against it.

    Parameters
    ----------
    portfolio : Portfolio
    universe : Universe
        The portfolio's.
    orders : RebalanceOrders
        Of what can be traded.
    holdings : Holdings
        Everything held before, the same cash included. What the orders leave out stays, at its last believed close.
    clean : CleanPrices
        As of the session, of the whole universe.
    as_of : Timestamp
        The session.
    author, run_id : str
    now : datetime
        Aware.
    data : tuple of StoredVersion
        What the run has read.

    Raises
    ------
    InputError
        The orders start from something else than the holdings, or something is held that never had a price.
    """
    table = orders.positions
    before = table["shares_before"][table["shares_before"] > 0]
    if not before.equals(holdings.shares.reindex(before.index)) or orders.cash_before != holdings.cash:
        raise InputError(
            f"The orders do not start from what {portfolio.name} holds.",
            remedy="Rebalance from the holdings and the cash of `work.holdings()`.",
        )
    kept = holdings.shares.drop(before.index)
    closes = _last_closes(clean, kept.index)
    worth = closes * kept
    wealth = orders.wealth + float(worth.sum())
    scale = orders.wealth / wealth
    after = pd.concat([table["weight_after"] * scale, worth / wealth])
    shown = orders.orders.assign(
        **{name: orders.orders[name] * scale for name in ("weight_before", "target_weight", "weight_after")}
    )
    candidate = Candidate(
        weights=after[after > 0],
        orders=shown,
        wealth=wealth,
        cash_after=orders.cash_after,
        cost=orders.estimated_cost,
        returns=clean.returns(),
        index=None if clean.benchmark is None else clean.benchmark.pct_change(fill_method=None),
        quarantined=clean.quality.quarantined,
        as_of=as_of,
        last_session=calendars.last_closed_session(now, universe.calendar),
        calendar=universe.calendar,
    )
    target = table["target_weight"][table["target_weight"] > 0] * scale
    allowed = portfolio.decision.newer_sessions
    until = calendars.next_sessions(as_of, allowed, universe.calendar)[-1] if allowed else as_of
    return Draft(
        portfolio=portfolio.name,
        universe=universe.name,
        as_of=as_of.date(),
        created_at=now,
        expires_at=now + timedelta(hours=portfolio.decision.expires_after_hours),
        author=author,
        run_id=run_id,
        data=data,
        target={str(ticker): float(weight) for ticker, weight in target.items()},
        orders=tuple(Order.model_validate(row) for row in shown.to_dict("records")),
        holdings_before=_counts(holdings.shares),
        holdings_after=_counts(pd.concat([orders.holdings_after, kept])),
        prices=_prices(table["price"], orders.holdings_after.index.union(before.index)) | _prices(closes, kept.index),
        cash_before=holdings.cash,
        cash_after=orders.cash_after,
        wealth=wealth,
        expected_cost=orders.estimated_cost,
        turnover=float(shown["value"].sum()) / 2 / wealth,
        prices_until=until.date(),
        verdicts=assess(candidate, portfolio.limits),
    )


def _last_closes(clean: CleanPrices, tickers: pd.Index) -> pd.Series[float]:
    closes = clean.panel["close"].reindex(columns=tickers).ffill().iloc[-1]
    if closes.isna().any():
        raise InputError(
            f"{closes.index[closes.isna()][0]} is held and has never had a believed price.",
            remedy="Correct the fills, or the universe's members.",
        )
    return closes


def _prices(closes: pd.Series[float], tickers: pd.Index) -> dict[str, float]:
    return {str(ticker): float(closes[ticker]) for ticker in tickers}


def _counts(shares: pd.Series[int]) -> dict[str, int]:
    return {str(ticker): int(number) for ticker, number in sorted(shares.items()) if number}
