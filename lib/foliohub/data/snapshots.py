"""Snapshots: names for sets of versions. They span panels and tables, and pruning honours them."""

from __future__ import annotations

from collections.abc import Mapping

from foliohub.data.documents import Documents


class Snapshots:
    """The snapshots of a store.

    Parameters
    ----------
    documents : Documents
        Where they are written, under a root of their own.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def write(self, label: str, versions: Mapping[str, int]) -> None:
        """Store a snapshot."""
        self._documents.write(label, {"label": label, "versions": dict(versions)})

    def all(self) -> dict[str, dict[str, int]]:
        """Label -> name -> number."""
        return {content["label"]: content["versions"] for content in self._documents.all()}

    def remove(self, label: str) -> None:
        """Forget a snapshot; an unknown one is no error."""
        self._documents.remove(label)
