"""What the portfolio is worth now, on the Today dashboard: at live quotes, or at the last closes and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.dashboards import kit
from foliohub.dashboards.kit.grid import span
from foliohub.quotes import Feed, FeedState, LastCloses, PortfolioValue, Quote, portfolio_value
from foliohub.reporting.formats import fixed, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foliohub.dashboards.today_data import Tone
    from foliohub.ledger import Holdings

FOLLOWED = frozenset({FeedState.LIVE, FeedState.SILENT, FeedState.CLOSED, FeedState.CONNECTING, FeedState.UNREACHABLE})
"""States in which the service runs: the page asks again by itself."""
_STATES: dict[FeedState, tuple[str, Tone]] = {
    FeedState.LIVE: ("live", "good"),
    FeedState.SILENT: ("no quotes come", "bad"),
    FeedState.CLOSED: ("exchanges closed", ""),
    FeedState.CONNECTING: ("connecting", "busy"),
    FeedState.UNREACHABLE: ("vendor cannot be reached", "bad"),
    FeedState.IDLE: ("nothing to follow", ""),
    FeedState.STOPPED: ("stopped", "bad"),
    FeedState.ABSENT: ("no feed", ""),
}


def worth(
    holdings: Holdings, quotes: Mapping[str, Quote], closes: pd.Series, calendar: str, feed: Feed, now: datetime
) -> PortfolioValue:
    """The portfolio at its last quotes, and at closes where no quote counts.

    Parameters
    ----------
    holdings : Holdings
    quotes : mapping of str to Quote
    closes : Series (n_tickers,)
        As traded; its name is their session.
    calendar : str
    feed : Feed
    now : datetime
        Aware.
    """
    last = LastCloses(closes, pd.Timestamp(str(closes.name)), calendar)
    return portfolio_value(holdings, quotes, last, now=now, stale_after=feed.stale_after)


def cards(value: PortfolioValue, cash: float, currency: str, feed: Feed, market: kit.KeyFigure | None) -> kit.Html:
    """The value, its move since the last close, how much of it is quoted and how old the quotes are; and the market."""
    session = f"{value.session:%Y-%m-%d}"
    quoted = value.positions[value.positions["source"] == "quote"]
    moved = value.move is not None
    shown = [
        kit.KeyFigure(
            "Portfolio value",
            fixed(value.value, 0),
            currency,
            note="at live quotes" if value.quoted else f"at closes of {session}",
        ),
        kit.KeyFigure(
            "Since the last close",
            fixed(value.move or 0.0, 0, signed=True) if moved else "–",
            currency if moved else "",
            delta=percent(value.change, 2, signed=True) if value.change is not None else "",
            note=f"close of {session}" if moved else "no quote that counts" if len(value.positions) else "nothing held",
            tone=("good" if (value.move or 0) >= 0 else "bad") if moved else "",
        ),
        kit.KeyFigure("Positions", str(len(value.positions)), note=f"{fixed(cash, 0)} {currency} in cash"),
    ]
    if len(value.positions):
        oldest = f"oldest {span(_length(quoted['age'].max()))} old" if len(quoted) else _STATES[feed.state][0]
        shown.append(kit.KeyFigure("Priced by quotes", percent(value.quoted, 0), note=oldest))
    return kit.cards([*shown, *([market] if market else [])])


def feed_line(feed: Feed, remark: str) -> kit.Piece:
    """The state of the feed in a badge and a sentence, and why the move says what it says."""
    sentence = kit.prose(f"{feed.detail} {remark}".strip()).html.removeprefix("<p class='fd-prose'>")
    return kit.Piece(f"<p class='fd-prose'>Quotes: {kit.badge(*_STATES[feed.state]).html} {sentence}")


def positions(value: PortfolioValue, currency: str) -> kit.Html:
    """Every position with its price, where that comes from and how old it is."""
    rows = []
    for ticker, row in value.positions.sort_values("value", ascending=False, kind="stable").iterrows():
        quoted = row["source"] == "quote"
        age = span(_length(row["age"]))
        word = kit.badge("stale", "busy") if quoted and row["stale"] else ("quote" if quoted else "close")
        rows.append(
            (
                kit.link(str(ticker), f"forecasts?ticker={ticker}"),
                fixed(row["shares"], 0),
                fixed(row["close"]),
                fixed(row["price"]),
                word,
                age,
                percent(row["change"], 2, signed=True) if quoted else "–",
                fixed(row["value"], 0),
                fixed(row["move"], 0, signed=True) if quoted else "–",
                percent(row["value"] / value.value),
            )
        )
    head = [
        "Ticker",
        "Shares",
        "Close",
        "Price",
        "From",
        "Age",
        "Change",
        f"Value ({currency})",
        f"Move ({currency})",
        "Weight",
    ]
    return kit.grid(head, rows, numbers=(1, 2, 3, 5, 6, 7, 8, 9), caption="Positions")


def _length(age: object) -> timedelta:
    return pd.Timedelta(age).to_pytimedelta()  # type: ignore[arg-type]
