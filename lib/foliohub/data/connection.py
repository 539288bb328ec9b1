"""The way to ArcticDB: one instance per process and address, its settings, and its errors in our words."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from foliohub.data.addresses import Address
from foliohub.data.explanations import DISK_FULL, NO_ANSWER, explain
from foliohub.data.lmdb_files import LIBRARIES, mark
from foliohub.data.locks import Locks
from foliohub.data.manifests import LAYOUT
from foliohub.data.names import from_symbol
from foliohub.errors import FoliohubError, StoreError, StoreUnavailableError

_LAYOUT_DOCUMENT = ".layout"
_SPARE_BYTES = 16 << 20
"""Disk that stays free: LMDB needs room for its own pages, and a failed commit cannot be undone in this process."""

_connections: dict[tuple[int, str], Connection] = {}
_opening = threading.RLock()


class Connection:
    """An open store. Make it with :func:`connect`.

    Attributes
    ----------
    address : Address
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._broken = False
        with self.guard("cannot be opened"):
            self._arctic = _import_arctic().Arctic(address.uri)
            self._libraries = {name: self._arctic[name] for name in self._arctic.list_libraries() if name in LIBRARIES}

    def library(self, name: str) -> Any:
        """The ArcticDB library of that name."""
        return self._libraries[name]

    def mark(self, library: str) -> tuple[int, ...] | None:
        """What every finished write of a library changes, whoever wrote; None where the storage has no such mark."""
        return None if self.address.folder is None else mark(self.address.folder, library)

    def prepare(self, locks: Locks) -> None:
        """Make what is missing of a new store; check what another release wrote.

        Raises
        ------
        StoreError
            The store has another layout than this release of Foliohub, or was written by a later one of ArcticDB.
        """
        layout = self._layout()
        if layout is None:
            with locks.name(_LAYOUT_DOCUMENT), locks.database():
                self.require_space(0)
                for name in LIBRARIES:
                    with self.guard(f"cannot get its library {name}"):
                        self._libraries[name] = self._arctic.get_library(name, create_if_missing=True)
                layout = self._layout() or self._write_layout()
        import arcticdb

        if layout["layout"] != LAYOUT:
            raise StoreError(
                f"The store {self.address.shown} has layout {layout['layout']}; this release of Foliohub reads and "
                f"writes layout {LAYOUT}.",
                remedy="Install the release that wrote it, or a later one."
                if layout["layout"] > LAYOUT
                else "Go on with the release that wrote it; or move the store away, and ingest again.",
            )
        if _major(layout["arcticdb"]) > _major(arcticdb.__version__):
            raise StoreError(
                f"The store {self.address.shown} was written by ArcticDB {layout['arcticdb']}; installed is "
                f"{arcticdb.__version__}.",
                remedy=f"Install arcticdb {layout['arcticdb']} or later.",
            )

    def require_space(self, size: int) -> None:
        """Refuse a write that would fill the disk, before LMDB tries it.

        Parameters
        ----------
        size : int
            Bytes about to be written.
        """
        if self.address.folder is None or not self.address.folder.exists():
            return
        free = shutil.disk_usage(self.address.folder).free
        if free < size + _SPARE_BYTES:
            raise StoreError(
                f"The disk of the store {self.address.folder} is full: {free / 1e6:,.0f} MB are free, "
                f"{(size + _SPARE_BYTES) / 1e6:,.0f} MB are needed.",
                remedy="Free some disk, or run `foliohub store prune`.",
            )

    def write_all(self, library: str, verb: str, payloads: Sequence[Any]) -> list[Any]:
        """Write or append several symbols of a library, at once where that is safe.

        Several threads that meet the end of an LMDB map crash the process (arcticdb 6.28): near the end they go one by
        one.

        Parameters
        ----------
        library : str
        verb : str
            "write" or "append".
        payloads : sequence of WritePayload
        """
        target = self.library(library)
        if self.address.folder is not None:
            size = 8 * sum(payload.data.size for payload in payloads)
            file = self.address.folder / library / "data.mdb"
            if file.stat().st_size + 2 * size + _SPARE_BYTES > self.address.map_size:
                return [getattr(target, verb)(payload.symbol, payload.data) for payload in payloads]
        return checked(getattr(target, f"{verb}_batch")(list(payloads)))

    @contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """Turn whatever ArcticDB raises into a :class:`StoreError`.

        Parameters
        ----------
        what : str
            Ends the sentence "The store …": "cannot write raw/sample".
        """
        if self._broken:
            raise StoreError(
                f"The store {self.address.shown} {what}: an earlier write failed in this process.",
                remedy="Start again once the disk has room.",
            )
        try:
            yield
        except FoliohubError:
            raise
        except Exception as error:
            explained = self._explain(error, what)
            # The original may repeat the URI, and a traceback would show it.
            hidden = any(secret in str(error) for secret in self.address.secrets)
            raise explained from (None if hidden else error)

    def close(self) -> None:
        """Let go of ArcticDB; whoever still uses this connection must not."""
        with _opening:
            _connections.pop(_key(self.address), None)
        self._libraries.clear()
        self._arctic = None

    def _explain(self, error: Exception, what: str) -> StoreError:
        text = self.address.scrub(str(error)) or type(error).__name__
        reason, remedy = explain(text)
        if reason == DISK_FULL:
            self._abandon()
        kind = StoreUnavailableError if reason == NO_ANSWER else StoreError
        return kind(f"The store {self.address.shown} {what}: {reason}.", remedy=remedy)

    def _abandon(self) -> None:
        # After a failed commit LMDB's environment may be neither written to nor closed: both crash the process
        # (arcticdb 6.28). One reference too many keeps it from being closed, even at exit.
        self._broken = True
        for kept in (self._arctic, *self._libraries.values()):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))

    def _layout(self) -> dict[str, Any] | None:
        if set(self._libraries) != set(LIBRARIES):
            return None
        records = self.library("records")
        with self.guard("cannot be read"):
            if not records.has_symbol(_LAYOUT_DOCUMENT):
                return None
            layout: dict[str, Any] = json.loads(records.read_metadata(_LAYOUT_DOCUMENT).metadata["json"])
        return layout

    def _write_layout(self) -> dict[str, Any]:
        import arcticdb

        layout = {"layout": LAYOUT, "arcticdb": arcticdb.__version__, "made": datetime.now(UTC).isoformat()}
        with self.guard("cannot be prepared"):
            self.library("records").write_metadata(_LAYOUT_DOCUMENT, {"json": json.dumps(layout)})
        return layout


