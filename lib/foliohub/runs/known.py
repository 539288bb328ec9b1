"""Run records that one process has read and another takes over, without ever believing what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foliohub.data.documents import Listing
from foliohub.runs.records import RunRecord, Status

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.runs.records import RunRecords

_FOLDER = "runs/"
_PASSING = (Status.RUNNING, Status.UNSIGNED)


@dataclass(frozen=True, slots=True)
class KnownRuns:
    """The records that had ended when they were read, and what must still be true for them to count.

    Attributes
    ----------
    uri : str
        Of the store they were read from.
    listing : Listing
        Of that moment.
    versions : mapping of str to str
        Name of a record's document -> the version that was read.
    ended : mapping of str to RunRecord
        By the same names.
    """

    uri: str = ""
    listing: Listing = field(default_factory=Listing)
    versions: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, RunRecord] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store, records: RunRecords) -> KnownRuns:
        """Read every record. One that is written meanwhile is left out: nobody can tell which version was read."""
        listing = store.listing()
        before = store.document_versions(_FOLDER)
        ended = {_FOLDER + run.id: run for run in records.list() if run.status not in _PASSING}
        after = store.document_versions(_FOLDER)
        versions = {name: after[name] for name in ended if name in after and before.get(name) == after[name]}
        return cls(store.uri, listing, versions, {name: ended[name] for name in versions})

    def hand_to(self, store: Store, records: RunRecords) -> None:
        """Let somebody who reads the same store have the records whose documents are still those that were read.

        Where nothing was written since, that takes 0.1 ms; else as long as listing the documents' versions.

        Parameters
        ----------
        store : Store
        records : RunRecords
            Of that store; reads what it is not given.
        """
        if store.uri != self.uri or not self.ended:
            return
        if store.recall(self.listing):
            records.know(self.ended)
            return
        now = store.document_versions(_FOLDER)
        records.know({name: run for name, run in self.ended.items() if now.get(name) == self.versions[name]})
