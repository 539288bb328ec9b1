"""What the store says, read beside the scrapes: a scrape waits for nothing and reads nothing."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.data.sample import SampleSource
from foliohub.errors import FoliohubError, NotStoredError
from foliohub.runs.opening import open_ledger, open_records, open_store, open_universe
from foliohub.runs.published import Publication, publications
from foliohub.runs.records import RunRecord, Status
from foliohub.runs.spec import JobSpec, load_jobs
from foliohub.schedule import Request
from foliohub.schedule.opening import open_requests

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.data.sizes import LibrarySize
    from foliohub.data.store import Store

_log = logging.getLogger(__name__)

KINDS = ("quality", "quality_summary", "ingest", "registered_scores", "registered_history", "champion")
"""Tables that figures come from; of each universe the last published."""
_LOOK = 5.0
_WITHOUT_STAMP = 60.0
"""A store elsewhere (S3) does not tell whether anything was written; it is read again after so many seconds."""
_SIZES = {True: 60.0, False: 3600.0}
"""Seconds between two looks at the sizes, of a store on this machine and of one elsewhere, which is listed whole."""


@dataclass(frozen=True, slots=True)
class Prices:
    """How far the prices of a universe reach.

    Parameters
    ----------
    session : Timestamp
        The last one stored.
    calendar : str
    ended : bool
        Whether their source has nothing later, as the sample.
    versions : int
    """

    session: pd.Timestamp
    calendar: str
    ended: bool
    versions: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read last.

    Parameters
    ----------
    read_at : datetime or None
        UTC; None before the first time.
    fault : str
        Why it could not be read again, where it could not.
    jobs : mapping of str to JobSpec
    runs : tuple of RunRecord
    requests : tuple of Request
    paused : frozenset of str
    prices : mapping of str to Prices
        By universe.
    tables : mapping of (kind, universe) to DataFrame
        Of :data:`KINDS`.
    rows : mapping of str to int
        Job -> rows in the tables its last success wrote, prices not counted.
    proposals : mapping of (portfolio, status) to int
    sizes : mapping of str to LibrarySize
    space : mapping of str to (int, int)
        Name of a volume -> its bytes, and those that are free.
    """

    read_at: datetime | None = None
    fault: str = ""
    jobs: Mapping[str, JobSpec] = field(default_factory=dict)
    runs: tuple[RunRecord, ...] = ()
    requests: tuple[Request, ...] = ()
    paused: frozenset[str] = frozenset()
    prices: Mapping[str, Prices] = field(default_factory=dict)
    tables: Mapping[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    proposals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    sizes: Mapping[str, LibrarySize] = field(default_factory=dict)
    space: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class FactFinder:
    """Reads the store again whenever something was written, in a thread of its own.

    Parameters
    ----------
    settings : Settings
    clock : callable
        Gives the time, UTC.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._clock = clock
        self._store: Store | None = None
        self._mark: object = None
        self._sized_at = -_SIZES[False]
        self._read: dict[tuple[str, int], pd.DataFrame] = {}
        self._counted: dict[tuple[str, int], int] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_reading, name="facts", daemon=True)
        self.facts = Facts()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; a reading under way is left to end by itself."""
        self._stopped.set()

    def look(self) -> None:
        """Read again what was written since, and how full the volumes are; what cannot be read stays as it was."""
        try:
            store = self._store = self._store or self._open()
            stamp = store.stamp()
            mark: object = int(time.monotonic() / _WITHOUT_STAMP) if stamp is None else stamp
            if mark != self._mark:
                self.facts = self._everything(store)
                self._mark = mark
            if time.monotonic() - self._sized_at > _SIZES[stamp is not None]:
                self.facts = replace(self.facts, sizes=store.sizes())
                self._sized_at = time.monotonic()
            fault = ""
        except FoliohubError as error:
            fault = str(error)
            if fault != self.facts.fault:
                _log.warning("figures of the store stay as they were: %s", fault)
        usage = shutil.disk_usage(self._settings.home) if self._settings.home.exists() else None
        self.facts = replace(self.facts, fault=fault, space={"home": (usage.total, usage.free)} if usage else {})

    def _keep_reading(self) -> None:
        while not self._stopped.is_set():
            try:
                self.look()
            except Exception:  # whatever it is, the figures of before and the next look are worth more than an end
                _log.exception("figures of the store stay as they were")
            self._stopped.wait(_LOOK)

    def _open(self) -> Store:
        store = open_store(self._settings)
        self._records = open_records(self._settings, store)
        self._requests = open_requests(self._settings, store)
        return store

    def _everything(self, store: Store) -> Facts:
        runs = tuple(self._records.list())
        found = {(one.kind, one.universe): one for one in sorted(publications(runs), key=lambda one: one.as_of)}
        wanted = {key: one for key, one in found.items() if one.kind in KINDS}
        tables = {key: frame for key, one in wanted.items() if (frame := self._table(store, one)) is not None}
        self._read = {
            (one.version.name, one.version.number): tables[key] for key, one in wanted.items() if key in tables
        }
        return replace(
            self.facts,
            read_at=self._clock(),
            jobs=load_jobs(self._settings.jobs, self._settings.notebooks),
            runs=runs,
            requests=tuple(self._requests.list()),
            paused=frozenset(self._requests.paused()),
            prices=self._reach(store),
            tables=tables,
            rows=self._rows(store, runs),
            proposals=self._proposals(store),
        )

    def _table(self, store: Store, one: Publication) -> pd.DataFrame | None:
        known = self._read.get((one.version.name, one.version.number))
        if known is not None:
            return known
        try:
            return store.read_table(one.version.name, version=one.version.number)
        except NotStoredError:  # pruned by hand
            return None

    def _rows(self, store: Store, runs: tuple[RunRecord, ...]) -> dict[str, int]:
        counted: dict[tuple[str, int], int] = {}
        rows = {}
        for job, run in {run.job: run for run in runs if run.status is Status.SUCCEEDED}.items():
            for version in run.written:
                key = version.name, version.number
                known = self._counted.get(key)
                counted[key] = (store.rows(*key) or 0) if known is None else known
            rows[job] = sum(counted[version.name, version.number] for version in run.written)
        self._counted = counted
        return rows

    def _reach(self, store: Store) -> dict[str, Prices]:
        found = {}
        for name in store.panels("raw/"):
            versions, universe = store.versions(name), name.removeprefix("raw/")
            session = versions[-1].as_of
            if session is None:
                continue
            try:
                known = open_universe(self._settings, universe)
            except FoliohubError:  # its file is gone, and nobody waits for its prices
                continue
            ended = known.source == "sample" and session.date() >= SampleSource().last_session()
            found[universe] = Prices(session, known.calendar, ended, len(versions))
        return found

    def _proposals(self, store: Store) -> dict[tuple[str, str], int]:
        from foliohub.ledger import portfolio_names

        counts: dict[tuple[str, str], int] = {}
        for name in portfolio_names((self._settings.portfolios,) if self._settings.portfolios else ()):
            try:
                found = open_ledger(self._settings, name, store).proposals()
            except FoliohubError:  # a broken ledger must not take the other figures with it
                continue
            for proposal in found:
                counts[name, proposal.status] = counts.get((name, proposal.status), 0) + 1
        return counts


__all__ = ["KINDS", "FactFinder", "Facts", "Prices"]