def connect(uri: str) -> Connection:
    """The connection of this process to a store; opened when first asked for.

    Raises
    ------
    StoreError
        It cannot be reached, written or read; says why.
    """
    address = Address.parse(uri)
    with _opening:
        key = _key(address)
        if key not in _connections:
            address.check()
            _connections[key] = Connection(address)
        return _connections[key]


def _key(address: Address) -> tuple[int, str]:
    # Two instances on one LMDB folder in one process corrupt it, whatever map size each was given.
    return os.getpid(), str(address.folder or address.uri)


def checked(items: Iterable[Any]) -> list[Any]:
    """What a batch call of ArcticDB returned; raises the first error that it hands back instead of raising it."""
    from arcticdb_ext.version_store import DataError

    results = list(items)
    for item in results:
        if isinstance(item, DataError):
            raise RuntimeError(item.exception_string)
    return results


def stored_names(library: Any, prefix: str = "") -> list[str]:
    """All names that a library holds, sorted.

    Not `library.list_symbols`: it reads a cache of names that a writer killed at the wrong moment never joined. One in
    six kills hid a symbol for good (arcticdb 6.28); going through the symbols themselves takes 30 µs for each.
    """
    found = library._nvs.list_symbols(use_symbol_list=False)  # noqa: SLF001
    return sorted(name for name in map(from_symbol, found) if name.startswith(prefix))


def _import_arctic() -> Any:
    import arcticdb
    from arcticdb.config import set_log_level
    from arcticdb.version_store import _normalization
    from arcticdb_ext import set_config_int

    # Versions are cached for two seconds by default; a writer that trusts the cache overwrites what another process
    # has just appended, lock or no lock. Must be set before a library is opened.
    set_config_int("VersionMap.ReloadInterval", 0)
    set_log_level("OFF")  # what goes wrong is raised; its log repeats it on the console
    # Whoever may write to the store would otherwise run code in every process that reads from it.
    _normalization.Pickler.read = staticmethod(_refuse_pickled)
    return arcticdb


def _refuse_pickled(_: bytes) -> Any:
    raise StoreError(
        "The store holds a pickled object there, which is a program that runs when it is read. Foliohub writes none.",
        remedy="Find out who wrote it; the entry must be deleted.",
    )


def _major(version: str) -> int:
    return int(version.partition(".")[0])
