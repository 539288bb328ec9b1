"""Who gets in: the checks before every route, and what they cost whoever asks too often."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from hub.api.context import Context, context
from hub.api.identity import Identity
from hub.api.limits import retry_after
from hub.api.problems import ProblemError

SESSION_COOKIE = "foliohub-api-session"
"""Holds the token of a browser's log-in; reads, and never writes but through a form of ours."""
_HUB_SESSION_COOKIE = "jupyterhub-session-id"
_AUTHORIZATION = re.compile(r"(?:token|bearer)\s+(\S+)\s*", re.IGNORECASE)
_SAFE = ("GET", "HEAD")

Check = Callable[[Request, Context], Awaitable[Identity]]


class LogInError(Exception):
    """A browser came without a log-in: it is sent to the hub, and back."""


def require(scope: str) -> Check:
    """A dependency: the identity behind a request, if its token opens this service and has a scope.

    Parameters
    ----------
    scope : str
        As "custom:data:read".
    """

    async def check(request: Request, at: Annotated[Context, Depends(context)]) -> Identity:
        identity = await _authenticate(request, at)
        _spend(at, identity)
        authorise(identity, scope)
        request.state.identity = identity
        return identity

    return check


def authorise(identity: Identity, scope: str) -> None:
    """Refuse whoever may not; access to the service comes first, then the scope.

    Raises
    ------
    ProblemError
        403, naming the scope that is missing.
    """
    if not identity.admitted:
        raise ProblemError(
            403, f"{identity.name} has no access to this service.", "Ask an operator for a role.", kind="no-access"
        )
    if not identity.may(scope):
        raise ProblemError(
            403, f"This takes the scope {scope}.", "Use a token that has it, or ask for the role.", kind="missing-scope"
        )


async def renewed(request: Request, at: Context, scope: str) -> bool:
    """Whether whoever asked some time ago would still be let in; for answers that go on."""
    try:
        identity = await _authenticate(request, at)
    except (ProblemError, LogInError):
        return False
    return identity.may(scope)


async def cookie_identity(request: Request, at: Context) -> Identity | None:
    """Whose browser this is; None for one that has not logged in."""
    token = request.cookies.get(SESSION_COOKIE, "")
    return await at.auth.identify(token, hub_session(request)) if token else None


def hub_session(request: Request) -> str:
    """The browser's log-in at the hub: what is remembered of a token is forgotten with it."""
    return request.cookies.get(_HUB_SESSION_COOKIE, "")


def is_navigation(request: Request) -> bool:
    """Whether a person opens a page, rather than a program or a script reading data.

    Scripts cannot set or change the Sec-Fetch headers; browsers leave them out where the connection is not trusted.
    """
    mode = request.headers.get("sec-fetch-mode")
    return request.method in _SAFE and (
        mode == "navigate" if mode else "text/html" in request.headers.get("accept", "")
    )


async def _authenticate(request: Request, at: Context) -> Identity:
    header = request.headers.get("authorization")
    if header is not None:
        found = _AUTHORIZATION.fullmatch(header)
        identity = await at.auth.identify(found[1]) if found else None
        if identity is None:
            raise _unknown("The token is not known, or no longer.")
        return identity
    if request.method not in _SAFE:
        raise _unknown("What changes something takes a token; a browser's log-in is not enough.")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") and not is_navigation(request):
        raise _unknown("A page of another site asked; a browser's log-in counts for our own pages only.")
    identity = await cookie_identity(request, at)
    if identity is None:
        if is_navigation(request):
            raise LogInError
        raise _unknown("This takes a token.")
    return identity


def _unknown(detail: str) -> ProblemError:
    return ProblemError(
        401,
        detail,
        "Send `Authorization: Bearer TOKEN`; the hub's page Token makes one.",
        headers={"WWW-Authenticate": 'Bearer realm="foliohub"'},
    )


def _spend(at: Context, identity: Identity) -> None:
    wait = at.limit.take(f"{identity.kind}:{identity.name}")
    if wait:
        raise ProblemError(
            429,
            f"{identity.name} asks more than {at.service.requests_per_second:g} times a second.",
            "Wait as long as Retry-After says; ask with If-None-Match, for larger pages, or for Arrow.",
            headers={"Retry-After": retry_after(wait)},
        )


Reader = Annotated[Identity, Depends(require("custom:data:read"))]
PortfolioReader = Annotated[Identity, Depends(require("custom:portfolio:read"))]
RunReader = Annotated[Identity, Depends(require("custom:runs:read"))]
RunStarter = Annotated[Identity, Depends(require("custom:runs:start"))]
Approver = Annotated[Identity, Depends(require("custom:proposals:approve"))]
FillImporter = Annotated[Identity, Depends(require("custom:fills:import"))]
Scheduler = Annotated[Identity, Depends(require("custom:schedule:write"))]
MetricsReader = Annotated[Identity, Depends(require("custom:metrics:read"))]
At = Annotated[Context, Depends(context)]
