"""Pages kept ready, so that a viewer waits for the data and for nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from hub.dashboards.prepared import Prepared

if TYPE_CHECKING:
    from hub.dashboards.app import Dashboards

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 60.0


class Pool:
    """A few prepared pages of each dashboard.

    Parameters
    ----------
    app : Dashboards
    size : int
        Of each dashboard.
    """

    def __init__(self, app: Dashboards, size: int) -> None:
        self._app = app
        self._size = size
        self._ready: dict[str, deque[Prepared]] = {name: deque() for name in app.frame.names}
        self._edition = 0
        self._wanted = asyncio.Event()
        self._filling: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to fill."""
        self._filling = asyncio.create_task(self._fill())
        self._wanted.set()

    def close(self) -> None:
        """Fill no more."""
        if self._filling is not None:
            self._filling.cancel()

    def renew(self) -> None:
        """Have every page that waits replaced, one by one, by one that has more at hand; none is wrong meanwhile."""
        self._edition += 1
        self._wanted.set()

    @property
    def ready(self) -> int:
        """Pages that wait for a viewer."""
        return sum(map(len, self._ready.values()))

    @property
    def warm(self) -> bool:
        """Whether every dashboard has a page ready, where it may have one."""
        return not self._size or all(self._ready.values())

    async def take(self, name: str) -> Prepared:
        """A page nobody else gets: a ready one, else one made now."""
        ready = self._ready[name]
        while ready:
            page = ready.popleft()
            if await page.usable():
                return page
            await page.end()
        page = Prepared(self._app, name)
        await page.start()
        return page

    def refill(self) -> None:
        """Make up for what was taken; viewers who wait go first."""
        self._wanted.set()

    async def _fill(self) -> None:
        pause = 1.0
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                while (name := await self._scarcest()) is not None:
                    await self._app.quiet()
                    page = Prepared(self._app, name, self._edition)
                    await page.start()
                    self._ready[name].appendleft(page)
                    await self._retire(name)
                pause = 1.0
            except Exception:
                _log.exception("A page could not be made ready; the next try is in %.0f s", pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                self._wanted.set()

    async def _retire(self, name: str) -> None:
        """End an outdated page of a dashboard that has more than it needs."""
        ready = self._ready[name]
        old = next((page for page in ready if page.edition < self._edition), None)
        if old is not None and len(ready) > self._size:
            ready.remove(old)
            await old.end()

    async def _scarcest(self) -> str | None:
        for ready in self._ready.values():
            for page in list(ready):
                if not await page.usable() and page in ready:
                    ready.remove(page)
                    await page.end()
        current = {name: sum(page.edition == self._edition for page in ready) for name, ready in self._ready.items()}
        name = min(current, key=lambda name: current[name], default=None)
        return name if name is not None and current[name] < self._size else None
