"""Routes whose errors are pages that people can read, whatever the service does with those of programs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from foliohub.errors import FoliohubError, NotStoredError
from hub.api.frame import Frame, Pages
from hub.api.problems import ProblemError, from_error

LONGEST_FORM = 64_000
"""Bytes."""


def page_route(pages: Pages, name: str) -> type[APIRoute]:
    """A class of routes for pages of one kind.

    Parameters
    ----------
    pages : Pages
    name : str
        Last part of the path they all begin with: "proposals".
    """

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    if request.method == "POST":
                        _check_size(request)
                    return await handle(request)
                except (ProblemError, FoliohubError, RequestValidationError) as error:
                    service = request.url.path.rpartition(f"/{name}")[0]
                    frame = Frame(f"{service}/{name}", f"{service.rpartition('/')[0]}/dashboards/")
                    return pages.message(frame, _problem(error))

            return answer

    return PageRoute


def _check_size(request: Request) -> None:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LONGEST_FORM:
        raise ProblemError(413, "The form is too long.", "Shorten what you wrote.")


def _problem(error: Exception) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, NotStoredError):
        return ProblemError(404, error.message, error.remedy)
    if isinstance(error, FoliohubError):
        return from_error(error)
    return ProblemError(422, "The form is not one of ours.", "Open the page again.")


__all__ = ["LONGEST_FORM", "page_route"]
