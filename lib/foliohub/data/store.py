"""The store: prices, results and run records, in versions, in one place.

Behind it is ArcticDB: an LMDB database in a folder of this machine, an S3 bucket, or memory. This module and the ones
it is made of are the only ones that know so.

Who writes takes a lock; who reads takes none and sees the last version that was finished.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import calendars
from foliohub.data.bucket import bucket_of
from foliohub.data.connection import connect
from foliohub.data.contents import chain_rows, panel_content, table_content
from foliohub.data.documents import Documents, Listing
from foliohub.data.lmdb_files import LIBRARIES, last_transactions
from foliohub.data.locks import Held, Locks
from foliohub.data.names import check_name
from foliohub.data.panel_writer import PanelWriter
from foliohub.data.panels import Panels
from foliohub.data.pruning import prune
from foliohub.data.sizes import WRITE_TIMES, LibrarySize, library_sizes
from foliohub.data.snapshots import Snapshots
from foliohub.data.tables import Tables, normalise
from foliohub.data.versions import Version, vintage
from foliohub.errors import NotStoredError, StoreError

if TYPE_CHECKING:
    from foliohub.types import DateLike, PricePanel

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Store:
    """Prices, results and run records. Make one with :meth:`open`.

    Examples
    --------
    >>> import tempfile
    >>> store = Store.open("mem://example", locks=Path(tempfile.mkdtemp()))
    >>> close = pd.DataFrame({"A": [1.0, 2.0]}, pd.DatetimeIndex(["2020-01-02", "2020-01-03"]))
    >>> store.write_panel("raw/small", {"close": close}, as_of=pd.Timestamp("2020-01-03")).number
    0
    >>> store.read_panel("raw/small", end="2020-01-02")["close"]
    ticker        A
    date
    2020-01-02  1.0
    """

    def __init__(self, uri: str, locks: Path) -> None:
        self._connection = connect(uri)
        address = self._connection.address
        self.bucket = bucket_of(address)
        """Files beside a store on S3; None beside any other."""
        self._locks = Locks(locks, one_writer=address.folder is not None, bucket=self.bucket)
        self._connection.prepare(self._locks)
        self._panels = Panels(self._connection)
        self._writer = PanelWriter(self._connection, self._panels, self._locks)
        self._tables = Tables(self._connection, self._locks)
        self._documents = Documents(self._connection, self._locks)
        self._snapshots = Snapshots(Documents(self._connection, self._locks, root=".snapshots/"), self._locks)

    @classmethod
    def open(cls, uri: str, *, locks: Path) -> Store:
        """Open a store, or make it where there is none.

        Parameters
        ----------
        uri : str
            ``lmdb://FOLDER``, ``s3://ENDPOINT:BUCKET?region=…&access=…&secret=…`` or ``mem://NAME``; any URI of
            ArcticDB. Within one process the same URI is the same store.
        locks : Path
            Folder of lock files, seen by every process that writes this store.

        Raises
        ------
        StoreError
            It cannot be reached, written or read; says why and what to do. Names no secret of the URI.
        """
        return cls(uri, locks)

    @property
    def uri(self) -> str:
        """Where it lies, without the secrets."""
        return self._connection.address.shown

    def __repr__(self) -> str:
        return f"Store({self.uri!r})"

    def close(self) -> None:
        """Let go of the database; this store, and others of the same URI in this process, must not be used again."""
        self._connection.close()

    def stamp(self) -> tuple[int, ...] | None:
        """A mark that every finished write changes, whoever wrote; so that nobody reads again what has not changed.

        Takes 0.1 ms. None where the storage has no such mark: there, only reading tells.
        """
        folder = self._connection.address.folder
        return None if folder is None else last_transactions(folder)

    def lock(
        self, name: str, timeout: float | None = None, *, until_alive: bool = False
    ) -> AbstractContextManager[Held]:
        """Hold a name against every other process and thread; its holder may take it again.

        Of a store on S3 wherever they run: a holder that is killed loses the name half a minute later.

        Parameters
        ----------
        name : str
            Of a panel, a table or a document; or any other, for a purpose of your own.
        timeout : float, optional
            Seconds to wait for another holder; ten minutes by default.
        until_alive : bool
            Wait no longer than it takes to see that the other one lives.

        Returns
        -------
        context manager of Held
            Whose `check()` raises once the name was lost to somebody else. Whatever is written to this store by the
            thread that holds the name is checked by itself.

        Raises
        ------
        LockedError
            Somebody else held it all that time.
        """
        return self._locks.name(check_name(name), timeout, until_alive=until_alive)

    def is_locked(self, name: str) -> bool:
        """Whether somebody seems to hold a name: to show it, not to rely on it."""
        return self._locks.is_held(check_name(name))

    # -- panels of prices ----------------------------------------------------------------------------------------------

    def write_panel(
        self, name: str, panel: PricePanel, *, as_of: DateLike, metadata: Mapping[str, Any] = _NOTHING
    ) -> Version:
        """Store a panel whole: all of its fields become visible at once, or none.

        Rows that are stored already are not written again: where the panel only adds rows to a field, these are
        appended; a field that did not change costs nothing.

        Parameters
        ----------
        name : str
            As "raw/sample".
        panel : mapping of field to DataFrame (n_dates, n_tickers)
        as_of : date
            Session it was ingested for; decides which reader gets this version (:meth:`known_at`).
        metadata : mapping
            Texts, numbers and lists to keep with the version.

        Returns
        -------
        Version
            The new one; or the latest, untouched, where the content is the same.

        Raises
        ------
        ContractError
            The panel breaks its contract, or is empty.
        """
        self._refuse_other_kind(name, panel=True)
        with WRITE_TIMES.of("panel"):
            return self._writer.write(name, panel, calendars.to_session(as_of, "as_of"), metadata)

    def extend_panel(
        self, name: str, rows: PricePanel, *, as_of: DateLike, metadata: Mapping[str, Any] = _NOTHING
    ) -> Version:
        """Append rows to the latest version of a panel: the daily update, whose cost is that of the rows alone.

        Parameters
        ----------
        name : str
        rows : mapping of field to DataFrame (n_new_dates, n_tickers)
            The fields and tickers that are stored; dates after the last one stored.
        as_of, metadata
            As for :meth:`write_panel`.

        Returns
        -------
        Version
            Its content is what writing the longer panel whole would have given.

        Raises
        ------
        NotStoredError
            There is no such panel yet.
        ContractError
            The rows do not fit.
        """
        with WRITE_TIMES.of("panel"):
            return self._writer.extend(name, rows, calendars.to_session(as_of, "as_of"), metadata)

    def read_panel(
        self,
        name: str,
        *,
        fields: Sequence[str] | None = None,
        tickers: Sequence[str] | None = None,
        start: DateLike | None = None,
        end: DateLike | None = None,
        version: int | None = None,
    ) -> PricePanel:
        """Read a panel, or a part of it.

        Parameters
        ----------
        name : str
        fields, tickers : sequence of str, optional
            Which ones, in this order; all by default.
        start, end : date, optional
            First and last date, both included.
        version : int, optional
            Number of a version; the latest by default.

        Returns
        -------
        mapping of field to DataFrame (n_dates, n_tickers)
            Axes named "date" and "ticker".

        Raises
        ------
        NotStoredError
            There is no such panel or version.
        InputError
            It has no such field or ticker.
        """
        first = None if start is None else calendars.to_session(start, "start")
        last = None if end is None else calendars.to_session(end, "end")
        return self._panels.read(
            check_name(name), fields=fields, tickers=tickers, start=first, end=last, version=version
        )

    def known_at(self, name: str, as_of: DateLike) -> Version:
        """The version of a panel that a reader as of a session gets; read it with ``end=as_of``.

        See :func:`foliohub.data.versions.vintage` for the rule.

        Raises
        ------
        NotStoredError
            Nothing is stored that covers the date.
        """
        day = calendars.to_session(as_of, "as_of")
        found = self._panels.manifest(check_name(name))
        if found is None:
            raise self._panels.not_stored(name)
        number, latest = found
        if latest.as_of <= day:
            return latest.version(name, number)
        manifests = self._panels.manifests(name)
        known = vintage(day, [(manifest.version(name, n), manifest.first) for n, manifest in manifests.items()])
        if known is None:
            first = min(manifest.first for manifest in manifests.values())
            raise NotStoredError(
                f"{name} holds nothing for {day:%Y-%m-%d}: its first date is {first:%Y-%m-%d}.",
                remedy="Take a later date, or ingest an earlier history.",
            )
        return known

    # -- tables and documents ------------------------------------------------------------------------------------------

    def write_table(self, name: str, frame: pd.DataFrame, *, metadata: Mapping[str, Any] = _NOTHING) -> Version:
        """Store a table of results.

        Parameters
        ----------
        name : str
            As "forecasts/sample/2022-12-28".
        frame : DataFrame
            With a plain numbering or dates as its index; columns of numbers, booleans, dates or texts. May be empty. A
            missing text comes back as None.
        metadata : mapping
            Texts, numbers and lists to keep with the version.

        Returns
        -------
        Version
            The new one; or the latest, untouched, where the content is the same.

        Raises
        ------
        ContractError
            A column or an index that would not come back as it was.
        """
        self._refuse_other_kind(name, panel=False)
        with WRITE_TIMES.of("table"):
            return self._tables.write(name, frame, metadata)

    def read_table(self, name: str, *, version: int | None = None, content: str | None = None) -> pd.DataFrame:
        """Read a table, the latest version by default.

        Parameters
        ----------
        name : str
        version : int, optional
        content : str, optional
            The hash its values must have, as somebody trustworthy recorded it.

        Raises
        ------
        NotStoredError
            There is no such table or version.
        StoreError
            It holds other values.
        """
        frame = self._tables.read(check_name(name), version)
        if content is not None and table_content(normalise(frame, name)) != content:
            raise StoreError(
                f"Version {version} of {name} does not hold the values that were recorded.",
                remedy="Somebody has changed it since: publish it anew, and find out who can write to the store.",
            )
        return frame

    def write_document(self, name: str, content: Mapping[str, Any]) -> None:
        """Store a JSON document in the place of the one before; small ones, as run records.

        Raises
        ------
        InputError
            It holds something that JSON has no form for.
        """
        with WRITE_TIMES.of("document"):
            self._documents.write(name, content)

    def read_document(self, name: str) -> dict[str, Any]:
        """Read a document.

        Raises
        ------
        NotStoredError
            There is no such document.
        """
        return self._documents.read(name)

    def remove_document(self, name: str) -> None:
        """Remove a document; none by that name is no error."""
        self._documents.remove(name)

    def documents(self, prefix: str = "") -> list[dict[str, Any]]:
        """The content of every document whose name starts with `prefix`, by name."""
        return self._documents.all(prefix)

    def documents_of(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The content of the documents of these names, in their order; without those that are gone."""
        return self._documents.of(names)

    def document_names(self, prefix: str = "") -> list[str]:
        """The names of these documents, sorted."""
        return self._documents.names(prefix)

    def document_versions(self, prefix: str = "") -> dict[str, str]:
        """Name of each of these documents -> a text that changes whenever it is written, also after it was removed."""
        return self._documents.versions(prefix)

    def listing(self) -> Listing:
        """Which documents there are now; for :meth:`recall`."""
        return self._documents.listing()

    def recall(self, listing: Listing) -> bool:
        """Take over what another process has listed, where no document has been written since; returns whether so."""
        return self._documents.recall(listing)

    def rows(self, name: str, number: int) -> int | None:
        """How many rows a version of a table has, told without reading them; None where there is no such version."""
        return self._tables.rows(check_name(name), number)

    def sizes(self) -> dict[str, LibrarySize]:
        """What each of its libraries takes up; on S3 this lists the whole bucket, so ask now and then."""
        return library_sizes(self._connection, LIBRARIES)

    # -- versions ------------------------------------------------------------------------------------------------------

    def panels(self, prefix: str = "") -> list[str]:
        """Names of all panels that start with `prefix`, sorted."""
        return self._panels.names(prefix)

    def tables(self, prefix: str = "") -> list[str]:
        """Names of all tables that start with `prefix`, sorted."""
        return self._tables.names(prefix)

    def versions(self, name: str) -> tuple[Version, ...]:
        """All versions of a panel or a table, oldest first.

        Raises
        ------
        NotStoredError
            Nothing is stored under that name.
        """
        manifests = self._panels.manifests(check_name(name))
        found = [manifest.version(name, number) for number, manifest in manifests.items()]
        found = found or self._tables.versions(name)
        if not found:
            raise self._nothing(name)
        return tuple(found)

    def latest(self, name: str) -> Version:
        """The latest version of a panel or a table.

        Raises
        ------
        NotStoredError
            Nothing is stored under that name.
        """
        found = self._panels.manifest(check_name(name))
        version = found[1].version(name, found[0]) if found else self._tables.latest(name)
        if version is None:
            raise self._nothing(name)
        return version

    def content(self, name: str, number: int) -> str:
        """The content of a version, computed anew from the values that are stored now.

        Equal to `Version.content` unless somebody or something has changed the values.

        Raises
        ------
        NotStoredError
            There is no such version.
        """
        if self._panels.manifest(check_name(name)) is None:
            return table_content(normalise(self.read_table(name, version=number), name))
        panel = self.read_panel(name, version=number)
        heads = {field: chain_rows(frame)[-1] for field, frame in panel.items()}
        return panel_content(tuple(panel["close"].columns), heads)

    def snapshot(self, label: str, versions: Mapping[str, int] | None = None) -> dict[str, int]:
        """Give a set of versions a name, which keeps them from being pruned.

        Parameters
        ----------
        label : str
            As "audit-2022".
        versions : mapping of name to number, optional
            By default the latest of every panel and table, each as it is when its turn comes.

        Returns
        -------
        dict
            What was named.

        Raises
        ------
        InputError
            The label is taken.
        NotStoredError
            A version is not there.
        """
        if versions is None:
            versions = {name: self.latest(name).number for name in (*self.panels(), *self.tables())}
        stored = {name: [version.number for version in self.versions(name)] for name in versions}
        self._snapshots.take(label, versions, stored)
        return dict(versions)

    def snapshots(self) -> dict[str, dict[str, int]]:
        """Label -> what :meth:`snapshot` named."""
        return self._snapshots.all()

    def drop_snapshot(self, label: str) -> None:
        """Forget a snapshot; what it named may be pruned."""
        self._snapshots.remove(label)

    def compact(self, name: str) -> Version:
        """Join the pieces that many small updates left, so that reading is fast again.

        Returns
        -------
        Version
            Of the same content: a new one where there was something to join.

        Raises
        ------
        NotStoredError
            There is no such panel or table.
        """
        table = self._tables.latest(check_name(name))  # always written in one piece
        return table or self._writer.compact(name)

    def prune(self, keep: Collection[tuple[str, int]] = (), *, prefix: str = "") -> tuple[tuple[str, int], ...]:
        """Remove versions that nobody names any more.

        Stay: the latest version of everything, every version in `keep` or in a snapshot. Earlier vintages go with the
        rest: a reader as of a past date gets the oldest version left.

        Parameters
        ----------
        keep : collection of (name, number)
            What run records name.
        prefix : str
            Only of names that begin so, as "minutes/".

        Returns
        -------
        tuple of (name, number)
            What was removed.
        """
        named = {(name, number) for versions in self.snapshots().values() for name, number in versions.items()}
        return prune(self._panels, self._writer, self._tables, self._locks, named.union(keep), prefix)

    def _nothing(self, name: str) -> NotStoredError:
        folder = name.partition("/")[0]
        alike = [*self.panels(folder), *self.tables(folder)]
        remedy = f"Stored there are: {', '.join(alike[-8:]) or 'none'}."
        if folder == "raw" and not alike:
            remedy = "Ingest prices first: `foliohub run daily-ingest`."
        return NotStoredError(f"Nothing is stored as {name}.", remedy=remedy)

    def _refuse_other_kind(self, name: str, *, panel: bool) -> None:
        other = self._tables.latest(check_name(name)) if panel else self._panels.manifest(check_name(name))
        if other is not None:
            kinds = ("table", "panel") if panel else ("panel", "table")
            raise StoreError(f"{name} is a {kinds[0]} in the store, not a {kinds[1]}.", remedy="Take another name.")


__all__ = ["Store", "Version"]
