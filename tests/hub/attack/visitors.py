"""Those who try the doors: each with a browser's cookies, or with a token, or with nothing."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.hub.live import LiveHub

PEOPLE = ("rita", "ravi", "max", "olga")
"""rita and ravi are researchers, max is a manager, olga an operator."""


@dataclass
class Visitor:
    """Somebody before a door.

    Attributes
    ----------
    name : str
        Of a person; "nobody" for who has not logged in.
    client : httpx.Client
        With the cookies of all services they may enter.
    token : str
        Of theirs, with all their scopes; empty for nobody.
    """

    name: str
    client: httpx.Client
    token: str

    def browse(self, method: str, path: str, *, xsrf: bool = True, **arguments: object) -> httpx.Response:
        """Ask as their browser does, from a page of ours: with cookies, and the XSRF token that goes with them."""
        headers = {"Referer": self.address(path)}
        known = self.xsrf(path)
        if xsrf and known:
            headers["X-XSRFToken"] = known
        headers |= dict(arguments.pop("headers", {}) or {})
        return self.client.request(method, path, headers=headers, **arguments)

    def call(self, method: str, path: str, **arguments: object) -> httpx.Response:
        """Ask as a program of theirs does: with their token, without cookies."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= dict(arguments.pop("headers", {}) or {})
        return httpx.request(
            method, self.address(path), headers=headers, timeout=60, follow_redirects=True, **arguments
        )

    def address(self, path: str) -> str:
        """A path with what stands before it."""
        return str(self.client.base_url).rstrip("/") + path

    def xsrf(self, path: str) -> str:
        """The XSRF token for a path: that of the cookie which belongs to it most closely."""
        fitting = [c for c in self.client.cookies.jar if c.name == "_xsrf" and path.startswith(c.path)]
        return max(fitting, key=lambda cookie: len(cookie.path)).value or "" if fitting else ""

    def cookies(self, path: str) -> str:
        """The Cookie header their browser sends to a path."""
        return self.client.build_request("GET", path).headers.get("cookie", "")


@contextmanager
def visit(hub: LiveHub, name: str) -> Iterator[Visitor]:
    """Log somebody in everywhere they may."""
    with hub.client(None if name == "nobody" else name) as client:
        token = ""
        if name != "nobody":
            token = hub.token(name)
            client.get("/hub/token")
            for page in ("/services/dashboards/operations", "/services/api/v1/universes"):
                client.get(page, headers={"Accept": "text/html"})
        yield Visitor(name, client, token)


def start_server(hub: LiveHub, visitor: Visitor) -> None:
    """Start a researcher's own server and enter it."""
    answer = visitor.call("POST", f"/hub/api/users/{visitor.name}/server")
    assert answer.status_code in {201, 202, 400}, answer.text
    deadline = time.monotonic() + 120
    own = f"/user/{visitor.name}/"
    while visitor.call("GET", f"{own}api/status").status_code != 200:
        assert time.monotonic() < deadline, "The server does not start"
        time.sleep(0.3)
    assert visitor.client.get(f"{own}lab").url.path == f"{own}lab"


def raw(url: str, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a request exactly as it is written, dots and escapes included; status and body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
