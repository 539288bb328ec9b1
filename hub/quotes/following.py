"""What to follow: the tickers of the configured universes, or of those that have prices stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from foliohub.data.symbols import hyphenated
from foliohub.errors import ConfigurationError
from foliohub.quotes.yahoo_messages import Listing
from foliohub.runs.opening import open_universe

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.store import Store


@dataclass(frozen=True)
class Following:
    """Tickers to follow.

    Attributes
    ----------
    universes : tuple of str
    listings : dict of str to Listing
        By Yahoo's symbol. Where two universes name one symbol, the first one's calendar counts.
    members : dict of str to tuple of str
        Ticker -> the universes it belongs to.
    """

    universes: tuple[str, ...] = ()
    listings: dict[str, Listing] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def calendars(self) -> tuple[str, ...]:
        """The exchanges' calendars, each once."""
        return tuple(dict.fromkeys(listing.calendar for listing in self.listings.values()))


def configured(settings: Settings) -> tuple[str, ...]:
    """The names the settings list, in their order.

    Raises
    ------
    ConfigurationError
        There is no such universe.
    """
    names = tuple(dict.fromkeys(name.strip() for name in settings.quotes_universes.split(",") if name.strip()))
    for name in names:
        open_universe(settings, name)
    return names


def stored(settings: Settings, store: Store) -> tuple[str, ...]:
    """The universes whose raw prices are stored; a panel of another origin is none."""
    names = (panel.removeprefix("raw/") for panel in store.panels("raw/"))
    return tuple(name for name in names if _is_universe(settings, name))


def follow(settings: Settings, names: Sequence[str], now: datetime) -> Following:
    """Who belongs to the universes today.

    A benchmark is not followed: its name is that of its source, not one a vendor knows.
    """
    listings: dict[str, Listing] = {}
    members: dict[str, tuple[str, ...]] = {}
    for name in names:
        universe = open_universe(settings, name)
        for ticker in universe.tickers_at(now.date()):
            symbol = hyphenated(ticker, universe.calendar)
            listing = listings.setdefault(symbol, Listing(ticker, universe.calendar))
            members[listing.ticker] = (*members.get(listing.ticker, ()), name)
    return Following(tuple(names), listings, members)


def _is_universe(settings: Settings, name: str) -> bool:
    try:
        open_universe(settings, name)
    except ConfigurationError:
        return False
    return True
