"""Log-in of browsers: OAuth at the hub with PKCE, and a session cookie.

Nothing is kept here: what must be remembered between leaving for the hub and coming back lies in a short-lived cookie
of the browser that left, so that any replica can receive it, and no other browser can use the code.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from hub.api.access import SESSION_COOKIE, At, hub_session
from hub.api.context import Context
from hub.api.identity import challenge_of
from hub.api.pages import error_page
from hub.api.problems import ProblemError

_STATE_COOKIE = "foliohub-api-login-"
_STATE_SECONDS = 600
_SESSION_SECONDS = 14 * 24 * 3600
"""Longest life of the cookie; the token inside ends when the hub says so."""
_MOST_PENDING = 8

router = APIRouter(include_in_schema=False)


def start(request: Request, at: Context) -> Response:
    """Send a browser to the hub, from where it comes back to the page it wanted."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    response = RedirectResponse(
        at.auth.authorize_url(state, challenge_of(verifier)), 302, {"Cache-Control": "no-store"}
    )
    pending = [name for name in request.cookies if name.startswith(_STATE_COOKIE)]
    for name in pending[: max(0, len(pending) - _MOST_PENDING + 1)]:
        response.delete_cookie(name, path=at.service.prefix)
    content = base64.urlsafe_b64encode(json.dumps([state, verifier, wanted]).encode()).decode()
    _set(response, request, at, _STATE_COOKIE + state[:8], content, _STATE_SECONDS)
    return response


@router.get("/oauth_callback")
async def oauth_callback(
    request: Request,
    at: At,
    code: Annotated[str, Query(max_length=512)] = "",
    state: Annotated[str, Query(max_length=512)] = "",
    error: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Where the hub sends a browser once its user has logged in."""
    name = _STATE_COOKIE + state[:8]
    expected, verifier, wanted = _read(request.cookies.get(name, ""))
    if error or not code or not expected or not hmac.compare_digest(expected.encode(), state.encode()):
        return error_page(ProblemError(403, "The log-in was not finished here.", "Open the page again."))
    token = await at.auth.redeem(code, verifier)
    if token is None or await at.auth.identify(token, hub_session(request)) is None:
        return error_page(ProblemError(403, "The hub did not confirm the log-in.", "Open the page again."))
    ours = wanted.startswith(at.service.prefix) and not wanted.startswith("//")
    response = RedirectResponse(wanted if ours else at.service.prefix, 302, {"Cache-Control": "no-store"})
    response.delete_cookie(name, path=at.service.prefix)
    _set(response, request, at, SESSION_COOKIE, token, _SESSION_SECONDS)
    return response


def _set(response: Response, request: Request, at: Context, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, seconds, path=at.service.prefix, secure=secure, httponly=True, samesite="lax")


def _read(cookie: str) -> tuple[str, str, str]:
    """State, verifier and wanted page; empty texts where the cookie is not ours."""
    try:
        state, verifier, wanted = json.loads(base64.urlsafe_b64decode(cookie.encode()))
    except ValueError:
        return "", "", ""
    return (state, verifier, wanted) if all(isinstance(t, str) for t in (state, verifier, wanted)) else ("", "", "")
