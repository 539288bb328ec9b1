"""Small JSON documents: run records and the like. The last write wins; a reader sees it whole or the one before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from foliohub.data.connection import Connection, stored_names
from foliohub.data.locks import Locks
from foliohub.data.names import check_name, from_symbol, symbol, to_json
from foliohub.errors import NotStoredError

_ATTEMPTS = 5
_LIBRARY = "records"


@dataclass(frozen=True, slots=True)
class Listing:
    """The documents there were at one moment; good for as long as nothing has been written since.

    Attributes
    ----------
    mark : tuple of int, or None
        What the next write changes; None where the storage has no such mark, and a listing is never good again.
    names : tuple of str
        All of them, sorted.
    """

    mark: tuple[int, ...] | None = None
    names: tuple[str, ...] = ()


class Documents:
    """The documents of a store.

    Parameters
    ----------
    connection : Connection
    locks : Locks
    root : str
        Where they lie: documents of one root do not see those of another.
    """

    def __init__(self, connection: Connection, locks: Locks, root: str = "") -> None:
        self._connection = connection
        self._library = connection.library(_LIBRARY)
        self._locks = locks
        self._root = root
        self._listed = Listing()

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """See :meth:`foliohub.data.store.Store.write_document`."""
        full = self._root + check_name(name)
        text = to_json(content, f"The document {name}")
        with self._locks.name(full), self._locks.database(), self._connection.guard(f"cannot write {name}"):
            self._connection.require_space(len(text))
            self._library.write_metadata(symbol(full), {"json": text}, prune_previous_versions=True)

    def read(self, name: str) -> dict[str, Any]:
        """See :meth:`foliohub.data.store.Store.read_document`."""
        found = self._find(self._root + check_name(name))
        if found is None:
            alike = ", ".join(self.names(name.partition("/")[0])[-5:]) or "none"
            raise NotStoredError(f"There is no document {name}.", remedy=f"Stored there are: {alike}.")
        return found

    def names(self, prefix: str = "") -> list[str]:
        """Names of all documents, sorted."""
        full = self._root + prefix
        found = [name for name in self.listing().names if name.startswith(full)]
        return [name.removeprefix(self._root) for name in found if self._root or not name.startswith(".")]

    def listing(self) -> Listing:
        """All documents there are, those of other roots included; gone through again only after a write."""
        with self._connection.guard("cannot be listed"):
            mark = self._connection.mark(_LIBRARY)  # before the names: what is written in between is found next time
            if mark is None or mark != self._listed.mark:
                self._listed = Listing(mark, tuple(stored_names(self._library)))
        return self._listed

    def recall(self, listing: Listing) -> bool:
        """Take over what another process has listed; returns whether it is still good."""
        good = listing.mark is not None and listing.mark == self._connection.mark(_LIBRARY)
        if good:
            self._listed = listing
        return good

    def versions(self, prefix: str = "") -> dict[str, str]:
        """Name of each document -> a text that every write of it changes, removing and writing it again too."""
        with self._connection.guard("cannot be listed"):
            found = self._library.list_versions(latest_only=True, skip_snapshots=True)
        versions = {from_symbol(key.symbol): f"{key.version} of {each.date.isoformat()}" for key, each in found.items()}
        return {name: versions[self._root + name] for name in self.names(prefix) if self._root + name in versions}

    def all(self, prefix: str = "") -> list[dict[str, Any]]:
        """See :meth:`foliohub.data.store.Store.documents`."""
        return self.of(self.names(prefix))

    def of(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """See :meth:`foliohub.data.store.Store.documents_of`."""
        from arcticdb_ext.version_store import DataError

        asked = [self._root + name for name in names]
        with self._connection.guard("cannot read documents"):
            items = self._library.read_metadata_batch([symbol(full) for full in asked]) if asked else []
        contents = [
            # Replaced while we read: the one before is gone, the new one is there.
            self._find(full) if isinstance(item, DataError) else json.loads(item.metadata["json"])
            for full, item in zip(asked, items, strict=True)
        ]
        return [content for content in contents if content is not None]

    def remove(self, name: str) -> None:
        """Remove a document; none by that name is no error."""
        full = self._root + name
        with self._locks.name(full), self._locks.database(), self._connection.guard(f"cannot remove {name}"):
            if self._library.has_symbol(symbol(full)):
                self._library.delete(symbol(full))

    def _find(self, full: str) -> dict[str, Any] | None:
        from arcticdb.exceptions import NoDataFoundException, StorageException

        with self._connection.guard(f"cannot read {full}"):
            for attempt in range(_ATTEMPTS):
                try:
                    text = self._library.read_metadata(symbol(full)).metadata["json"]
                except NoDataFoundException:
                    if not self._library.has_symbol(symbol(full)):
                        return None
                except StorageException:
                    if attempt == _ATTEMPTS - 1:
                        raise
                else:
                    content: dict[str, Any] = json.loads(text)
                    return content
        return None
