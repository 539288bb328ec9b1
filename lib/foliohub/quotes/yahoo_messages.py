"""What Yahoo's stream says, made a quote, or refused by name.

Its messages carry no default values: what is missing is zero by the rules of their format. What cannot be a quote of a
ticker asked for is an error; nothing is repaired.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foliohub.errors import MalformedAnswerError
from foliohub.quotes.quote import Market, Quote

_MARKETS: Mapping[int, Market] = {0: "pre", 1: "regular", 2: "post", 3: "extended"}
_CLOCKS_APART = timedelta(minutes=5)
"""How far ahead of this machine's clock the exchange's may be."""
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listing:
    """A ticker of a universe, and the calendar of the exchange it is listed on."""

    ticker: str
    calendar: str


def read_pricing(fields: Mapping[str, Any], listings: Mapping[str, Listing], received: datetime) -> Quote:
    """One message as a quote.

    Parameters
    ----------
    fields : mapping
        What yfinance's client decodes of a message.
    listings : mapping of str to Listing
        By Yahoo's symbol: what was asked for.
    received : datetime
        Aware.

    Raises
    ------
    MalformedAnswerError
        It is of no ticker that was asked for, or holds no possible price or time.

    Examples
    --------
    >>> message = {"id": "KO", "price": 51.0, "time": "1561751970000", "market_hours": 1, "change_percent": 2.0}
    >>> quote = read_pricing(message, {"KO": Listing("KO", "XNYS")}, datetime(2019, 6, 28, 20, tzinfo=UTC))
    >>> quote.ticker, quote.change, f"{quote.time:%H:%M:%S}"
    ('KO', 0.02, '19:59:30')
    """
    symbol = fields.get("id")
    listing = listings.get(symbol) if isinstance(symbol, str) else None
    if listing is None:
        raise MalformedAnswerError(f"Yahoo's stream sent a message for {str(symbol)[:40]!r}, which nobody asked for.")
    price = _number(fields, "price", symbol)
    market = _MARKETS.get(int(_number(fields, "market_hours", symbol)))
    time = _time(fields, symbol)
    if price <= 0 or market is None or not _OLDEST <= time <= received + _CLOCKS_APART:
        raise MalformedAnswerError(
            f"Yahoo's stream sent an impossible quote for {symbol}: price {price:g}, time {time:%Y-%m-%d %H:%M:%S}, "
            f"market hours {fields.get('market_hours', 0)!r}."
        )
    volume = int(_number(fields, "day_volume", symbol))
    return Quote(
        ticker=listing.ticker,
        price=price,
        change=_change(fields, price, symbol),
        currency=str(fields.get("currency", "")),
        time=time,
        received=received,
        market=market,
        calendar=listing.calendar,
        day_volume=volume if volume > 0 else None,
    )


def _change(fields: Mapping[str, Any], price: float, symbol: object) -> float | None:
    """Return since the close before; from the change in currency where there is one, which is the more exact."""
    change = _number(fields, "change", symbol)
    percent = _number(fields, "change_percent", symbol)
    previous = price - change
    fraction = change / previous if change and previous > 0 else percent / 100
    # The two say the same; where they do not, which is right cannot be told.
    agree = not (change and percent) or abs(fraction - percent / 100) <= 0.001 + 0.01 * abs(fraction)
    return fraction if agree and -1 < fraction < math.inf else None


def _time(fields: Mapping[str, Any], symbol: object) -> datetime:
    milliseconds = _number(fields, "time", symbol)
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise MalformedAnswerError(f"Yahoo's stream sent the time {milliseconds:g} for {symbol}.") from None


def _number(fields: Mapping[str, Any], name: str, symbol: object) -> float:
    value = fields.get(name, 0)
    try:
        number = float(value)  # 64-bit whole numbers come as texts
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise MalformedAnswerError(f"Yahoo's stream sent {name} {str(value)[:40]!r} for {symbol}.")
    return number


__all__ = ["Listing", "read_pricing"]
