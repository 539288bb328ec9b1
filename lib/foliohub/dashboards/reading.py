"""Published tables as dashboards draw them: indexed by date where they have dates, each with its passport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.errors import NotStoredError

if TYPE_CHECKING:
    from foliohub.dashboards.kit import Request, Sources
    from foliohub.data.universe import Universe
    from foliohub.reporting import Provenance
    from foliohub.runs.published import Publication
    from foliohub.runs.records import RunRecord

_MAKERS = {
    "adjusted": "daily-ingest",
    "quality": "daily-ingest",
    "quality_summary": "daily-ingest",
    "forecasts": "daily-forecast",
    "forecast_scores": "daily-forecast",
    "score_history": "daily-forecast",
    "weights": "daily-rebalance",
}
_REPORT = "weekly-report"
"""Job that publishes what is not listed above."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One published table and where it comes from.

    Attributes
    ----------
    frame : DataFrame
    run : RunRecord
    provenance : Provenance
        For the figures drawn from it.
    """

    frame: pd.DataFrame
    run: RunRecord
    provenance: Provenance

    @property
    def as_of(self) -> pd.Timestamp:
        """The session it was made for."""
        return pd.Timestamp(self.run.as_of)

    def dated(self) -> pd.DataFrame:
        """The table with its column `date` as the index."""
        return self.frame.set_index("date")


class Reader:
    """The published tables of one universe, each looked up once.

    Parameters
    ----------
    sources : Sources
    universe : str
        Name of the universe.
    """

    def __init__(self, sources: Sources, universe: str) -> None:
        self.sources = sources
        self.name = universe
        self._publications: dict[str, list[Publication]] = {}
        self._readings: dict[tuple[str, str], Reading] = {}

    @classmethod
    def asked(cls, sources: Sources, request: Request) -> Reader:
        """The universe a viewer asked for by ``?universe=``; else the first that anything was published of."""
        names = universe_names(sources)
        return cls(sources, request.one_of("universe", names, names[0]))

    @cached_property
    def universe(self) -> Universe:
        """The universe itself."""
        return self.sources.universe(self.name)

    def publications(self, kind: str) -> list[Publication]:
        """Every date's publication, oldest first."""
        if kind not in self._publications:
            self._publications[kind] = self.sources.published.list(kind, self.name)
        return self._publications[kind]

    def dates(self, kind: str) -> list[str]:
        """The sessions (YYYY-MM-DD) something was published for, oldest first."""
        return [publication.as_of for publication in self.publications(kind)]

    def at(self, kind: str, as_of: str) -> Reading | None:
        """What was published for a session; None where nothing was."""
        for publication in self.publications(kind):
            if publication.as_of == as_of:
                return self._read(publication)
        return None

    def find(self, kind: str) -> Reading | None:
        """The latest there is; None where there is none."""
        found = self.publications(kind)
        return self._read(found[-1]) if found else None

    def before(self, kind: str) -> Reading | None:
        """The one before the latest; None where there is none."""
        found = self.publications(kind)
        return self._read(found[-2]) if len(found) > 1 else None

    def latest(self, kind: str) -> Reading:
        """The latest there is.

        Raises
        ------
        NotStoredError
            No run has published any.
        """
        found = self.find(kind)
        if found is None:
            words = kind.replace("_", " ")
            job = _MAKERS.get(kind, _REPORT)
            raise NotStoredError(
                f"No run has published {words} of {self.name} yet.", remedy=f"Run `foliohub run {job}` first."
            )
        return found

    def _read(self, publication: Publication) -> Reading:
        key = (publication.kind, publication.as_of)
        if key not in self._readings:
            frame = self.sources.published.read(publication)
            provenance = self.sources.provenance(publication, source=self.universe.title)
            self._readings[key] = Reading(frame, publication.run, provenance)
        return self._readings[key]


def universe_names(sources: Sources) -> list[str]:
    """The universes that runs were made for, the sample first where it is among them; the sample where none is.

    Parameters
    ----------
    sources : Sources
    """
    names = {str(run.parameters["universe"]) for run in sources.records.list() if run.parameters.get("universe")}
    return sorted(names, key=lambda name: (name != "sample", name)) or ["sample"]


def last_closes(sources: Sources, universe: str) -> pd.Series:
    """The closes of the last session stored, as traded; the series' name is that session.

    Raises
    ------
    NotStoredError
        No prices are stored.
    """
    name = f"raw/{universe}"
    last = sources.store.latest(name).as_of
    closes: pd.Series = sources.store.read_panel(name, fields=["close"], start=last, end=last)["close"].iloc[-1]
    return closes
