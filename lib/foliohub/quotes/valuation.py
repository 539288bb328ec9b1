"""What a portfolio is worth now, and how it has moved since the last close.

A move compares a quote with a stored close, and says something only where the two belong together: the close is the
last one before the quote, and no split lies between them. Where that is not so, the close stands, and it is said why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd

from foliohub import calendars
from foliohub.errors import InputError
from foliohub.quotes.hours import session_at
from foliohub.quotes.quote import STALE_AFTER, Quote

SAME_CLOSE = 0.02
"""How far the vendor's close before and the stored one may differ, as a fraction, to be the same close."""

COLUMNS = ("shares", "close", "price", "source", "time", "age", "stale", "change", "value", "move", "remark")


class HoldingsLike(Protocol):
    """Shares by ticker, and cash: what a ledger's holdings are."""

    @property
    def shares(self) -> pd.Series: ...

    @property
    def cash(self) -> float: ...


@dataclass(frozen=True)
class LastCloses:
    """Closes as traded, and the session they are of.

    Attributes
    ----------
    close : Series (n_tickers,)
        In the listing's currency, not adjusted. NaN where there is none.
    session : Timestamp
    calendar : str
    older : mapping of str to Timestamp
        Tickers whose close is of an earlier session, and which: no move is counted from those.
    """

    close: pd.Series
    session: pd.Timestamp
    calendar: str = calendars.DEFAULT_CALENDAR
    older: Mapping[str, pd.Timestamp] = field(default_factory=dict)

    @classmethod
    def of(cls, close: pd.DataFrame, calendar: str = calendars.DEFAULT_CALENDAR) -> LastCloses:
        """The last close of each ticker in a frame of raw closes.

        Parameters
        ----------
        close : DataFrame (n_dates, n_tickers)
            As traded; at least one row. NaN where a ticker has no close that day.
        calendar : str

        Examples
        --------
        >>> days = pd.DatetimeIndex(["2019-06-27", "2019-06-28"])
        >>> last = LastCloses.of(pd.DataFrame({"KO": [51.0, 50.0], "PG": [109.0, None]}, days))
        >>> last.close.to_dict(), last.older
        ({'KO': 50.0, 'PG': 109.0}, {'PG': Timestamp('2019-06-27 00:00:00')})
        """
        session = close.index[-1]
        last = {str(ticker): close.index[close[ticker].notna()] for ticker in close.columns}
        older = {ticker: days[-1] for ticker, days in last.items() if len(days) and days[-1] != session}
        return cls(close.ffill().iloc[-1], session, calendar, older)


@dataclass(frozen=True)
class PortfolioValue:
    """A portfolio's worth at one moment.

    Attributes
    ----------
    value : float
        Shares at their quotes, or at their closes where no quote counts, plus cash.
    value_at_close : float
        All shares at their closes, plus cash.
    move : float or None
        `value - value_at_close`; None where no quote counts, and `remark` says why.
    change : float or None
        The move as a fraction of `value_at_close`.
    session : Timestamp
        The session whose closes the move is counted from.
    quoted : float
        Fraction of the shares' value that is priced by a quote; 0 to 1.
    fresh : float
        Fraction of the shares' value that is priced by a quote that is not stale; 0 to 1.
    positions : DataFrame (n_tickers, 11)
        Index ticker; columns as `COLUMNS`: `source` is "quote" or "close", `time` is when the price was made (UTC),
        `age` the time since, `change` a simple return since the close, `remark` why a quote does not count.
    remark : str
        A sentence where the move is missing or leaves tickers out; else empty.
    """

    value: float
    value_at_close: float
    move: float | None
    change: float | None
    session: pd.Timestamp
    quoted: float
    fresh: float
    positions: pd.DataFrame
    remark: str


