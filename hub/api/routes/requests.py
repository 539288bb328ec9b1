"""Requests: runs that are wanted, and what became of them. The scheduler alone executes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from fastapi import Request as HttpRequest
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foliohub.errors import NotStoredError
from foliohub.schedule import Request, State, open_requests
from foliohub.schedule.logs import log_file
from hub.api import documents
from hub.api.access import At, RunReader, RunStarter, Scheduler
from hub.api.documents import Listing, ListQuery, part
from hub.api.problems import documented
from hub.api.starting import JobName, RunRequest, cancel_run, start_run

router = APIRouter(prefix="/runs", tags=["runs"])

RequestId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", max_length=100)]


class RequestsQuery(ListQuery):
    """Which requests, the latest first."""

    job: JobName | None = None
    ended: bool | None = None


class RequestOut(BaseModel):
    """A run that was asked for, and where it stands."""

    id: str
    job: str
    by: str
    submitted_at: datetime
    scheduled_at: datetime | None
    as_of: str | None
    parameters: dict[str, Any]
    force: bool
    state: State
    tries: int
    interruptions: int
    started_at: datetime | None
    ended_at: datetime | None
    not_before: datetime | None
    run_id: str | None
    """The run record it led to."""
    reason: str
    cancelled_by: str | None


@router.post(
    "",
    operation_id="start_run",
    status_code=202,
    responses={202: {"model": RequestOut, "description": "It waits for the scheduler."}, **documented(409)},
)
async def start(
    request: HttpRequest,
    at: At,
    who: RunStarter,
    body: RunRequest,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")] = None,
) -> Response:
    """Ask for a run of a job; the scheduler starts it within seconds.

    Asking again changes nothing: with the same `Idempotency-Key` the same request comes back, whatever became of it.
    Without a key, the same job, session and parameters give the request that is still open.
    """
    found = await run_in_threadpool(start_run, at, who, body, idempotency_key)
    answer = documents.answer(request, _out(found))
    if answer.status_code == 200:
        answer.status_code = 202
    answer.headers["Location"] = f"{request.url.path.rstrip('/')}/requests/{found.id}"
    return answer


@router.get("/requests", operation_id="run_requests", responses=documents.responses(Listing[RequestOut]))
async def requests(request: HttpRequest, at: At, _: RunReader, query: Annotated[RequestsQuery, Query()]) -> Response:
    """What was asked for, by people, programs and the clock; the latest first."""
    found = await run_in_threadpool(lambda: at.requests.list(query.job, ended=query.ended))
    return documents.answer(request, Listing[RequestOut](**part([_out(item) for item in found], query)))


@router.get("/requests/{identifier}", operation_id="run_request", responses=documents.responses(RequestOut))
async def one(request: HttpRequest, at: At, _: RunReader, identifier: RequestId) -> Response:
    """One request, and the run it led to."""
    found = await run_in_threadpool(open_requests(at.settings, at.store).get, identifier)
    return documents.answer(request, _out(found))


@router.get(
    "/requests/{identifier}/log",
    operation_id="run_request_log",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "What it has said so far."}, **documented()},
)
async def log(at: At, _: RunReader, identifier: RequestId) -> Response:
    """What the run said, line by line, while it runs and afterwards; secrets are struck out."""
    await run_in_threadpool(open_requests(at.settings, at.store).get, identifier)
    try:
        body = await run_in_threadpool(log_file(at.settings.home, identifier).read_bytes)
    except FileNotFoundError:
        raise NotStoredError(
            f"No log of {identifier} is here.",
            remedy="It has not begun, or ran in a pod of its own: `kubectl logs` of the scheduler or the job has it.",
        ) from None
    headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(body, headers=headers, media_type="text/plain")


@router.delete(
    "/requests/{identifier}", operation_id="cancel_run_request", responses=documents.responses(RequestOut, 409)
)
async def cancel(request: HttpRequest, at: At, who: Scheduler, identifier: RequestId) -> Response:
    """Take a request back; a run under way is ended within seconds."""
    return documents.answer(request, _out(await run_in_threadpool(cancel_run, at, who, identifier)))


def _out(found: Request) -> RequestOut:
    return RequestOut.model_validate(found.model_dump())
