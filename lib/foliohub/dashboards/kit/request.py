"""The moment a page is asked for: what stands above it runs beforehand, what stands below it sees fresh data."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from foliohub.errors import ConfigurationError

ADDRESS = "FOLIOHUB_DASHBOARD_REQUEST"
"""Environment variable the dashboards service sets for its kernels: where to wait for the request."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the viewer's browser asked for.

    Parameters
    ----------
    query : mapping of str to str
        The address's query, as ``?ticker=AAPL``; of a name given twice the last value.
    user : str
        Name of the viewer; empty outside the dashboards service.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    user: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The value of `name` in the query, or `default`."""
        return self.query.get(name, default)

    def one_of(self, name: str, allowed: Collection[str], default: str = "") -> str:
        """The value of `name` where it is one of `allowed`; else `default`, or the first allowed one."""
        value = self.query.get(name, "")
        if value in allowed:
            return value
        return default or next(iter(allowed), "")


_rehearsals: list[Request] = []


@contextlib.contextmanager
def rehearsing(request: Request = Request()) -> Iterator[None]:
    """Have :func:`wait` return at once with this request, as if the service had passed it on."""
    _rehearsals.append(request)
    try:
        yield
    finally:
        _rehearsals.pop()


def in_service() -> bool:
    """Whether pages are drawn for the dashboards service."""
    return ADDRESS in os.environ or bool(_rehearsals)


def wait() -> Request:
    """Wait until a viewer asks for this page; at once, and with an empty request, anywhere but in the service.

    Raises
    ------
    ConfigurationError
        The service went away while the page was kept ready.
    """
    if _rehearsals:
        return _rehearsals[-1]
    if not in_service():
        return Request()
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    try:
        with connect(os.environ[ADDRESS], open_timeout=20, ping_interval=None, proxy=None) as socket:
            message = json.loads(socket.recv())
    except (OSError, WebSocketException) as error:
        raise ConfigurationError("The dashboards service went away.", remedy="Load the page again.") from error
    return Request(dict(parse_qsl(message["query"], keep_blank_values=True)), message["user"])
