"""Live quotes: the last price of each ticker, its age, minute bars, and a portfolio's worth since the last close.

They are for people to look at. Forecasts, weights and orders never see a live price: those are made of sessions that
have closed.
"""

from foliohub.quotes.hours import next_opening, session_at, trading_seconds
from foliohub.quotes.last_quotes import LastQuotes, Update
from foliohub.quotes.minute_bars import MinuteBar, MinuteBars, Tick
from foliohub.quotes.minute_store import add_minutes, minutes_name, read_minutes
from foliohub.quotes.quote import STALE_AFTER, Quote
from foliohub.quotes.snapshot import Feed, FeedState, Snapshot, write_snapshot
from foliohub.quotes.valuation import LastCloses, PortfolioValue, portfolio_value

__all__ = [
    "STALE_AFTER",
    "Feed",
    "FeedState",
    "LastCloses",
    "LastQuotes",
    "MinuteBar",
    "MinuteBars",
    "PortfolioValue",
    "Quote",
    "Snapshot",
    "Tick",
    "Update",
    "add_minutes",
    "minutes_name",
    "next_opening",
    "portfolio_value",
    "read_minutes",
    "session_at",
    "trading_seconds",
    "write_snapshot",
]
