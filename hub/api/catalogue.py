"""What recorded runs have published, kept in memory for as long as the store says that nothing was written."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from foliohub.errors import NotStoredError
from foliohub.runs.published import Publication, Published, publications

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.runs.records import RunRecord, RunRecords

_SECONDS_WITHOUT_STAMP = 1.0
"""A store elsewhere (S3) has no stamp; its records are read again after so long."""


class Catalogue:
    """Run records and publications, as they are in the store at the moment of asking.

    Parameters
    ----------
    store : Store
    records : RunRecords
        Of the same store.
    """

    def __init__(self, store: Store, records: RunRecords) -> None:
        self._store = store
        self._records = records
        self.published = Published(store, self._records)
        self._runs: tuple[RunRecord, ...] = ()
        self._index: dict[tuple[str, str], dict[str, Publication]] = {}
        self._written: dict[tuple[str, int], Publication] = {}
        self._mark: object = None
        self._lock = asyncio.Lock()

    async def refresh(self) -> None:
        """Read again what was written since; routes call this before they look at anything else here."""
        mark = self.mark()
        if mark != self._mark:
            async with self._lock:
                if mark != self._mark:
                    await run_in_threadpool(self._read)
                    self._mark = mark

    def mark(self) -> object:
        """Changes when something is written."""
        stamp = self._store.stamp()
        return int(time.monotonic() / _SECONDS_WITHOUT_STAMP) if stamp is None else stamp

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """Every record, by start."""
        return self._runs

    def run(self, identifier: str) -> RunRecord:
        """One record.

        Raises
        ------
        NotStoredError
            There is no such run.
        """
        for record in self._runs:
            if record.id == identifier:
                return record
        raise NotStoredError(f"There is no run {identifier!r}.", remedy="List the runs to see which there are.")

    def dates(self, kind: str, universe: str) -> list[str]:
        """The sessions something was published for, oldest first."""
        return sorted(self._index.get((kind, universe), ()))

    def find(self, kind: str, universe: str, as_of: str | None = None, number: int | None = None) -> Publication:
        """The publication for a session, the last one by default; or an earlier version of it, if a run published it.

        Raises
        ------
        NotStoredError
            No run has published that.
        """
        publications = self._index.get((kind, universe), {})
        day = as_of or max(publications, default="")
        found = publications.get(day)
        if found is None:
            raise self._missing(kind, universe, as_of)
        if number is None or found.version.number == number:
            return found
        earlier = self._written.get((found.version.name, number))
        if earlier is None:
            raise NotStoredError(f"No run has published version {number} of {found.version.name}.")
        return earlier

    def _missing(self, kind: str, universe: str, as_of: str | None) -> NotStoredError:
        dates = ", ".join(self.dates(kind, universe)[-3:])
        when = f" for {as_of}" if as_of else ""
        remedy = f"There are some for {dates}." if dates else "Start the job that publishes them."
        return NotStoredError(f"No run has published {kind} of {universe}{when}.", remedy=remedy)

    def _read(self) -> None:
        runs = tuple(self._records.list())
        index: dict[tuple[str, str], dict[str, Publication]] = {}
        written: dict[tuple[str, int], Publication] = {}
        for publication in publications(runs):
            written[publication.version.name, publication.version.number] = publication
            index.setdefault((publication.kind, publication.universe), {})[publication.as_of] = publication
        self._runs, self._index, self._written = runs, index, written
