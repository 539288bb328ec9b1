"""As much of a hub as a service asks for: who is behind a token, and a token for a code."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx

PREFIX = "/services/dashboards/"
_SCOPES = ["access:services!service=dashboards", "access:services!service=api", "custom:data:read"]


@dataclass
class SmallHub:
    """Who has which token, and which code is good for one."""

    url: str
    names: dict[str, str] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def environment(self, service: str = "dashboards") -> dict[str, str]:
        """What it tells a service."""
        prefix, access = f"/services/{service}/", json.dumps([f"access:services!service={service}"])
        return {
            "JUPYTERHUB_SERVICE_NAME": service,
            "JUPYTERHUB_API_TOKEN": "token-of-the-service",
            "JUPYTERHUB_API_URL": f"{self.url}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_SERVICE_PREFIX": prefix,
            "JUPYTERHUB_CLIENT_ID": f"service-{service}",
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": access,
            "JUPYTERHUB_OAUTH_SCOPES": access,
        }

    def token(self, name: str) -> str:
        """A token of somebody who may see dashboards and read data."""
        token = secrets.token_hex(16)
        self.names[token] = name
        return token

    def code(self, name: str, authorize: str) -> dict[str, str]:
        """With what somebody's browser comes back from the address it was sent to."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(authorize).query).items()}
        code = secrets.token_hex(8)
        self.codes[code] = (self.token(name), query["code_challenge"])
        return {"code": code, "state": query["state"]}

    def log_in(self, name: str, leave: str, back: str, page: str = "controls") -> httpx.Client:
        """A browser that leaves one replica for the hub and comes back to another."""
        client = httpx.Client(timeout=60, headers={"User-Agent": name})
        sent = client.get(f"{leave}{page}")
        assert sent.status_code == 302, sent.text
        landed = client.get(f"{back}oauth_callback", params=self.code(name, sent.headers["location"]))
        assert landed.status_code == 302, landed.text
        assert landed.headers["location"] == f"{PREFIX}{page}"
        return client


@contextmanager
def small_hub() -> Iterator[SmallHub]:
    """One that runs until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").partition(" ")[2]
            name = hub.names.get(token)
            who = {"kind": "user", "name": name, "groups": [], "scopes": _SCOPES, "admin": False}
            self._answer(200, who) if name else self._answer(404, {"status": 404, "message": "no such token"})

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            token, challenge = hub.codes.pop(form["code"][0], ("", ""))
            digest = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
            proven = base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
            self._answer(200, {"access_token": token}) if proven else self._answer(400, {"error": "invalid_grant"})

        def _answer(self, status: int, said: dict[str, object]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub = SmallHub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
