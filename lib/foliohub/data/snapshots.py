"""Snapshots: names for sets of versions. They span panels and tables, and pruning honours them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from foliohub.data.documents import Documents
from foliohub.data.locks import Locks
from foliohub.errors import InputError, NotStoredError


class Snapshots:
    """The snapshots of a store.

    Parameters
    ----------
    documents : Documents
        Where they are written, under a root of their own.
    locks : Locks
    """

    def __init__(self, documents: Documents, locks: Locks) -> None:
        self._documents = documents
        self._locks = locks

    def take(self, label: str, versions: Mapping[str, int], stored: Mapping[str, Collection[int]]) -> None:
        """Give versions a name.

        Parameters
        ----------
        label : str
        versions : mapping of name to number
        stored : mapping of name to numbers
            What there is.
        """
        for name, number in versions.items():
            if number not in stored[name]:
                raise NotStoredError(f"There is no version {number} of {name} to take into the snapshot {label}.")
        with self._locks.name("snapshots"):
            if label in self.all():
                raise InputError(f"There is a snapshot {label!r} already.", remedy="Take another label, or drop it.")
            self._documents.write(label, {"label": label, "versions": dict(versions)})

    def all(self) -> dict[str, dict[str, int]]:
        """Label -> name -> number."""
        return {content["label"]: content["versions"] for content in self._documents.all()}

    def remove(self, label: str) -> None:
        """Forget a snapshot; an unknown one is no error."""
        self._documents.remove(label)
