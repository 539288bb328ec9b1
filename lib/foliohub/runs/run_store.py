"""The store as one run sees it: what it reads and writes is noted, and a reproduction reads what was recorded.

Interactive work has no file to note in and no run id; reproduction has pins. Nobody above this tells them apart.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from foliohub.data.versions import StoredVersion
from foliohub.errors import NotStoredError
from foliohub.runs.lineage import Event, LineageFile
from foliohub.runs.opening import open_records, open_seal, open_store
from foliohub.runs.published import Publication, publications
from foliohub.runs.replay import Pins, RecordedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from foliohub.config import Settings
    from foliohub.data.ingest_report import IngestReport
    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.data.versions import Version
    from foliohub.types import PricePanel, PriceSource


class RunStore:
    """Reads and writes of one run, each noted with its exact version.

    Parameters
    ----------
    settings : Settings
        Name the store; of a run, also its id, its file of events and, where it is reproduced, its pins.

    Attributes
    ----------
    run_id : str or None
        None in interactive work, which writes no tables.
    has_read : set of StoredVersion
        Everything that was read so far.
    """

    def __init__(self, settings: Settings) -> None:
        self.run_id = settings.run_id
        self.has_read: set[StoredVersion] = set()
        self._pins = Pins.load(settings.pins) if settings.pins else None
        self._store = open_store(settings)
        self._origin: Store = self._pins.open_store() if self._pins else self._store
        self._lineage = LineageFile(settings.lineage) if settings.lineage else None
        self._records = partial(open_records, settings)
        self._seal = open_seal(settings)

    def latest(self, name: str) -> Version | None:
        """The latest version of `name`; None where there is none."""
        try:
            return self._store.latest(name)
        except NotStoredError:
            return None

    def read_panel(self, name: str, as_of: pd.Timestamp, *, remedy: str) -> tuple[Version, PricePanel]:
        """Read a panel in the version known at a session, cut at that session.

        Parameters
        ----------
        name : str
        as_of : Timestamp
        remedy : str
            What to do where nothing was stored by then.

        Raises
        ------
        NotStoredError
            Nothing was stored by then, or the recorded run read something else.
        """
        # A run that is being reproduced reads what it wrote itself from the scratch store, everything else as recorded.
        if self._pins and not self._pins.wrote(name):
            store, version = self._origin, _numbered(self._origin, name, self._pins.number(name))
        else:
            store, version = self._store, self._known_at(name, as_of, remedy)
        panel = store.read_panel(name, end=as_of, version=version.number)
        self._note("read", _stored(version))
        return version, panel

    def read_published(self, name: str, as_of: pd.Timestamp) -> pd.DataFrame:
        """Read the table that the last successful run published under a name for a session.

        Raises
        ------
        NotStoredError
            No run has published it yet, or the recorded run did not read it.
        """
        if self._pins:
            return self.read_table(_stored(_numbered(self._origin, name, self._pins.number(name))))
        found = self._records(self._store).published(name, f"{as_of:%Y-%m-%d}")
        if found is None:
            kind, universe, _ = name.split("/")
            raise NotStoredError(
                f"No run has published {kind} of {universe} for {as_of:%Y-%m-%d}.",
                remedy=f"Run `foliohub cycle --as-of {as_of:%Y-%m-%d}` first.",
            )
        return self.read_table(found[1])

    def published(self, kind: str, universe: str, as_of: pd.Timestamp) -> list[Publication]:
        """Everything that successful runs have published of a kind up to a session, in the order of the runs.

        Of a run that is reproduced: what was there when it began, in the versions it read. More than one run may have
        published the same version; who wants the one that counts for a session takes the last.

        Parameters
        ----------
        kind, universe : str
        as_of : Timestamp
            Nothing published for a later session is given.
        """
        runs = self._records(self._origin).list()
        if self._pins:
            runs = [run for run in runs if run.ended_at is not None and run.ended_at <= self._pins.began_at]
        day = f"{as_of:%Y-%m-%d}"
        found = [one for one in publications(runs) if (one.kind, one.universe) == (kind, universe) and one.as_of <= day]
        if self._pins:
            found = [one for one in found if self._pins.reading.get(one.version.name) == one.version.number]
        return found

    def read_latest(self, kind: str, universe: str, as_of: pd.Timestamp) -> tuple[Publication, pd.DataFrame]:
        """Read the table published for the last session up to `as_of`; of several for that session the last.

        Raises
        ------
        NotStoredError
            No run has published any by then, or the recorded run did not read it.
        """
        found = self.published(kind, universe, as_of)
        if not found:
            raise NotStoredError(
                f"No run has published {kind} of {universe} for {as_of:%Y-%m-%d} or before.",
                remedy="Run the job that publishes it for such a session first.",
            )
        newest = max(one.as_of for one in found)
        last = [one for one in found if one.as_of == newest][-1]
        return last, self.read_table(last.version)

    def read_recorded(self, version: StoredVersion) -> pd.DataFrame | None:
        """Read one version of a table, whatever it holds; None where the store has it no more."""
        try:
            return self._read(version, None)
        except NotStoredError:
            return None

    def read_table(self, version: StoredVersion) -> pd.DataFrame:
        """Read one version of a table; what is reproduced reads on, as it says at its end which data differed.

        Raises
        ------
        StoreError
            It holds other values than were recorded.
        """
        return self._read(version, None if self._pins else version.content)

    def _read(self, version: StoredVersion, content: str | None) -> pd.DataFrame:
        frame = self._origin.read_table(version.name, version=version.number, content=content)
        self._note("read", version)
        return frame

    def publish(self, name: str, frame: pd.DataFrame) -> None:
        """Store a table; nothing where there is no run."""
        if self.run_id is None:
            return
        self._note("written", _stored(self._store.write_table(name, frame, metadata={"run": self.run_id})))

    def told(self, name: str, ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """What somebody outside tells a run, published with it; of a run that is reproduced, what it was told then.

        Parameters
        ----------
        name : str
            Under which it is published.
        ask : callable
            Gives the table; not called where a run is reproduced.

        Raises
        ------
        NotStoredError
            The recorded run did not ask.
        """
        if self._pins is None:
            frame = ask()
        elif self._pins.wrote(name):
            frame = self._origin.read_table(name, version=self._pins.written(name))
        else:
            raise NotStoredError(
                f"The recorded run did not write {name}.", remedy="The notebook or the package has changed since."
            )
        self.publish(name, frame)
        return frame

    def keep_document(self, purpose: str, name: str, content: Mapping[str, Any]) -> None:
        """Store a document of this run, signed; nothing in interactive work, nor where a run is reproduced."""
        if self.run_id is not None and self._pins is None:
            self._store.write_document(name, self._seal.signed(purpose, content))

    def ingest(
        self,
        universe: Universe,
        vendor: Callable[[], PriceSource],
        as_of: pd.Timestamp,
        *,
        panel: str,
        fetched: str,
        progress: Callable[[str, int, int], None] = lambda *_: None,
    ) -> IngestReport:
        """Store what a vendor has that is missing; of a run that is reproduced, what it answered then.

        Parameters
        ----------
        universe : Universe
        vendor : callable
            Opens the vendor; not called where a run is reproduced.
        as_of : Timestamp
        panel, fetched : str
            Names of the universe's raw panel, and of the answers as they came.
        progress : callable
            Told before each ticker: its name, how many are done, how many there are.
        """
        from foliohub.data.ingest import ingest

        source = self._replayed(self._pins, panel, fetched) if self._pins else vendor()
        before = self.latest(fetched)
        report = ingest(self._store, source, universe, as_of=as_of, progress=progress)
        if report.before:
            self._note("read", _stored(report.before))
        if report.after and report.changed:
            self._note("written", _stored(report.after))
            self._note("written", StoredVersion(**report.after.metadata["fetched"]))
        elif (after := self.latest(fetched)) and after != before:
            self._note("written", _stored(after))
        return report

    def _replayed(self, pins: Pins, panel: str, fetched: str) -> PriceSource:
        """The recorded answers; and what was stored before them, put into the scratch store."""
        if pins.reads(panel):
            before = _numbered(self._origin, panel, pins.number(panel))
            values = self._origin.read_panel(panel, version=before.number)
            if before.as_of is not None:
                self._store.write_panel(panel, values, as_of=before.as_of, metadata=before.metadata)
        if not pins.wrote(fetched):
            return RecordedSource.silent()
        version = _numbered(self._origin, fetched, pins.written(fetched))
        return RecordedSource(self._origin.read_table(fetched, version=version.number), version.metadata)

    def _known_at(self, name: str, as_of: pd.Timestamp, remedy: str) -> Version:
        try:
            return self._store.known_at(name, as_of)
        except NotStoredError as error:
            raise NotStoredError(error.message, remedy=remedy) from None

    def _note(self, event: Event, version: StoredVersion) -> None:
        if event == "read":
            self.has_read.add(version)
        if self._lineage:
            self._lineage.note(event, version)


def _stored(version: Version) -> StoredVersion:
    return StoredVersion(name=version.name, number=version.number, content=version.content)


def _numbered(store: Store, name: str, number: int) -> Version:
    for version in store.versions(name):
        if version.number == number:
            return version
    raise NotStoredError(
        f"Version {number} of {name} is not in the store any more.", remedy="It was pruned, or the store was replaced."
    )
