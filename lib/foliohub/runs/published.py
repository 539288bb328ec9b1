"""What recorded runs have published: the tables that dashboards, the API and people read, each with its run.

Reads only. A table counts once the run that wrote it has succeeded; of several attempts for one date the last counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foliohub.errors import NotStoredError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from foliohub.data.store import Store
    from foliohub.data.versions import StoredVersion
    from foliohub.runs.records import RunRecord, RunRecords


@dataclass(frozen=True, slots=True)
class Publication:
    """Where a published table lies, and whose it is; enough to tell whether one has read it before.

    Attributes
    ----------
    kind, universe, as_of : str
        What it is, of which universe, and for which session (YYYY-MM-DD).
    run : RunRecord
        The run that published it.
    version : StoredVersion
        Its name, number and content hash in the store.
    """

    kind: str
    universe: str
    as_of: str
    run: RunRecord
    version: StoredVersion


def publications(runs: Iterable[RunRecord]) -> Iterator[Publication]:
    """What runs have published, in their order: of several for one kind, universe and session the last counts.

    Parameters
    ----------
    runs : iterable of RunRecord
        By start, as :meth:`~foliohub.runs.records.RunRecords.list` gives them. Those that did not succeed are left out.
    """
    for run in runs:
        if run.status != "succeeded":
            continue
        for version in run.written:
            kind, _, rest = version.name.partition("/")
            universe, _, as_of = rest.partition("/")
            if as_of:  # a panel of prices has no session in its name
                yield Publication(kind, universe, as_of, run, version)


class Published:
    """The published tables of a store.

    Parameters
    ----------
    store : Store
    records : RunRecords
        Of the same store.
    """

    def __init__(self, store: Store, records: RunRecords) -> None:
        self._store = store
        self._records = records

    def list(self, kind: str, universe: str) -> list[Publication]:
        """Every date's publication that counts, oldest date first.

        Parameters
        ----------
        kind : str
            As "forecasts", "weights", "orders", "net_returns".
        universe : str
        """
        every = publications(self._records.list())
        latest = {one.as_of: one for one in every if (one.kind, one.universe) == (kind, universe)}
        return [latest[as_of] for as_of in sorted(latest)]

    def find(self, kind: str, universe: str, as_of: str | None = None) -> Publication:
        """The publication for a session; the last there is where none is named.

        Raises
        ------
        NotStoredError
            No run has published it; says for which dates there are some.
        """
        found = self.list(kind, universe)
        for publication in reversed(found):
            if as_of in (None, publication.as_of):
                return publication
        dates = ", ".join(publication.as_of for publication in found[-3:])
        when = f" for {as_of}" if as_of else ""
        remedy = f"There are some for {dates}." if dates else "Run `foliohub cycle` first."
        raise NotStoredError(f"No run has published {kind} of {universe}{when}.", remedy=remedy)

    def read(self, publication: Publication) -> pd.DataFrame:
        """The table itself, in exactly the version that was published.

        Raises
        ------
        StoreError
            It holds other values than the run published.
        """
        version = publication.version
        return self._store.read_table(version.name, version=version.number, content=version.content)
