"""Figures of jobs: what ran, how long it took, what came of it, what is late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from foliohub.runs.records import Status
from foliohub.schedule.plan import due_times
from foliohub.schedule.request import State
from hub.monitoring.families import counter, gauge

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from foliohub.schedule import Request
    from hub.monitoring.facts import Facts

_LOOK_BACK = timedelta(days=8)
"""The longest pause between two times of a job whose absence is noticed."""
_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def job_metrics(facts: Facts, now: datetime, watched_since: datetime) -> Iterator[Metric]:
    """Every figure of jobs.

    Parameters
    ----------
    facts : Facts
    now : datetime
        UTC.
    watched_since : datetime
        UTC; a time before it that nobody asked for is no omission.
    """
    yield from _runs(facts)
    yield from _requests(facts, now, watched_since)
    yield gauge(
        "foliohub_job_paused", "1 where somebody has paused the job.", ["job_name"],
        {(job,): float(job in facts.paused) for job in facts.jobs},
    )  # fmt: skip
    cores = {(name,): _cores(job.resources.cpu) for name, job in facts.jobs.items()}
    memory = {(name,): _bytes(job.resources.memory) for name, job in facts.jobs.items()}
    yield gauge("foliohub_job_requested_cores", "Processor cores that a run of the job asks for.", ["job_name"], cores)
    yield gauge("foliohub_job_requested_bytes", "Memory that a run of the job asks for.", ["job_name"], memory)
    timeouts = {(name,): float(job.timeout_seconds) for name, job in facts.jobs.items()}
    yield gauge(
        "foliohub_job_timeout_seconds", "Seconds after which a run of the job is ended.", ["job_name"], timeouts
    )


def _runs(facts: Facts) -> Iterator[Metric]:
    counts = Counter((run.job, run.status.value) for run in facts.runs)
    good = {run.job: run for run in facts.runs if run.status is Status.SUCCEEDED}
    ended = {(job,): run.ended_at.timestamp() for job, run in good.items() if run.ended_at}
    took = {(job,): run.seconds for job, run in good.items() if run.seconds is not None}
    session = {(job,): datetime.fromisoformat(f"{run.as_of}T00:00:00+00:00").timestamp() for job, run in good.items()}
    busy: dict[tuple[str], float] = {}
    for run in facts.runs:
        busy[(run.job,)] = busy.get((run.job,), 0.0) + (run.seconds or 0.0)
    yield gauge("foliohub_job_runs", "Run records kept.", ["job_name", "status"], counts)
    yield gauge("foliohub_job_last_success_timestamp_seconds", "When a run last succeeded.", ["job_name"], ended)
    yield gauge("foliohub_job_last_success_seconds", "Seconds that this run took.", ["job_name"], took)
    yield gauge("foliohub_job_last_session_timestamp_seconds", "Session that this run was for.", ["job_name"], session)
    yield gauge(
        "foliohub_job_rows_written", "Rows in the tables that this run wrote.", ["job_name"],
        {(job,): float(rows) for job, rows in facts.rows.items()},
    )  # fmt: skip
    yield counter("foliohub_job_busy_seconds", "Seconds that all runs on record took.", ["job_name"], busy)


def _requests(facts: Facts, now: datetime, watched_since: datetime) -> Iterator[Metric]:
    newest: dict[str, Request] = {}
    scheduled: dict[str, Request] = {}
    for request in facts.requests:  # the latest first
        if request.state is not State.CANCELLED:
            newest.setdefault(request.job, request)
        if request.scheduled_at is not None:
            scheduled.setdefault(request.job, request)
    last_run = {run.job: run.status for run in facts.runs}
    failed = {(job,): float(_failed(newest.get(job), last_run.get(job))) for job in facts.jobs}
    yield gauge("foliohub_job_failed", "1 where the last there was of the job came to nothing.", ["job_name"], failed)
    late = {}
    for name in facts.jobs:
        since = None if name in facts.paused else _late_since(facts, name, scheduled.get(name), now, watched_since)
        late[(name,)] = max((now - since).total_seconds(), 0.0) if since else 0.0
    yield gauge(
        "foliohub_job_late_seconds", "Since the time by the clock that was not dealt with; 0 where all were.",
        ["job_name"], late,
    )  # fmt: skip


def _failed(request: Request | None, run: Status | None) -> bool:
    """Whether the last there was came to nothing; what is open, or about to be tried again, has not failed yet."""
    if request is not None and not request.state.good:
        return request.state in (State.FAILED, State.SKIPPED)
    return run in (Status.FAILED, Status.INTERRUPTED)


def _late_since(
    facts: Facts, name: str, last: Request | None, now: datetime, watched_since: datetime
) -> datetime | None:
    """The time by the clock that nobody asked for, or whose request has not ended."""
    if last is not None and last.scheduled_at is not None and not last.state.ended:
        return last.scheduled_at
    known = last.scheduled_at if last is not None and last.scheduled_at is not None else watched_since
    after = max(known, watched_since, now - _LOOK_BACK)
    return next(iter(due_times(facts.jobs[name].schedule, after, now)), None)


def _cores(text: str) -> float:
    """Cores, from Kubernetes' notation.

    Examples
    --------
    >>> _cores("2"), _cores("500m")
    (2.0, 0.5)
    """
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _bytes(text: str) -> float:
    """Bytes, from Kubernetes' notation.

    Examples
    --------
    >>> _bytes("2Gi"), _bytes("512Mi")
    (2147483648.0, 536870912.0)
    """
    return float(text[:-2]) * _BYTES[text[-2:]]


__all__ = ["job_metrics"]
