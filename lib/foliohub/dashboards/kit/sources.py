"""What dashboards read: the store, the records of runs and what runs have published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from foliohub.config import Settings, load_settings
from foliohub.dashboards.kit.memory import memory

if TYPE_CHECKING:
    import pandas as pd

    from foliohub.data.store import Store
    from foliohub.data.universe import Universe
    from foliohub.reporting import Provenance
    from foliohub.runs.published import Publication, Published
    from foliohub.runs.records import RunRecords


@dataclass(frozen=True)
class Sources:
    """Everything a dashboard may read, opened when first asked for.

    Parameters
    ----------
    settings : Settings
    """

    settings: Settings

    @cached_property
    def store(self) -> Store:
        """The store; dashboards never write to it."""
        from foliohub.data.store import Store

        return Store.open(self.settings.store, locks=self.settings.locks)

    @property
    def keys(self) -> tuple[tuple[str, int, int], ...]:
        """What changes whenever another key is accepted, or one is not any more."""
        folder = self.settings.accepted_keys
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    @cached_property
    def records(self) -> RunRecords:
        """The records of all runs."""
        from foliohub.runs.opening import open_records

        records = open_records(self.settings, self.store)
        # Whose signatures count decides which records do.
        if memory().keys == self.keys:
            memory().runs.hand_to(self.store, records)
        return records

    @cached_property
    def published(self) -> Published:
        """The tables runs have published."""
        from foliohub.runs.published import Published

        return Published(self.store, self.records)

    def table(self, publication: Publication) -> pd.DataFrame:
        """A published table, for reading only: in the version published it never changes, and may be at hand."""
        version, tables = publication.version, memory().tables
        key = (self.store.uri, version.name, version.number, version.content)
        found = tables.get(key)
        if found is None:
            found = self.published.read(publication)
            if memory().learning:
                tables[key] = found
        return found

    def universe(self, name: str = "sample") -> Universe:
        """A universe by name."""
        from foliohub.runs.opening import open_universe

        return open_universe(self.settings, name)

    def provenance(self, publication: Publication, *, source: str = "") -> Provenance:
        """Where a published table comes from, for the figures drawn from it."""
        from foliohub.reporting import Provenance

        run = publication.run
        return Provenance(publication.as_of, source, run.id, job=run.job, status=run.status.value)


def sources() -> Sources:
    """The sources of this installation, as the environment sets it up."""
    return Sources(load_settings())
