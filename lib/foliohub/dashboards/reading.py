"""Published tables as dashboards draw them: indexed by date where they have dates, each with its passport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.errors import NotStoredError
from foliohub.runs.published import publications

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        self._readings: dict[tuple[str, str], Reading] = {}

    @classmethod
    def asked(cls, sources: Sources, request: Request) -> Reader:
        """The universe a viewer asked for by ``?universe=``; else the sample, or the first that runs were made for."""
        asked = request.get("universe")
        reader = cls(sources, asked)
        names = universe_names(reader.runs)
        if asked not in names:
            reader.name = names[0]
        return reader

    @cached_property
    def universe(self) -> Universe:
        """The universe itself."""
        return self.sources.universe(self.name)

    @cached_property
    def runs(self) -> list[RunRecord]:
        """The records of all runs by start, listed once: a year has thousands."""
        return self.sources.records.list()

    @cached_property
    def _published(self) -> dict[str, dict[str, Publication]]:
        """Kind -> session -> what counts, all in one go."""
        found: dict[str, dict[str, Publication]] = {}
        for publication in publications(self.runs):
            if publication.universe == self.name:
                found.setdefault(publication.kind, {})[publication.as_of] = publication
        return found

    def publications(self, kind: str) -> list[Publication]:
        """Every date's publication, oldest first."""
        found = self._published.get(kind, {})
        return [found[as_of] for as_of in sorted(found)]

    def dates(self, kind: str) -> list[str]:
        """The sessions (YYYY-MM-DD) something was published for, oldest first."""
        return [publication.as_of for publication in self.publications(kind)]

    def at(self, kind: str, as_of: str) -> Reading | None:
        """What was published for a session; None where nothing was."""
        publication = self._published.get(kind, {}).get(as_of)
        return None if publication is None else self._read(publication)

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


def universe_names(runs: Iterable[RunRecord]) -> list[str]:
    """The universes that runs were made for, the sample first where it is among them; the sample where none is.

    Parameters
    ----------
    runs : iterable of RunRecord
    """
    names = {str(run.parameters["universe"]) for run in runs if run.parameters.get("universe")}
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
