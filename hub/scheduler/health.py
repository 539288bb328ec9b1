"""What the scheduler says of itself: in ``FOLIOHUB_HOME/services/scheduler.json``, and in the store for other pods."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from foliohub.data.store import Store
from foliohub.schedule.service_reports import REPORTS

_AT_LEAST_EVERY = timedelta(seconds=5)
_DOCUMENT_EVERY = timedelta(seconds=15)
"""Who looks into the store takes a service that said nothing for half a minute to be gone."""


class HealthFile:
    """The file, written whole, when something changes and every five seconds.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[str, Any] = {}
        self._at: datetime | None = None

    def write(self, state: str, detail: str, now: datetime, more: Mapping[str, Any]) -> None:
        """Say how it is.

        Parameters
        ----------
        state : str
            "idle", "running", "degraded" or "stopped".
        detail : str
            One sentence.
        now : datetime
        more : mapping
            "running": the request under way; "next": job -> its next time.
        """
        content = {"state": state, "detail": detail, "pid": os.getpid(), **more}
        if content == self._last and self._at and timedelta() <= now - self._at < _AT_LEAST_EVERY:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps({**content, "at": now.isoformat()}), encoding="utf-8")
        temporary.replace(self._path)
        self._last, self._at = content, now


class HealthDocument:
    """The same as a document of the store, which services on other machines read; written less often.

    Parameters
    ----------
    store : Store
    service : str
    """

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._name = REPORTS + service
        self._last: dict[str, Any] = {}
        self._at: datetime | None = None

    def write(self, state: str, detail: str, now: datetime, more: Mapping[str, Any]) -> None:
        """Say how it is; see :meth:`HealthFile.write`."""
        content = {"state": state, "detail": detail, **more}
        if content == self._last and self._at and timedelta() <= now - self._at < _DOCUMENT_EVERY:
            return
        self._store.write_document(self._name, {**content, "at": now.isoformat()})
        self._last, self._at = content, now


__all__ = ["HealthDocument", "HealthFile"]
