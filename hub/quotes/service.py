"""The service as a whole: what follows, beats, looks around, and ends in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from foliohub.errors import FoliohubError
from foliohub.quotes import FeedState
from hub.quotes.board import Board
from hub.quotes.connection import Connection
from hub.quotes.following import Following, configured, follow, stored
from hub.quotes.pace import Pace
from hub.quotes.recorder import Recorder
from hub.quotes.store_thread import StoreThread

if TYPE_CHECKING:
    from foliohub.config import Settings

_log = logging.getLogger(__name__)

_LAST_WORDS = 2.0
"""Seconds the last minute bars may take to be stored when the service is ended."""


class Service:
    """The quotes service of one installation.

    Parameters
    ----------
    settings : Settings
    pace : Pace, optional
        By default the usual one, with the settings' interval between two writings of minute bars.
    now : callable
        Returns the present moment, aware of its time zone.

    Raises
    ------
    ConfigurationError
        The settings name a universe that there is not.
    """

    def __init__(
        self,
        settings: Settings,
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        configured(settings)
        self._settings = settings
        self._pace = pace or Pace(store=settings.quotes_store_every)
        self._now = now
        self.board = Board(settings.home, settings.quotes_stale_after, now())
        self.thread = StoreThread(settings)
        self.recorder = Recorder(self.thread, now())
        self.connection = Connection(settings.yahoo_stream_url, self.board, self.recorder, self._pace, now)
        self._following: Following | None = None

    @property
    def following(self) -> Following:
        """What is followed; nothing as long as nothing was found."""
        return self._following or Following()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until told to stop."""
        self.board.publish(self._now(), self._pace.report)
        tasks = [asyncio.create_task(work()) for work in (self._look, self._beat, self._store, stop.wait)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a fault of our own ends the service, aloud
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_LAST_WORDS)
            await self._end()

    async def _look(self) -> None:
        """Find what to follow, keep connected, and look again now and then."""
        connecting: asyncio.Task[None] | None = None
        failing = False
        try:
            while True:
                try:
                    await self._follow()
                    failing = False
                except FoliohubError as error:
                    if not failing:
                        _log.error("%s", error)
                        if self._following is None:
                            self.board.say(FeedState.IDLE, error.message, self._now())
                    failing = True
                if connecting is None and self._following is not None:
                    connecting = asyncio.create_task(self.connection.run())
                if connecting is None:
                    await asyncio.sleep(self._pace.look)
                else:
                    await asyncio.wait({connecting}, timeout=self._pace.look)
                    if connecting.done():
                        connecting.result()
        finally:
            if connecting is not None:
                connecting.cancel()
                await asyncio.wait({connecting})

    async def _follow(self) -> None:
        names = configured(self._settings) or await self.thread.call(partial(stored, self._settings))
        following = follow(self._settings, names, self._now())
        if following == self._following:
            return
        self._following = following
        self.board.keep_only(following.members, following.universes)
        self.recorder.follow(following)
        self.connection.follow(following)

    async def _beat(self) -> None:
        while True:
            self.recorder.seal(self._now())
            self.board.publish(self._now(), self._pace.report)
            await asyncio.sleep(self._pace.beat)

    async def _store(self) -> None:
        while True:
            await asyncio.sleep(self._pace.store)
            await self.recorder.store()

    async def _end(self) -> None:
        self.recorder.seal(self._now())
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await self.recorder.store()
        except TimeoutError:
            _log.error("the store is busy: the last %d minute bars are not stored", len(self.recorder))
        self.board.say(FeedState.STOPPED, "The quotes service was ended.", self._now())
        self.board.publish(self._now(), self._pace.report)
