"""Runs: what ran, on which data, with which outcome, and what it left behind."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from foliohub.errors import NotStoredError
from foliohub.runs.records import RunRecord, Status
from hub.api import documents
from hub.api.access import At, RunReader
from hub.api.documents import Listing, ListQuery, part
from hub.api.parameters import Day, Names
from hub.api.problems import documented

router = APIRouter(prefix="/runs", tags=["runs"])

_MEDIA_TYPES = {".ipynb": "application/x-ipynb+json", ".html": "text/html; charset=utf-8"}
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
    files = {name: _file(at.settings.home, at.settings.runs, path) for name, path in record.outputs.items()}
    items = [
        RunOutput(name=name, file=file.name, bytes=file.stat().st_size, href=f"{request.url.path.rstrip('/')}/{name}")
        for name, file in files.items()
        if file is not None
    ]
    return documents.answer(request, RunOutputs(items=items))


@router.get(
    "/{identifier}/outputs/{name}",
    operation_id="run_output",
    response_class=FileResponse,
    responses={
        200: {"content": {"text/html": {}, "application/x-ipynb+json": {}}, "description": "The file."},
        **documented(),
    },
)
async def output(at: At, _: RunReader, identifier: RunId, name: Literal["notebook", "report"]) -> Response:
    """The executed notebook, or the report made from it."""
    await at.catalogue.refresh()
    record = at.catalogue.run(identifier)
    path = record.outputs.get(name)
    file = await run_in_threadpool(_file, at.settings.home, at.settings.runs, path) if path else None
    if file is None:
        raise NotStoredError(f"Run {identifier} has no {name} any more, or never had.")
    headers = {"Cache-Control": "private, no-cache", "Content-Security-Policy": _REPORT_POLICY}
    if name == "notebook":
        headers["Content-Disposition"] = f'attachment; filename="{identifier}.ipynb"'
    return FileResponse(file, headers=headers, media_type=_MEDIA_TYPES.get(file.suffix, "application/octet-stream"))


def _file(home: FilePath, folder: FilePath, path: str) -> FilePath | None:
    """An output's file, if it is one and lies where runs leave theirs."""
    file = (home / path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
