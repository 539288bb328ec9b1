"""Small answers in JSON: one model each, conditional like tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from hub.api.answers import matches
from hub.api.problems import ProblemError, documented

Item = TypeVar("Item", bound=BaseModel)
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}


class ListQuery(BaseModel, extra="forbid"):
    """Which part of a list."""

    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class Listing(BaseModel, Generic[Item]):
    """A part of a list."""

    total: int
    offset: int
    items: list[Item]


def part(items: Sequence[Item], query: ListQuery) -> dict[str, Any]:
    """The part of a list that was asked for."""
    return {"total": len(items), "offset": query.offset, "items": items[query.offset : query.offset + query.limit]}


def answer(request: Request, model: BaseModel) -> Response:
    """A model as JSON; 304 where the client has it."""
    accept = request.headers.get("accept", "*/*").lower()
    if not any(kind in accept for kind in ("application/json", "application/*", "*/*", "text/html")):
        raise ProblemError(406, f"None of {accept[:200]!r} is offered.", "There is application/json.")
    body = model.model_dump_json().encode()
    quoted = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": quoted, **_PRIVATE}
    if matches(request.headers.get("if-none-match", ""), quoted):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/json")


def responses(model: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route answers with, for its documentation."""
    return {200: {"model": model}, 304: {"description": "You have it already."}, **documented(*statuses)}
