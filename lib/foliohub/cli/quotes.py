"""The last live quotes, as a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import timedelta

    from rich.table import Table

    from foliohub.quotes import Snapshot

_COLOURS = {"live": "green", "closed": "green", "connecting": "yellow", "silent": "red", "unreachable": "red"}


def quotes(
    tickers: Annotated[list[str] | None, typer.Argument(metavar="[TICKER]...", help="Only these.")] = None,
) -> None:
    """Show the last live quotes with their ages, and how their feed is."""
    from rich.markup import escape

    from foliohub.cli.console import console, settings
    from foliohub.errors import InputError
    from foliohub.quotes import LastQuotes

    now = datetime.now(UTC)
    snapshot = LastQuotes(settings().home).snapshot()
    feed = snapshot.feed
    unknown = sorted(set(tickers or ()) - snapshot.quotes.keys())
    colour = _COLOURS.get(feed.state, "dim")
    console.print(f"[bold {colour}]{feed.state}[/] since {feed.since:%Y-%m-%d %H:%M} UTC · {escape(feed.detail)}")
    if unknown:
        known = ", ".join(sorted(snapshot.quotes)) or "none"
        raise InputError(f"There is no quote of {', '.join(unknown)}.", remedy=f"There are quotes of: {known}.")
    if snapshot.quotes:
        console.print(_table(snapshot, sorted(tickers or snapshot.quotes), now))


def _table(snapshot: Snapshot, tickers: list[str], now: datetime) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    table.add_column("ticker")
    for heading in ("price", "change", "age"):
        table.add_column(heading, justify="right")
    for heading in ("made (UTC)", "market", ""):
        table.add_column(heading)
    stale = set(snapshot.stale(now))
    for ticker in tickers:
        quote = snapshot.quotes[ticker]
        table.add_row(
            ticker,
            f"{quote.price:,.2f} {quote.currency}".rstrip(),
            "" if quote.change is None else f"{quote.change:+.2%}",
            _age(quote.age(now)),
            f"{quote.time:%Y-%m-%d %H:%M:%S}",
            quote.market,
            "[yellow]stale[/]" if ticker in stale else "",
        )
    return table


def _age(age: timedelta) -> str:
    """An age in its two largest units.

    Examples
    --------
    >>> from datetime import timedelta
    >>> _age(timedelta(seconds=9)), _age(timedelta(minutes=61)), _age(timedelta(days=2, hours=3))
    ('9 s', '1 h 1 min', '2 d 3 h')
    """
    seconds = int(age.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    units = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next(place for place, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2])
