"""Published tables as dashboards draw them: indexed by date where they have dates, each with its passport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.dashboards.kit.memory import Answers, Drawing, memory
from foliohub.dashboards.kit.pieces import Piece
from foliohub.errors import NotStoredError
from foliohub.runs.published import publications

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from foliohub.dashboards.kit import Html, Request, Sources
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
    "registered_scores": "daily-score",
    "registered_history": "daily-score",
    "champion": "weekly-champion",
    "model_cards": "weekly-compare-forecasters",
    "allocator_scorecard": "weekly-compare-allocators",
    "agent_seeds": "weekly-train-agent",
    "agent_choices": "weekly-retrain-agents",
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
        self._answers: Answers = {}

    @classmethod
    def asked(cls, sources: Sources, request: Request) -> Reader:
        """The universe a viewer asked for by ``?universe=``; else the sample, or the first that runs were made for."""
        asked = request.get("universe")
        reader = cls(sources, asked)
        names = universe_names(reader.runs)
        if asked not in names:
            reader.name = names[0]
        return reader

    @property
    def universe(self) -> Universe:
        """The universe itself."""
        self._noted(("universe",))
        return self._universe

    @cached_property
    def _universe(self) -> Universe:
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
        self._noted(("all", kind))
        return self._publications(kind)

    def dates(self, kind: str) -> list[str]:
        """The sessions (YYYY-MM-DD) something was published for, oldest first."""
        self._noted(("dates", kind))
        return [publication.as_of for publication in self._publications(kind)]

    def at(self, kind: str, as_of: str) -> Reading | None:
        """What was published for a session; None where nothing was."""
        return self._reading("at", kind, as_of)

    def find(self, kind: str) -> Reading | None:
        """The latest there is; None where there is none."""
        return self._reading("last", kind)

    def before(self, kind: str) -> Reading | None:
        """The one before the latest; None where there is none."""
        return self._reading("before", kind)

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

    def drawn(self, draw: Callable[..., Html], *arguments: Hashable, on: Hashable = None) -> Piece:
        """What a function draws from this reader and its arguments: taken over where a rehearsal drew the very same.

        Parameters
        ----------
        draw : callable
            A method of a dashboard that reads nothing but this reader, neither files nor the clock.
        *arguments
            Of the function.
        on : hashable
            What else it depends on.
        """
        owner = f"{draw.__module__}.{draw.__qualname__}"
        key = (owner, self.sources.store.uri, self.name, arguments, on)
        kept = memory().drawings.get(key)
        if kept is not None and all(self._answer(asked) == answer for asked, answer in kept.answers.items()):
            return Piece(kept.html)
        drawn = draw(*arguments)
        if memory().learning:
            # All that was asked so far: what was read before may have been used as well.
            memory().drawings[key] = Drawing(dict(self._answers), drawn.html)
        return drawn if isinstance(drawn, Piece) else Piece(drawn.html)

    # -- within --------------------------------------------------------------------------------------------------------

    def _publications(self, kind: str) -> list[Publication]:
        found = self._published.get(kind, {})
        return [found[as_of] for as_of in sorted(found)]

    def _reading(self, *asked: str) -> Reading | None:
        self._noted(asked)
        publication = self._publication(asked)
        return None if publication is None else self._read(publication)

    def _publication(self, asked: tuple[str, ...]) -> Publication | None:
        which, kind, *rest = asked
        if which == "at":
            return self._published.get(kind, {}).get(rest[0])
        found, back = self._publications(kind), {"last": 1, "before": 2}[which]
        return found[-back] if len(found) >= back else None

    def _noted(self, asked: tuple[str, ...]) -> None:
        if memory().learning:
            self._answers[asked] = self._answer(asked)

    def _answer(self, asked: tuple[str, ...]) -> Hashable:
        if asked[0] == "universe":
            return repr(self._universe)
        if asked[0] == "dates":
            return tuple(sorted(self._published.get(asked[1], {})))
        if asked[0] == "all":
            return tuple(_identity(publication) for publication in self._publications(asked[1]))
        found = self._publication(asked)
        return None if found is None else _identity(found)

    def _read(self, publication: Publication) -> Reading:
        key = (publication.kind, publication.as_of)
        if key not in self._readings:
            frame = self.sources.table(publication)
            provenance = self.sources.provenance(publication, source=self.universe.title)
            self._readings[key] = Reading(frame, publication.run, provenance)
        return self._readings[key]


def _identity(publication: Publication) -> Hashable:
    run, version = publication.run, publication.version
    return (version.name, version.number, version.content, run.id, run.status.value, run.started_at, run.ended_at)


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
