"""The schedule: what runs when, and what an operator holds back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foliohub.errors import NotStoredError
from foliohub.schedule import open_requests, upcoming
from hub.api import documents
from hub.api.access import At, RunReader, Scheduler
from hub.api.context import Context

router = APIRouter(prefix="/schedule", tags=["runs"])

_TIMES = 3

JobPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]


class ScheduledJob(BaseModel):
    """A job, when it is due, and whether somebody holds it back."""

    job: str
    title: str
    cron: str
    time_zone: str
    next: list[datetime]
    after: list[str]
    """Jobs that must have succeeded for the same session."""
    paused: bool
    paused_by: str | None
    paused_at: datetime | None


class ScheduledJobs(BaseModel):
    """Every job, in an order that follows their dependencies."""

    items: list[ScheduledJob]


@router.get("", operation_id="schedule", responses=documents.responses(ScheduledJobs))
async def schedule(request: Request, at: At, _: RunReader) -> Response:
    """Every job with its next times."""
    return documents.answer(request, ScheduledJobs(items=await run_in_threadpool(_jobs, at)))


@router.post("/{job}/pause", operation_id="pause_job", responses=documents.responses(ScheduledJob))
async def pause(request: Request, at: At, who: Scheduler, job: JobPath) -> Response:
    """Let a job's times pass without a run; what people ask for still runs."""
    return documents.answer(request, await run_in_threadpool(_set, at, job, who.name, paused=True))


@router.post("/{job}/resume", operation_id="resume_job", responses=documents.responses(ScheduledJob))
async def resume(request: Request, at: At, who: Scheduler, job: JobPath) -> Response:
    """Let a job run at its times again, from now on."""
    return documents.answer(request, await run_in_threadpool(_set, at, job, who.name, paused=False))


def _set(at: Context, job: str, by: str, *, paused: bool) -> ScheduledJob:
    if job not in at.jobs:
        raise NotStoredError(f"There is no job {job!r}.", remedy=f"There are {', '.join(at.jobs)}.")
    requests = open_requests(at.settings, at.store)
    (requests.pause if paused else requests.resume)(job, by=by)
    return next(item for item in _jobs(at) if item.job == job)


def _jobs(at: Context) -> list[ScheduledJob]:
    times, held = upcoming(at.jobs, datetime.now(UTC), _TIMES), open_requests(at.settings, at.store).paused()
    return [
        ScheduledJob(
            job=name,
            title=spec.title,
            cron=spec.schedule.cron,
            time_zone=spec.schedule.time_zone,
            next=list(times[name]),
            after=list(spec.after),
            paused=name in held,
            paused_by=held[name].by if name in held else None,
            paused_at=held[name].at if name in held else None,
        )
        for name, spec in at.jobs.items()
    ]
