"""Errors as problem documents (RFC 9457): every answer that is no success has one shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.routing import Match

from foliohub import errors
from hub.api.identity import HubUnavailableError

MEDIA_TYPE = "application/problem+json"

_LOGGER = logging.getLogger(__name__)
_STATUS: tuple[tuple[type[errors.FoliohubError], int], ...] = (
    (errors.NotStoredError, 404),
    (errors.InputError, 422),
    (errors.RunInProgressError, 409),
    (errors.StoreError, 503),
    (errors.VendorUnavailableError, 503),
    (errors.LedgerError, 409),
    (errors.SignatureError, 409),
)
_DECISIONS = {"author": 403, "reason": 422}
"""Statuses of refused decisions; all others contradict what has become of the proposal: 409."""
_NOT_NOW = "What this needs cannot be read at the moment."
_BROKEN = "Something went wrong here; it has been logged."
_SECONDS_TO_RECOVER = "5"


class FieldProblem(BaseModel):
    """What is wrong with one part of a request."""

    where: str
    """ "query", "path", "header" or "body", and the name: "query.as_of"."""
    detail: str


class Problem(BaseModel):
    """Why a request was not answered as asked (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    remedy: str = ""
    """What to do about it."""
    instance: str = ""
    errors: list[FieldProblem] = []


class ProblemError(Exception):
    """Raised by routes; becomes a :class:`Problem`.

    Parameters
    ----------
    status : int
    detail, remedy : str
    kind : str
        Last part of the problem's type, for programs: "own-proposal".
    headers : mapping, optional
    """

    def __init__(
        self, status: int, detail: str, remedy: str = "", *, kind: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.kind = kind
        self.headers = dict(headers or {})

    def response(self, path: str = "", problems: Sequence[FieldProblem] = ()) -> Response:
        """The answer to a request of a path."""
        problem = Problem(
            type=f"urn:foliohub:problem:{self.kind}" if self.kind else "about:blank",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            remedy=self.remedy,
            instance=path,
            errors=list(problems),
        )
        body = to_json(problem.model_dump(), inf_nan_mode="null")
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(body, self.status, headers, MEDIA_TYPE)


def from_error(error: errors.FoliohubError) -> ProblemError:
    """What an error of the library means to whoever asked."""
    if isinstance(error, errors.DecisionRefusedError):
        return ProblemError(_DECISIONS.get(error.code, 409), error.message, error.remedy, kind=error.code)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status >= 500:  # may name folders and addresses, which are for the log
        _LOGGER.error("%s: %s", type(error).__name__, error)
    kind = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__.removesuffix("Error")).lstrip(
        "-"
    )
    headers = {"Retry-After": _SECONDS_TO_RECOVER} if status == 503 else {}
    detail, remedy = (_NOT_NOW, "Try again in a moment.") if status == 503 else (_BROKEN, "Tell an operator.")
    if status < 500:
        detail, remedy = error.message, error.remedy
    return ProblemError(status, detail, remedy, kind=kind, headers=headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route can answer with, for its documentation: those of every route, and these."""
    every = (400, 401, 403, 404, 405, 406, 422, 429, 503)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted({*every, *statuses})
    }


def install(app: FastAPI) -> None:
    """Let every error of an application become a problem."""

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> Response:
        return error.response(request.url.path)

    @app.exception_handler(errors.FoliohubError)
    async def _foliohub(request: Request, error: errors.FoliohubError) -> Response:
        return from_error(error).response(request.url.path)

    @app.exception_handler(HubUnavailableError)
    async def _hub(request: Request, error: HubUnavailableError) -> Response:
        _LOGGER.error("The hub did not answer: %s", error)
        headers = {"Retry-After": _SECONDS_TO_RECOVER}
        problem = ProblemError(503, "The hub does not say who you are.", "Try again in a moment.", headers=headers)
        return problem.response(request.url.path)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        found = [FieldProblem(where=".".join(map(str, e["loc"])), detail=_sentence(e["msg"])) for e in error.errors()]
        malformed = any(e["type"] == "json_invalid" for e in error.errors())
        first = f"{found[0].where}: {found[0].detail}" if found else "The request is not valid."
        kind = "malformed" if malformed else "invalid"
        return ProblemError(400 if malformed else 422, first, kind=kind).response(request.url.path, found)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        detail, remedy = str(error.detail), ""
        if error.status_code == 404:
            detail, remedy = f"There is nothing at {request.url.path}.", "The page v1/docs lists what there is."
        elif error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods(app, request)))
            detail, remedy = f"{request.method} cannot be used here.", f"Use {headers['Allow']}."
        return ProblemError(error.status_code, detail, remedy, headers=headers).response(request.url.path)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        _LOGGER.error("%s %s failed.", request.method, request.url.path, exc_info=error)
        return ProblemError(500, _BROKEN, "Tell an operator.").response(request.url.path)


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def _methods(app: FastAPI, request: Request) -> set[str]:
    """Methods of every route at a path; the router itself names only those of the first."""
    tried = {method: {**request.scope, "method": method} for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
    allowed = {
        method for method, scope in tried.items() if any(route.matches(scope)[0] is Match.FULL for route in app.routes)
    }
    return allowed | ({"HEAD"} if "GET" in allowed else set())


__all__ = ["FieldProblem", "Problem", "ProblemError", "documented", "from_error", "install"]