def portfolio_value(
    holdings: HoldingsLike,
    quotes: Mapping[str, Quote],
    closes: LastCloses,
    *,
    now: datetime,
    stale_after: float = STALE_AFTER,
) -> PortfolioValue:
    """Value a portfolio at its last quotes.

    Parameters
    ----------
    holdings : HoldingsLike
        Shares by ticker, and cash in the same currency.
    quotes : mapping of str to Quote
        By ticker, as `LastQuotes.read` gives them.
    closes : LastCloses
        For every ticker held.
    now : datetime
        Aware.
    stale_after : float
        Seconds of trading after which a quote is stale; a stale quote counts, and is told.

    Raises
    ------
    InputError
        A ticker held has no close.

    Notes
    -----
    A quote counts where the stored closes are those before it, or it is of the evening after the next close, whose
    prices come in the night; and where what the vendor takes for the close before agrees with the stored one: a split
    overnight would look like a crash. Stored closes that are older, as the sample's of 2022, give no move.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> moment = pd.Timestamp("2019-07-01 14:00", tz="UTC").to_pydatetime()
    >>> quotes = {"KO": Quote(ticker="KO", price=51.0, change=0.02, time=moment, received=moment, market="regular")}
    >>> held = SimpleNamespace(shares=pd.Series({"KO": 10.0}), cash=490.0)
    >>> closes = LastCloses(pd.Series({"KO": 50.0}), pd.Timestamp("2019-06-28"))
    >>> worth = portfolio_value(held, quotes, closes, now=moment)
    >>> worth.value, worth.move, worth.change
    (1000.0, 10.0, 0.0101010101010101)
    """
    held = holdings.shares[holdings.shares != 0].astype(float)
    close = closes.close.reindex(held.index).astype(float)
    if not bool(np.isfinite(close).all()):
        missing = ", ".join(str(ticker) for ticker in close.index[~np.isfinite(close)])
        raise InputError(
            f"There is no close of {closes.session:%Y-%m-%d} for {missing}, which the portfolio holds.",
            remedy="Ingest its prices, or take the closes of a universe that it belongs to.",
        )
    old = _too_old(closes, now)
    rows = [
        _position(held[ticker], close[ticker], quotes.get(str(ticker)), closes, now, stale_after, old)
        for ticker in held.index
    ]
    positions = pd.DataFrame(rows, index=held.index.rename("ticker"), columns=list(COLUMNS))
    at_close = float((held * close).sum()) + holdings.cash
    value = float(positions["value"].sum()) + holdings.cash
    gross = float(positions["value"].abs().sum())
    by_quote = positions["source"] == "quote"
    quoted, fresh = (
        float(positions.loc[rows, "value"].abs().sum()) / gross if gross else 0.0
        for rows in (by_quote, by_quote & ~positions["stale"].astype(bool))
    )
    counts = bool(by_quote.any())
    return PortfolioValue(
        value=value,
        value_at_close=at_close,
        move=value - at_close if counts else None,
        change=(value - at_close) / at_close if counts and at_close > 0 else None,
        session=closes.session,
        quoted=quoted,
        fresh=fresh,
        positions=positions,
        remark=old or _remark(positions, closes),
    )


def _position(
    shares: float,
    close: float,
    quote: Quote | None,
    closes: LastCloses,
    now: datetime,
    stale_after: float,
    old: str,
) -> tuple[object, ...]:
    why = old or _refusal(quote, close, closes)
    if quote is None or why:
        closed = calendars.session_close(closes.session, closes.calendar)
        return (shares, close, close, "close", closed, now - closed, True, 0.0, shares * close, 0.0, why)
    value = shares * quote.price
    change, stale = quote.price / close - 1, quote.is_stale(now, stale_after)
    age, move = quote.age(now), shares * (quote.price - close)
    return (shares, close, quote.price, "quote", quote.time, age, stale, change, value, move, "")


def _refusal(quote: Quote | None, close: float, closes: LastCloses) -> str:
    """Why a quote does not count; empty where it does."""
    if quote is None:
        return "no quote yet"
    if quote.time <= calendars.session_close(closes.session, closes.calendar):
        return "no quote since the close"
    if quote.ticker in closes.older:
        return f"its last stored close is of {closes.older[quote.ticker]:%Y-%m-%d}"
    last = calendars.last_closed_session(quote.time, closes.calendar)
    before = quote.previous_close
    if last == closes.session and before is not None and abs(before / close - 1) > SAME_CLOSE:
        return f"the vendor's close before is {before:.2f}, the stored one {close:.2f}: a split?"
    if last != closes.session and not _after_hours(quote, last, closes):
        return f"the close of {last:%Y-%m-%d}, which came before the quote, is not stored yet"
    return ""


def _after_hours(quote: Quote, last: pd.Timestamp, closes: LastCloses) -> bool:
    """Whether a quote belongs to the evening of the session after the stored closes, which are still the last."""
    following = calendars.next_sessions(closes.session, 1, closes.calendar)[0]
    return last == following and quote.market != "pre" and session_at(quote.time, closes.calendar) is None


def _too_old(closes: LastCloses, now: datetime) -> str:
    last = calendars.last_closed_session(now, closes.calendar)
    behind = len(calendars.sessions(closes.session, last, closes.calendar)) - 1 if closes.session < last else 0
    if behind <= 1:
        return ""
    return f"The stored closes are of {closes.session:%Y-%m-%d}, {behind} sessions ago: today's quotes say no move."


def _remark(positions: pd.DataFrame, closes: LastCloses) -> str:
    out = positions.loc[positions["source"] == "close", "remark"]
    reasons = [f"{_some(out.index[out == reason])} ({reason})" for reason in dict.fromkeys(out)]
    return f"Counted at the close of {closes.session:%Y-%m-%d}: {'; '.join(reasons)}." if reasons else ""


def _some(tickers: pd.Index) -> str:
    return ", ".join(map(str, tickers[:5])) + (f" and {len(tickers) - 5} more" if len(tickers) > 5 else "")


__all__ = ["LastCloses", "PortfolioValue", "portfolio_value"]
