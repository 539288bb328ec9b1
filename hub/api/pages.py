"""Pages made by this service: log-in by cookie, forms that nobody else can send, and errors people can read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from html import escape
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from hub.api.access import SESSION_COOKIE, LogInError, authorise, cookie_identity, is_navigation
from hub.api.context import Context, context
from hub.api.identity import Identity
from hub.api.problems import ProblemError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

Check = Callable[[Request, Context], Awaitable[Identity]]


def visitor(scope: str) -> Check:
    """A dependency of a page: who opens it; a browser that has not logged in is sent to do so.

    Parameters
    ----------
    scope : str
        As "custom:portfolio:read".
    """

    async def check(request: Request, at: Annotated[Context, Depends(context)]) -> Identity:
        identity = await cookie_identity(request, at)
        if identity is None:
            raise LogInError
        if not is_navigation(request):
            # A script on another page of this origin, as in a notebook's output, would read the form's secret.
            raise ProblemError(403, "This page is for people to open.", "Programs use the API.", kind="not-a-person")
        authorise(identity, scope)
        return identity

    return check


def form_author(scope: str) -> Check:
    """A dependency of what a page's form is sent to: the person who sent it, from our own page.

    Parameters
    ----------
    scope : str
        As "custom:proposals:approve".
    """

    async def check(request: Request, at: Annotated[Context, Depends(context)]) -> Identity:
        identity = await cookie_identity(request, at)
        if identity is None:
            raise ProblemError(403, "Your log-in has ended.", "Open the page again, and log in.", kind="log-in")
        if not _from_our_page(request):
            raise ProblemError(403, "The form was sent by another page.", "Open our page, and send its.", kind="forged")
        sent = (await request.form()).get("csrf", "")
        if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
            raise ProblemError(403, "The form is not of this log-in.", "Open the page again.", kind="forged")
        if not identity.is_person:
            raise ProblemError(403, f"{identity.name} is a program.", "A person decides.", kind="not-a-person")
        authorise(identity, scope)
        return identity

    return check


def csrf_token(request: Request) -> str:
    """The secret a form carries in its hidden field `csrf`: of this log-in, and of no use without its cookie."""
    session = request.cookies.get(SESSION_COOKIE, "")
    return hmac.new(session.encode(), b"foliohub form", hashlib.sha256).hexdigest()


def error_page(error: ProblemError) -> Response:
    """An error for people."""
    title = {401: "Not logged in", 403: "Not allowed", 404: "Not found", 409: "Not possible", 422: "Not quite"}
    heading = title.get(error.status, "This did not work")
    body = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{heading}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem; }}
</style>
<h1>{heading}</h1>
<p>{escape(error.detail)}</p>
<p>{escape(error.remedy)}</p>
</html>
"""
    return HTMLResponse(body, error.status, {"Cache-Control": "no-store", **error.headers})


def _from_our_page(request: Request) -> bool:
    headers = request.headers
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    if headers.get("sec-fetch-mode", "navigate") != "navigate":  # a script, not a form
        return False
    sender = headers.get("origin") or headers.get("referer", "")
    # The scheme is left out: what ends TLS in front of us need not say so.
    return bool(sender) and urlsplit(sender).netloc == headers.get("host")
