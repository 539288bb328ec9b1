"""What happens to every request before and after its route: host check, HEAD, safe headers, counts."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from foliohub import logs
from foliohub.tracing import trace_of
from hub.api.pages import CONTENT_SECURITY_POLICY
from hub.api.problems import ProblemError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hub.api.readiness import Readiness

Observe = Callable[[str, str, int, float], None]
"""Told method, route, status and seconds of every request."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then leave out the origin of forms, which we check.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_log = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}")
_HOST = re.compile(r"(\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[0-9a-z._-]+))(:\d{1,5})?")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})


class Gate:
    """An ASGI application around ours.

    Parameters
    ----------
    app : ASGI application
    hosts : frozenset of str
        Names a Host header may bear; "*" for any.
    probes : frozenset of str
        Paths for which it may bear any.
    readiness : Readiness
    observe : callable
    """

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], probes: frozenset[str], readiness: Readiness, observe: Observe
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._probes = probes
        self._readiness = readiness
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        name = given if _REQUEST_ID.fullmatch(given) else ""
        trace = trace_of(headers.get("traceparent", ""), name)
        with logs.bind(trace=trace, http_request=name or trace):
            await self._pass(scope, receive, send, name or trace)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        """Pass a request on that has a name, which its answer bears too."""
        started, method, status = time.perf_counter(), scope["method"], 500
        secure = scope["scheme"] == "https"

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for header, value in _HEADERS.items():
                    headers[header] = value
                headers["X-Request-ID"] = name
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                if self._readiness.draining:
                    headers["Connection"] = "close"  # the next request of this connection is for another replica
                if secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            if scope["path"] not in self._probes and not self._knows(Headers(scope=scope).getlist("host")):
                # Whoever sends another name may be steering a browser here (DNS rebinding), or poisoning links.
                problem = ProblemError(400, "The Host header names no host of this service.", kind="host")
                await problem.response(scope["path"])(scope, receive, send_on)
                return
            if method == "HEAD":
                scope = {**scope, "method": "GET"}
            await self._app(scope, receive, send_on)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            seconds = time.perf_counter() - started
            self._observe(method if method in _METHODS else "other", route, status, seconds)
            if scope["path"] not in self._probes:
                _tell(scope, method, status, seconds)

    def _knows(self, given: list[str]) -> bool:
        if len(given) != 1:
            return False
        found = _HOST.fullmatch(given[0].strip().lower())
        return found is not None and ((found["v6"] or found["name"]) in self._hosts or "*" in self._hosts)


def _tell(scope: Scope, method: str, status: int, seconds: float) -> None:
    """One line for a request; its path without the query, which may hold anything."""
    identity = scope.get("state", {}).get("identity")
    fields = {
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": scope["path"][:300],
        "event.duration": int(seconds * 1e9),
    }
    if identity is not None:
        fields["user.name"] = identity.name
    level = logging.ERROR if status >= 500 else logging.INFO
    _log.log(level, "%s %s %d", method, scope["path"][:300], status, extra=fields)
