"""When the nursery has its pages rehearsed: in a process of their own, soon after runs and people have written.

The nursery itself must not open the store: a process that has may not be forked. What a rehearsal has learnt comes
back through a pipe, and is shared by every kernel forked from then on.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

from foliohub.dashboards.kit.memory import take_over
from foliohub.dashboards.rehearsal import rehearsed, storage, written

PAUSE = 2.0
"""Seconds between two looks at the store."""
_CALM = 4.0
"""Seconds without a write before it is worth while."""
_APART = 30.0
_APART_UNSEEN = 600.0
"""Seconds between two rehearsals; the second where nothing tells whether something was written."""
_LONGEST = 180
_AT_ONCE = 1 << 20


class Rehearsing:
    """The rehearsals of a nursery.

    Parameters
    ----------
    reports : Path
        Folder of the notebooks.
    before : callable
        What a process forked from the nursery does first.
    """

    def __init__(self, reports: Path, before: Callable[[], None]) -> None:
        self.pipe: int | None = None
        """Where the one under way will be heard; None while there is none."""
        self._reports = reports
        self._before = before
        self._storage = storage()
        self._seen = written(self._storage)
        self._known: tuple[int, ...] | None = None
        self._since = time.monotonic() - _CALM
        self._begun = float("-inf")
        self._heard = bytearray()

    def look(self) -> None:
        """Begin one where it is time to."""
        now = time.monotonic()
        if self.pipe is not None or not self._due(now):
            return
        self._known, self._begun = self._seen, now
        self._heard.clear()
        self.pipe, told = os.pipe()
        if os.fork() == 0:
            self._perform(told)
        os.close(told)

    def hear(self) -> bool:
        """Read on; returns whether there is something new to share."""
        if self.pipe is None:
            return False
        if part := os.read(self.pipe, _AT_ONCE):
            self._heard += part
            return False
        os.close(self.pipe)
        self.pipe = None
        if not self._heard:
            return False
        take_over(pickle.loads(self._heard))  # noqa: S301 - from our own child
        self._heard.clear()
        gc.freeze()
        return True

    def _due(self, now: float) -> bool:
        if self._storage is None:
            return now - self._begun >= _APART_UNSEEN
        seen = written(self._storage)
        if seen != self._seen:
            self._seen, self._since = seen, now
        waited = now - self._begun >= _APART and now - self._since >= _CALM
        return seen is not None and seen != self._known and waited

    def _perform(self, told: int) -> None:
        status = 1
        try:
            self._before()
            signal.alarm(_LONGEST)
            os.nice(10)  # whoever looks at a page goes first
            with os.fdopen(told, "wb") as pipe:
                pipe.write(rehearsed(self._reports))
            status = 0
        finally:
            os._exit(status)
