"""Serving until told to stop, and then without a failed request: see `DrainingServer`."""

from __future__ import annotations

import asyncio
import logging
import socket

import uvicorn

from hub.api.readiness import Readiness

_LOGGER = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """Told to stop, it says that it is not ready and serves on for a while, so that nobody is sent here any more.

    Parameters
    ----------
    config : uvicorn.Config
        Its `timeout_graceful_shutdown` is for requests under way after that.
    readiness : Readiness
    seconds : float
        How long it serves on.
    """

    def __init__(self, config: uvicorn.Config, readiness: Readiness, seconds: float) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._seconds = seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on, then finish what is under way."""
        self._readiness.draining = True
        _LOGGER.info("Told to stop: serving for %g s more", self._seconds)
        await asyncio.sleep(self._seconds)
        self._readiness.leaving.set()
        await super().shutdown(sockets)


__all__ = ["DrainingServer"]
