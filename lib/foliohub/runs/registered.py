"""The live record: forecasts as they were published, whether before their outcome, and what came of them since.

What a run publishes never changes; a forecast whose run ended before the next session's close was *registered* before
anything it speaks of had come. One made later, of a past date, was *replayed*: nothing in it looks ahead, but whoever
ran it could have known. The two are scored apart, and a table that no longer holds what its run recorded not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub import backtest, calendars
from foliohub.data.contents import table_content
from foliohub.data.tables import normalise
from foliohub.frames import FORECAST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from foliohub.runs.published import Publication

REGISTERED, REPLAYED = "registered", "replayed"
RECORD_COLUMNS = (*FORECAST_COLUMNS, "standing", "run", "published_at")
"""Columns of the record: those of forecasts; "registered" or "replayed"; whose they are; when that run ended, UTC."""


@dataclass(frozen=True, slots=True, eq=False)
class ForecastRecord:
    """Forecasts published so far.

    Attributes
    ----------
    forecasts : DataFrame
        Columns :data:`RECORD_COLUMNS`, by session.
    changed : tuple of str
        What was left out because the store no longer holds what was published, one sentence each.
    """

    forecasts: pd.DataFrame
    changed: tuple[str, ...]


def standing(publication: Publication, calendar: str) -> str:
    """Whether forecasts were there before their first outcome: "registered", or else "replayed".

    Parameters
    ----------
    publication : Publication
        Of a run that succeeded.
    calendar : str
        Of the universe; the first outcome is the close of the session after the one forecast from.
    """
    first = calendars.next_sessions(publication.as_of, 1, calendar)[0]
    ended = publication.run.ended_at
    return REGISTERED if ended is not None and ended <= calendars.session_close(first, calendar) else REPLAYED


def choose(publications: Iterable[Publication], calendar: str) -> list[Publication]:
    """One publication for each session: the last that was registered; where none was, the first that was replayed.

    A run made again after the outcome replaces nothing: neither a forecast that was registered, nor a replay that may
    have looked worse.

    Parameters
    ----------
    publications : iterable of Publication
        In the order of their runs.
    calendar : str
    """
    chosen: dict[str, Publication] = {}
    for publication in publications:
        before = chosen.get(publication.as_of)
        if before is None or standing(publication, calendar) == REGISTERED:
            chosen[publication.as_of] = publication
    return [chosen[as_of] for as_of in sorted(chosen)]


def gather(
    publications: Iterable[Publication], calendar: str, read: Callable[[Publication], pd.DataFrame | None]
) -> ForecastRecord:
    """Read publications of forecasts, and hold each against the hash that its run recorded.

    Parameters
    ----------
    publications : iterable of Publication
        From :func:`choose`.
    calendar : str
    read : callable
        Gives a publication's table; None where the store has it no more.
    """
    frames, changed = [pd.DataFrame(columns=list(RECORD_COLUMNS))], []
    for one in publications:
        frame = read(one)
        if frame is None:
            changed.append(f"The forecasts for {one.as_of} that run {one.run.id} published are gone.")
        elif table_content(normalise(frame, one.version.name)) != one.version.content:
            changed.append(f"The forecasts for {one.as_of} are not those that run {one.run.id} published.")
        else:
            ended = pd.Timestamp(one.run.ended_at).tz_convert(None) if one.run.ended_at else pd.NaT
            told: dict[str, Any] = {"standing": standing(one, calendar), "run": one.run.id, "published_at": ended}
            frames.append(frame[list(FORECAST_COLUMNS)].assign(**told))
    whole = pd.concat(frames[1:], ignore_index=True) if len(frames) > 1 else frames[0]
    return ForecastRecord(whole, tuple(changed))


def score(known: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of the forecasts of a record whose outcome is known, those registered and those replayed apart.

    Parameters
    ----------
    known : DataFrame
        Columns :data:`RECORD_COLUMNS` and `outcome`, NaN where it is not known.

    Returns
    -------
    DataFrame
        Columns `standing`, `horizon`, `model` and :data:`foliohub.backtest.SCORECARD_COLUMNS`; empty where nothing is
        known yet. Each model is scored on its own forecasts: one that joined later has fewer of them, as
        `observations` and `cutoffs` say.
    """
    scored = []
    for (kind, _), rows in known[known["outcome"].notna()].groupby(["standing", "model"], sort=True):
        scored.append(backtest.scorecard(rows).reset_index().assign(standing=str(kind)))
    if not scored:
        empty = backtest.scorecard(known.head(0)).reset_index()
        return empty.assign(standing=pd.Series(dtype=object))[["standing", *empty.columns]]
    table = pd.concat(scored, ignore_index=True)
    table = table[["standing", *table.columns.drop("standing")]]
    return table.sort_values(["standing", "horizon", "model"], kind="stable", ignore_index=True)


def score_cutoffs(known: pd.DataFrame) -> pd.DataFrame:
    """The same, cutoff by cutoff.

    Returns
    -------
    DataFrame
        Column `standing` and :data:`foliohub.backtest.SCORE_HISTORY_COLUMNS`.
    """
    tables = [
        backtest.score_history(known[known["standing"] == kind]).assign(standing=kind)
        for kind in (REGISTERED, REPLAYED)
        if (known["standing"] == kind).any()
    ]
    columns = ["standing", *backtest.SCORE_HISTORY_COLUMNS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


__all__ = ["RECORD_COLUMNS", "ForecastRecord", "choose", "gather", "score", "score_cutoffs", "standing"]
