"""The pages on which operators run the schedule: pause and resume jobs, run one now, take a request back.

They need no script. Everybody who may read runs sees them; what a form does takes the scopes the REST routes take.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from foliohub.errors import NotStoredError
from foliohub.schedule import open_requests
from hub.api.context import Context, context
from hub.api.frame import Frame
from hub.api.frame.route import page_route
from hub.api.identity import Identity
from hub.api.jobs.view import PAGES, Visitor, overview_page
from hub.api.pages import csrf_token, form_author, visitor
from hub.api.problems import ProblemError
from hub.api.starting import RunRequest, cancel_run, start_run

READ, START, SCHEDULE = "custom:runs:read", "custom:runs:start", "custom:schedule:write"

router = APIRouter(route_class=page_route(PAGES, "jobs"), include_in_schema=False)

At = Annotated[Context, Depends(context)]
Starter = Annotated[Identity, Depends(form_author(START))]
Scheduler = Annotated[Identity, Depends(form_author(SCHEDULE))]
JobPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
RequestPath = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", max_length=100)]
About = Annotated[str, Query(pattern=r"^[a-z0-9-]*$", max_length=100)]


@router.get("")
@router.get("/")
async def overview(
    request: Request,
    who: Annotated[Identity, Depends(visitor(READ))],
    at: At,
    about: About = "",
) -> Response:
    """Every job, what waits and what has ended; `about` is the job or request that was just changed."""
    services = at.service.prefix.rstrip("/").rpartition("/")[0]
    frame = Frame(f"{at.service.prefix}jobs", f"{services}/dashboards/", who.name)
    looks = Visitor(csrf_token(request), may_start=who.may(START), may_schedule=who.may(SCHEDULE))
    return PAGES.answer(await run_in_threadpool(overview_page, frame, at.jobs, at.requests, looks, about))


@router.post("/{job}/pause")
async def pause(job: JobPath, who: Scheduler, at: At) -> Response:
    """Let a job's times pass without a run."""
    await run_in_threadpool(lambda: open_requests(at.settings, at.store).pause(_known(at, job), by=who.name))
    return _back(at, job)


@router.post("/{job}/resume")
async def resume(job: JobPath, who: Scheduler, at: At) -> Response:
    """Let a job run at its times again."""
    await run_in_threadpool(lambda: open_requests(at.settings, at.store).resume(_known(at, job), by=who.name))
    return _back(at, job)


@router.post("/{job}/run")
async def run(
    job: JobPath,
    who: Starter,
    at: At,
    form: Annotated[str, Form(pattern="^[0-9a-f]{32}$")],
    as_of: Annotated[str, Form(max_length=40)] = "",
    again: Annotated[bool, Form()] = False,
) -> Response:
    """Ask for a run; sending the same form twice, as by a double click, asks once."""
    try:
        wanted = RunRequest.model_validate({"job": job, "as_of": as_of.strip() or None, "force": again})
    except ValidationError:
        raise ProblemError(422, f"{as_of!r} is no date.", "Write a session as YYYY-MM-DD, or none at all.") from None
    key = f"{form}.{job}.{wanted.as_of}.{again}"
    found = await run_in_threadpool(start_run, at, who, wanted, key)
    return _back(at, found.id)


@router.post("/requests/{identifier}/cancel")
async def cancel(identifier: RequestPath, who: Scheduler, at: At) -> Response:
    """Take a request back; a run under way is ended within seconds."""
    await run_in_threadpool(cancel_run, at, who, identifier)
    return _back(at, identifier)


def _known(at: Context, job: str) -> str:
    if job not in at.jobs:
        raise NotStoredError(f"There is no job {job!r}.", remedy=f"There are {', '.join(at.jobs)}.")
    return job


def _back(at: Context, about: str) -> Response:
    # 303: reloading what comes next sends nothing again.
    return RedirectResponse(f"{at.service.prefix}jobs?about={about}", 303, {"Cache-Control": "no-store"})


__all__ = ["router"]
