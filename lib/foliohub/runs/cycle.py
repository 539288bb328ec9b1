"""The nightly cycle: every job in the order of its dependencies, for one session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from foliohub import calendars
from foliohub.errors import FoliohubError
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_source, open_universe
from foliohub.runs.parameters import declared_parameters, read_notebook
from foliohub.runs.sessions import check_as_of, last_session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    import pandas as pd

    from foliohub.config import Settings
    from foliohub.data.universe import Universe
    from foliohub.runs.kernel import Step
    from foliohub.runs.records import RunRecord
    from foliohub.runs.spec import JobSpec
    from foliohub.types import DateLike


class Verdict(StrEnum):
    """What became of a job in a cycle."""

    DONE = "done"
    ALREADY_DONE = "already done"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CycleEntry:
    """One job of a cycle.

    Attributes
    ----------
    job : str
    verdict : Verdict
    record : RunRecord or None
        Of the run that succeeded.
    reason : str
        Why it failed or was skipped.
    """

    job: str
    verdict: Verdict
    record: RunRecord | None = None
    reason: str = ""


def run_cycle(
    settings: Settings,
    jobs: Mapping[str, JobSpec],
    as_of: pd.Timestamp,
    *,
    cycles: Collection[str] = ("nightly",),
    force: bool = False,
    on_job: Callable[[str], None] = lambda _: None,
    on_step: Callable[[Step], None] = lambda _: None,
) -> list[CycleEntry]:
    """Run the jobs of a cycle for one session; what depends on a failure is skipped, the rest goes on.

    Parameters
    ----------
    settings : Settings
    jobs : mapping
        All jobs, in an order that follows their dependencies (:func:`~foliohub.runs.spec.load_jobs`).
    as_of : Timestamp
        The session.
    cycles : collection of str
        Which cycles' jobs to run.
    force : bool
        Make another attempt of what has succeeded.
    on_job, on_step : callable
        Told of every job that starts, and of its cells.
    """
    entries: dict[str, CycleEntry] = {}
    for name, job in jobs.items():
        if job.cycle not in cycles:
            continue
        lost = [other for other in job.after if other in entries and entries[other].record is None]
        if lost:
            entries[name] = CycleEntry(name, Verdict.SKIPPED, reason=f"{lost[0]} did not succeed")
            continue
        on_job(name)
        try:
            outcome = run_job(settings, job, as_of, force=force, on_step=on_step)
        except FoliohubError as error:
            entries[name] = CycleEntry(name, Verdict.FAILED, reason=str(error))
        else:
            verdict = Verdict.DONE if outcome.fresh else Verdict.ALREADY_DONE
            entries[name] = CycleEntry(name, verdict, record=outcome.record)
    return list(entries.values())


def choose_as_of(settings: Settings, job: JobSpec, as_of: DateLike | None, now: datetime | None = None) -> pd.Timestamp:
    """The session to run a job for: the one asked for, or the last its universe's source can have.

    Parameters
    ----------
    settings : Settings
    job : JobSpec
    as_of : date or None
        The one asked for.
    now : datetime, optional
        Aware; the moment to look from, where none is asked for. The present by default.

    Raises
    ------
    InputError
        The date asked for is no session, or has not closed.
    """
    universe = universe_of(settings, job)
    if as_of is not None:
        return check_as_of(calendars.to_session(as_of), universe.calendar)
    parameters = {"path": job.parameters.get("path")}
    source = open_source(settings, job.parameters.get("source") or universe.source, **parameters)
    return last_session(source, universe.calendar, now)


def universe_of(settings: Settings, job: JobSpec) -> Universe:
    """The universe a job works on."""
    declared = declared_parameters(read_notebook(settings.notebooks / job.notebook), job.notebook)
    default = declared["universe"].default if "universe" in declared else "sample"
    return open_universe(settings, str(job.parameters.get("universe", default)))
