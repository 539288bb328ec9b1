"""How the installation is: how fresh the data are, how large the store is, which services report."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foliohub import calendars
from foliohub.schedule.service_reports import service_reports

if TYPE_CHECKING:
    import pandas as pd

    from foliohub.data.store import Store
    from foliohub.data.universe import Universe

_SILENT = timedelta(seconds=60)
"""Services report every ten seconds; one that has not for so long is not running."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a universe's prices reach.

    Parameters
    ----------
    universe : str
    session : Timestamp
        The last one stored.
    behind : int
        Sessions that have closed since.
    written_at : datetime
        UTC; when that version was written.
    versions : int
        How many versions there are.
    closed : bool
        Whether the source itself has ended: nothing later is to be had.
    """

    universe: str
    session: pd.Timestamp
    behind: int
    written_at: datetime
    versions: int
    closed: bool


def freshness(store: Store, name: str, universe: Universe | None, now: datetime) -> Freshness | None:
    """How fresh a raw panel is; None where nothing was ever ingested for a session.

    Parameters
    ----------
    store : Store
    name : str
        Of the panel, as "raw/sample".
    universe : Universe or None
        Its universe, where there still is one.
    now : datetime
        Aware.
    """
    from foliohub.data.sample import SampleSource

    versions = [version for version in store.versions(name) if version.as_of is not None]
    if not versions:
        return None
    last = max(versions, key=lambda version: version.number)
    session = calendars.to_session(last.as_of or last.written_at.date())
    calendar = universe.calendar if universe else calendars.DEFAULT_CALENDAR
    closed = calendars.last_closed_session(now, calendar)
    behind = max(len(calendars.sessions(session, closed, calendar)) - 1, 0) if closed > session else 0
    ended = universe is not None and universe.source == "sample" and session.date() >= SampleSource().last_session()
    return Freshness(name.removeprefix("raw/"), session, behind, last.written_at, len(versions), ended)


@dataclass(frozen=True, slots=True)
class Space:
    """What a local store takes up.

    Parameters
    ----------
    used : int
        Bytes on the disk.
    free : int
        Bytes left on that disk.
    parts : dict of str to int
        Bytes by library.
    """

    used: int
    free: int
    parts: dict[str, int]


def store_space(uri: str) -> Space | None:
    """What the store takes up; None where it lies elsewhere, as in S3."""
    from foliohub.data.addresses import Address

    folder = Address.parse(uri).folder
    if folder is None:
        return None
    parts: dict[str, int] = {}
    for path, _, files in os.walk(folder):
        library = (*Path(path).relative_to(folder).parts, "store")[0]
        for file in files:
            blocks = (Path(path) / file).stat().st_blocks  # LMDB's files are sparse: their length says nothing
            parts[library] = parts.get(library, 0) + 512 * blocks
    return Space(sum(parts.values()), shutil.disk_usage(folder).free, parts)


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What a service last said of itself.

    Parameters
    ----------
    name, state, detail : str
    at : datetime or None
        UTC.
    silent : bool
        Whether it should have said something since.
    """

    name: str
    state: str
    detail: str
    at: datetime | None
    silent: bool


def services(home: Path, store: Store | None, now: datetime) -> list[ServiceState]:
    """The services without pages, which write down how they are: in the state folder, or in the store."""
    return [_service(name, said, now) for name, said in sorted(service_reports(home, store).items())]


def _service(name: str, said: dict[str, Any], now: datetime) -> ServiceState:
    try:
        at = datetime.fromisoformat(said["at"])
        silent = now - at > _SILENT
        state = "silent" if silent else str(said["state"])
        return ServiceState(name, state, str(said.get("detail", "")), at, silent)
    except (ValueError, KeyError, TypeError):
        return ServiceState(name, "unknown", "What it wrote cannot be read.", None, silent=True)


def size(count: float) -> str:
    """Bytes as people say them.

    Examples
    --------
    >>> size(512), size(5_300_000), size(12e9)
    ('512 B', '5.3 MB', '12.0 GB')
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
