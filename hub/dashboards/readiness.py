"""Whether this replica lives, whether requests should come to it, and how it takes its leave."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tornado import web

from foliohub.config import load_settings
from foliohub.data.addresses import Address
from foliohub.errors import StoreError

if TYPE_CHECKING:
    from tornado.httpserver import HTTPServer

    from hub.dashboards.app import Dashboards

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_CALM_SECONDS = 0.5
"""What was on its way here when this replica closed its door is asked for by then."""
_FAREWELL_SECONDS = 2.0
"""For browsers to answer that they have heard of the end."""


class Readiness:
    """What `/ready` says.

    A replica becomes ready once the store was reached and every dashboard has pages waiting, and stays so until it is
    told to end: a store that goes away later goes away for all replicas, and pages that say so help more than none.

    Parameters
    ----------
    app : Dashboards
    """

    def __init__(self, app: Dashboards) -> None:
        self._app = app
        self._looking: asyncio.Task[None] | None = None
        self.store_reached = False
        self.warm = False
        self.draining = False

    @property
    def missing(self) -> str:
        """Why requests should not come here; empty where they should."""
        if self.draining:
            return "draining"
        if not self.store_reached:
            return "the store is not reached"
        return "" if self.warm else "pages are being prepared"

    def open(self) -> None:
        """Begin to look whether everything is there."""
        self._looking = asyncio.create_task(self._look())

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        address = Address.parse(load_settings().store)
        while self.missing:
            if not self.store_reached:
                try:
                    await asyncio.to_thread(address.check)
                    self.store_reached = True
                except StoreError as error:
                    _log.warning("Not ready: %s", error)
            self.warm = self.warm or self._app.pool.warm
            await asyncio.sleep(_LOOK_SECONDS if not self.store_reached else 0.1)

    async def drain(self, server: HTTPServer) -> None:
        """End without a failed request: first nobody is sent here any more, then what is under way is finished.

        Parameters
        ----------
        server : HTTPServer
            Accepts nothing new from a point on.
        """
        options = self._app.options
        self.draining = True
        self.close()
        _log.info("Told to end: serving for %g s more, then nothing new", options.drain_seconds)
        await asyncio.sleep(options.drain_seconds)
        self._app.pool.close()
        for socket in list(self._app.sockets):
            socket.leave()
        if not await _within(options.finish_seconds, lambda: not self._app.under_way, for_seconds=_CALM_SECONDS):
            _log.warning("Ended with a page under way for more than %g s", options.finish_seconds)
        server.stop()  # not before: the kernel of a page under way comes by the same door
        for socket in list(self._app.sockets):  # of pages that were drawn meanwhile
            socket.leave()
        if not await _within(_FAREWELL_SECONDS, lambda: not self._app.sockets):
            _log.info("%d pages have not answered that they heard of the end", len(self._app.sockets))


async def _within(seconds: float, done: Callable[[], bool], for_seconds: float = 0.0) -> bool:
    """Wait until something has been so for a while; False where that takes too long."""
    since = time.monotonic()
    until = since + seconds + for_seconds
    while True:
        now = time.monotonic()
        if not done():
            since = now
        elif now - since >= for_seconds:
            return True
        if now > until:
            return False
        await asyncio.sleep(0.02)


class _Probe(web.RequestHandler):
    def initialize(self, readiness: Readiness) -> None:
        """Remember what it tells of."""
        self._readiness = readiness

    def _log(self) -> None:
        """Nothing: it is asked every other second."""

    def set_default_headers(self) -> None:
        """JSON, never kept."""
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """A connection to a replica that is about to end is for no further request."""
        if self._readiness.draining:
            self.set_header("Connection", "close")


class HealthHandler(_Probe):
    """Whether the service lives."""

    def get(self) -> None:
        """It does, to anybody; never data."""
        self.finish(json.dumps({"status": "ok"}))


class ReadyHandler(_Probe):
    """Whether requests should come to this replica."""

    def get(self) -> None:
        """200 or 503, to anybody; never data."""
        missing = self._readiness.missing
        self.set_status(503 if missing else 200)
        self.finish(json.dumps({"status": missing or "ready"}))


__all__ = ["HealthHandler", "Readiness", "ReadyHandler"]
