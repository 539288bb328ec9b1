"""Runs: what ran, on which data, with which outcome, and what it left behind."""

from __future__ import annotations

from pathlib import PurePath as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from foliohub.runs.outputs import MEDIA_TYPES, Outputs
from foliohub.runs.records import RunRecord, Status
from hub.api import documents
from hub.api.access import At, RunReader
from hub.api.context import Context
from hub.api.documents import Listing, ListQuery, part
from hub.api.parameters import Day, Names
from hub.api.problems import documented

router = APIRouter(prefix="/runs", tags=["runs"])

_REPORT_POLICY = (
    # A report is what a notebook made of data: its scripts run in an origin of their own, without our cookies.
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'none'"
)

RunId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=120)]


class RunsQuery(ListQuery):
    """Which runs, newest first."""

    job: Names
    as_of: Day | None = None
    status: Annotated[list[Status], Field(default_factory=list, max_length=10)]


class RunOutput(BaseModel):
    """A file a run left behind."""

    name: str
    file: str
    bytes: int
    href: str


class RunOutputs(BaseModel):
    """The files of a run."""

    items: list[RunOutput]


@router.get("", operation_id="runs", responses=documents.responses(Listing[RunRecord]))
async def runs(request: Request, at: At, _: RunReader, query: Annotated[RunsQuery, Query()]) -> Response:
    """Run records, newest first."""
    await at.catalogue.refresh()
    day = query.as_of.isoformat() if query.as_of else None
    found = [
        record
        for record in reversed(at.catalogue.runs)
        if (not query.job or record.job in query.job)
        and (not query.status or record.status in query.status)
        and day in (None, record.as_of)
    ]
    return documents.answer(request, Listing[RunRecord](**part(found, query)))


@router.get("/{identifier}", operation_id="run", responses=documents.responses(RunRecord))
async def run(request: Request, at: At, _: RunReader, identifier: RunId) -> Response:
    """One run's record: its passport."""
    await at.catalogue.refresh()
    return documents.answer(request, at.catalogue.run(identifier))


@router.get("/{identifier}/outputs", operation_id="run_outputs", responses=documents.responses(RunOutputs))
async def outputs(request: Request, at: At, _: RunReader, identifier: RunId) -> Response:
    """The files a run left behind."""
    await at.catalogue.refresh()
    record = at.catalogue.run(identifier)
    files = await run_in_threadpool(_outputs(at).list, record)
    path = request.url.path.rstrip("/")
    items = [RunOutput(name=each.name, file=each.file, bytes=each.size, href=f"{path}/{each.name}") for each in files]
    return documents.answer(request, RunOutputs(items=items))


@router.get(
    "/{identifier}/outputs/{name}",
    operation_id="run_output",
    response_class=Response,
    responses={
        200: {"content": {"text/html": {}, "application/x-ipynb+json": {}}, "description": "The file."},
        **documented(),
    },
)
async def output(at: At, _: RunReader, identifier: RunId, name: Literal["notebook", "report"]) -> Response:
    """The executed notebook, or the report made from it."""
    await at.catalogue.refresh()
    record = at.catalogue.run(identifier)
    body = await run_in_threadpool(_outputs(at).read, record, name)
    headers = {"Cache-Control": "private, no-cache", "Content-Security-Policy": _REPORT_POLICY}
    if name == "notebook":
        headers["Content-Disposition"] = f'attachment; filename="{identifier}.ipynb"'
    kind = MEDIA_TYPES.get(FilePath(record.outputs[name]).suffix, "application/octet-stream")
    return Response(body, headers=headers, media_type=kind)


def _outputs(at: Context) -> Outputs:
    return Outputs(at.settings, at.store)
