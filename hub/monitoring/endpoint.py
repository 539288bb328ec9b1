"""A small web server beside a service that has none: its metrics, whether it lives, whether it is ready."""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from pydantic import ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foliohub.errors import ConfigurationError

_log = logging.getLogger(__name__)

Check = Callable[[], str]
"""Says what is wrong; an empty text where nothing is."""


def _well() -> str:
    return ""


class EndpointSettings(BaseSettings):
    """Where metrics are served, and to whom.

    Attributes
    ----------
    address : str
        ``HOST:PORT``, as ``127.0.0.1:9101`` or ``0.0.0.0:9101``; nowhere where empty.
    digest : str
        SHA-256, in hexadecimal digits, of the token that reading metrics takes; where empty whoever reaches the
        address may read, as in a cluster where the network says who does.
    """

    model_config = SettingsConfigDict(env_prefix="FOLIOHUB_METRICS_", extra="ignore", frozen=True)

    address: str = ""
    digest: str = ""

    @field_validator("address", mode="after")
    @classmethod
    def _has_port(cls, address: str) -> str:
        if address:
            parts = urlsplit(f"//{address}")
            if not parts.hostname or parts.port is None:
                raise ValueError("it is not like 127.0.0.1:9101")
        return address


def token_digest(token: str) -> str:
    """What :attr:`EndpointSettings.digest` is of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Endpoint:
    """The server, in threads of its own: ``/metrics``, ``/health`` and ``/ready``.

    Parameters
    ----------
    registry : CollectorRegistry
        What ``/metrics`` shows.
    settings : EndpointSettings
        With an address.
    alive, ready : callable
        What is wrong, in one sentence, where something is: ``/health`` and ``/ready`` then answer 503 with it. They
        take no token and say nothing else.

    Raises
    ------
    ConfigurationError
        The address cannot be had.
    """

    def __init__(
        self, registry: CollectorRegistry, settings: EndpointSettings, *, alive: Check = _well, ready: Check = _well
    ) -> None:
        parts = urlsplit(f"//{settings.address}")
        host, port = parts.hostname or "", parts.port or 0
        handler = type("Handler", (_Handler,), {"registry": registry, "digest": settings.digest})
        handler.checks = {"/health": alive, "/ready": ready}  # type: ignore[attr-defined]
        try:
            self._server = _Server((host, port), handler)
        except OSError as error:
            raise ConfigurationError(
                f"Metrics cannot be served at {settings.address}: {error.strerror or error}.",
                remedy="Set FOLIOHUB_METRICS_ADDRESS to an address that is free.",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port it listens on."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve(registry: CollectorRegistry, *, alive: Check = _well, ready: Check = _well) -> Endpoint | None:
    """Serve where the environment says; None where it names no address.

    Raises
    ------
    ConfigurationError
        The address is none, or cannot be had.
    """
    try:
        settings = EndpointSettings()
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(
            f"Setting FOLIOHUB_METRICS_ADDRESS is wrong: {reason}.", remedy="Correct or unset it."
        ) from None
    return Endpoint(registry, settings, alive=alive, ready=ready) if settings.address else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever went away in the middle of an answer is no fault of ours."""
        del request, client_address
        _log.debug("an answer about metrics broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    registry: CollectorRegistry
    digest: str
    checks: dict[str, Check]
    timeout = 10
    server_version = "foliohub"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.checks:
            wrong = self.checks[path]()
            self._answer(503 if wrong else 200, f"{wrong or 'ok'}\n".encode())
        elif path != "/metrics":
            self._answer(404, b"There is /metrics, /health and /ready.\n")
        elif not self._admitted():
            self._answer(401, b"This takes the token of the service monitoring.\n", {"WWW-Authenticate": "Bearer"})
        else:
            self._answer(200, generate_latest(self.registry), {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    def _admitted(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        known = scheme.lower() in ("bearer", "token") and hmac.compare_digest(token_digest(token.strip()), self.digest)
        return not self.digest or known

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name http.server calls)
        """Write nothing: a line per scrape would drown the rest."""
        del format, args


__all__ = ["Check", "Endpoint", "EndpointSettings", "serve", "token_digest"]
