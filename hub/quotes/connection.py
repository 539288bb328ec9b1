"""Staying connected: one stream after another, with waits that grow while it does not work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from foliohub.errors import MalformedAnswerError, VendorUnavailableError
from foliohub.quotes import FeedState, next_opening, session_at, trading_seconds
from foliohub.quotes.yahoo_messages import read_pricing
from foliohub.quotes.yahoo_stream import YAHOO, YahooStream
from hub.quotes.board import Board
from hub.quotes.following import Following
from hub.quotes.pace import Pace
from hub.quotes.recorder import Recorder

_log = logging.getLogger(__name__)


class Connection:
    """Keeps the feed running and tells the board how it is.

    Parameters
    ----------
    url : str or None
        Another address than Yahoo's.
    board : Board
    recorder : Recorder
    pace : Pace
    now : callable
        Returns the present moment, aware of its time zone.
    """

    def __init__(
        self, url: str | None, board: Board, recorder: Recorder, pace: Pace, now: Callable[[], datetime]
    ) -> None:
        self._url = url or YAHOO
        self._board = board
        self._recorder = recorder
        self._pace = pace
        self._now = now
        self._following = Following()
        self._other = asyncio.Event()
        self._last_quote: datetime | None = None
        self.refused = self.opened = self.broken = 0

    def follow(self, following: Following) -> None:
        """Follow these tickers from now on; a stream that is open is replaced."""
        self._following = following
        self._other.set()

    async def run(self) -> None:
        """Connect, again and again; ends by being cancelled."""
        failures = 0
        while True:
            self._other.clear()
            if not self._following.listings:
                self._board.say(FeedState.IDLE, "No universe with prices is there to follow.", self._now())
                await self._other.wait()
                continue
            began = self._now()
            try:
                await self._stay(self._following)
                failures = 0
            except VendorUnavailableError as error:
                self.broken += 1
                lasted = (self._now() - began).total_seconds()
                failures = 1 if lasted >= self._pace.healthy else failures + 1
                await self._wait(failures, error)

    async def _wait(self, failures: int, error: VendorUnavailableError) -> None:
        seconds = self._pace.wait(failures)
        now = self._now()
        retry_at = now + timedelta(seconds=seconds)
        state = FeedState.SILENT if self._board.state is FeedState.SILENT else FeedState.UNREACHABLE
        self._board.say(state, f"{error.message} It is tried again.", now, retry_at)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._other.wait()

    async def _stay(self, following: Following) -> None:
        """One stream, from its opening until there is something else to follow.

        Raises
        ------
        VendorUnavailableError
            It cannot be opened, broke, or has fallen silent.
        """
        stream = YahooStream(self._url)
        reading: asyncio.Task[None] | None = None
        try:
            await stream.open(following.listings)
            self.opened += 1
            opened = self._now()
            self._recorder.interrupt(opened)
            reading = asyncio.create_task(self._read(stream, following, opened))
            while not self._other.is_set():
                self._judge(following, opened)
                await asyncio.wait({reading}, timeout=self._pace.beat)
                if reading.done():
                    reading.result()
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.wait({reading})
                self._recorder.interrupt(self._now())
            await stream.close()

    async def _read(self, stream: YahooStream, following: Following, opened: datetime) -> None:
        async for message in stream.messages():
            now = self._now()
            try:
                if isinstance(message, MalformedAnswerError):
                    raise message
                quote = read_pricing(message, following.listings, now)
            except MalformedAnswerError as error:
                self.refused += 1
                if self.refused & (self.refused - 1) == 0:  # the 1st, 2nd, 4th, 8th, …: a flood of them fills no disk
                    _log.warning("%d messages refused so far; the last: %s", self.refused, error)
                continue
            first = self._last_quote is None or self._last_quote < opened
            self._last_quote = now
            if self._board.offer(quote):
                self._recorder.add(quote)
            if first:
                self._judge(following, opened)

    def _judge(self, following: Following, opened: datetime) -> None:
        """Tell how the open stream is doing."""
        now, calendars = self._now(), following.calendars
        heard = self._last_quote is not None and self._last_quote >= opened
        since = self._last_quote if heard and self._last_quote is not None else opened
        waited = max(trading_seconds(since, now, calendar) for calendar in calendars)
        if waited > self._pace.silence:
            detail = f"Connected, and no quote has come for {waited:.0f} seconds of trading."
            self._board.say(FeedState.SILENT, detail, now)
            raise VendorUnavailableError(detail)
        if all(session_at(now, calendar) is None for calendar in calendars):
            opening = min(next_opening(now, calendar) for calendar in calendars)
            detail = f"The exchange is closed; it opens at {opening:%Y-%m-%d %H:%M} UTC."
            self._board.say(FeedState.CLOSED, detail, now)
        elif heard:
            detail = f"Connected; {len(following.listings)} tickers are followed."
            self._board.say(FeedState.LIVE, detail, now)
        elif self._board.state is not FeedState.SILENT:
            self._board.say(FeedState.CONNECTING, "Connected; waiting for the first quote.", now)
