"""Minute bars on their way to the store: in batches, at a bounded rate, in bounded memory."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

import pandas as pd

from foliohub.errors import FoliohubError
from foliohub.quotes import MinuteBar, MinuteBars, Quote, Tick, add_minutes, session_at
from hub.quotes.following import Following
from hub.quotes.store_thread import StoreThread

_log = logging.getLogger(__name__)

MOST_WAITING = 100_000
"""Bars kept while the store cannot be written: half a day of 500 tickers. The oldest go first."""

_Place = tuple[str, pd.Timestamp]


class Recorder:
    """Makes bars of quotes and stores them.

    Parameters
    ----------
    thread : StoreThread
    now : datetime
        When the feed begins.
    """

    def __init__(self, thread: StoreThread, now: datetime) -> None:
        self._thread = thread
        self._bars = MinuteBars(now)
        self._waiting: list[tuple[_Place, MinuteBar]] = []
        self._following = Following()
        self._calendars: dict[str, str] = {}
        self._failing = False

    def follow(self, following: Following) -> None:
        """Which tickers belong where, from now on."""
        self._following = following
        self._calendars = {listing.ticker: listing.calendar for listing in following.listings.values()}

    def add(self, quote: Quote) -> None:
        """Take a quote; what was made outside a session has no bar."""
        if session_at(quote.time, quote.calendar) is not None:
            self._bars.add(Tick(quote.ticker, quote.time, quote.price, quote.day_volume))

    def interrupt(self, now: datetime) -> None:
        """The feed broke or came back."""
        self._bars.interrupt(now)

    def seal(self, now: datetime) -> None:
        """Take the bars of the minutes that are over."""
        for bar in self._bars.seal(now):
            calendar = self._calendars.get(bar.ticker)
            session = None if calendar is None else session_at(bar.minute, calendar)
            if session is not None:
                universes = self._following.members.get(bar.ticker, ())
                self._waiting += [((universe, session), bar) for universe in universes]
        self._bound()

    def __len__(self) -> int:
        return len(self._waiting)

    async def store(self) -> None:
        """Write the bars that wait; those that cannot be written wait on."""
        taken, self._waiting = self._waiting, []
        batches: dict[_Place, list[MinuteBar]] = {}
        for place, bar in taken:
            batches.setdefault(place, []).append(bar)
        done: set[_Place] = set()
        try:
            for (universe, session), bars in batches.items():
                await self._thread.call(partial(add_minutes, universe=universe, session=session, bars=bars))
                done.add((universe, session))
            self._failing = False
        except FoliohubError as error:
            if not self._failing:
                _log.error("minute bars wait: %s", error)
            self._failing = True
        finally:  # a batch that was under way when this was cancelled is offered again: it is stored once all the same
            self._waiting = [(place, bar) for place, bar in taken if place not in done] + self._waiting
            self._bound()

    def _bound(self) -> None:
        if (over := len(self._waiting) - MOST_WAITING) > 0:
            _log.error("the store has not been written for long: the %d oldest minute bars are given up", over)
            del self._waiting[:over]
