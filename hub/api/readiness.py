"""Whether requests should come to this replica, and that it is about to end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PROBES = ("health", "ready")
"""What the cluster asks, below the service's prefix; it knows pods by address, so that any Host header will do."""


@dataclass
class Readiness:
    """What `/ready` says.

    Attributes
    ----------
    store_reached : bool
        The store was read once. It may go away again: it does so for all replicas at once, and an answer that says so
        helps more than none.
    draining : bool
        Told to end; requests are answered as long as they come.
    leaving : asyncio.Event
        Nothing new comes any more: what would go on for ever ends.
    """

    store_reached: bool = False
    draining: bool = False
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def missing(self) -> str:
        """Why requests should not come here; empty where they should."""
        if self.draining:
            return "draining"
        return "" if self.store_reached else "the store is not reached"

    @asynccontextmanager
    async def farewell(self) -> AsyncIterator[asyncio.Task[bool]]:
        """A task that ends when an answer that goes on should end, for the length of a block."""
        task = asyncio.create_task(self.leaving.wait())
        try:
            yield task
        finally:
            task.cancel()


__all__ = ["PROBES", "Readiness"]
