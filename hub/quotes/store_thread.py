"""The store, used by one thread of its own: a slow disk or another writer holds up no quote, and no ending."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from foliohub.runs.opening import open_store

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.store import Store

T = TypeVar("T")
_Job = tuple[Callable[["Store"], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class StoreThread:
    """Opens the store with the first job, and does one job after the other.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._store: Store | None = None
        self.busy = False
        # A daemon: whoever ends the process does not wait for another writer's lock.
        threading.Thread(target=self._work, name="store", daemon=True).start()

    async def call(self, job: Callable[[Store], T]) -> T:
        """Do a job and give its result.

        Raises
        ------
        StoreError
            The store cannot be opened, read or written.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((job, loop, future))
        return await future

    def _work(self) -> None:
        while True:
            job, loop, future = self._jobs.get()
            self.busy = True
            try:
                if self._store is None:
                    self._store = open_store(self._settings)
                outcome, error = job(self._store), None
            except Exception as raised:  # it is the caller's
                outcome, error = None, raised
            self.busy = False
            try:
                loop.call_soon_threadsafe(_settle, future, outcome, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return


def _settle(future: asyncio.Future[Any], outcome: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)
