"""What the running hub must do at once when the file of people changes: end sessions, servers and tokens."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from foliohub.config import Settings
from foliohub.errors import RunError
from hub.config.roles import OWN_SERVICES
from hub.supervisor.keys import load_keys
from hub.supervisor.state import StateFile

_PATIENCE = 30.0


def forget(settings: Settings, name: str) -> None:
    """Delete a user from the running hub; a hub that does not run does so itself when it starts.

    Raises
    ------
    RunError
        If the hub runs and does not do it.
    """
    reached = _reach(settings, name)
    if reached is None:
        return
    base, token = reached
    deadline = time.monotonic() + _PATIENCE
    try:
        user = _call("GET", base, token)
        if user is None:
            return
        for server in user.get("servers", {}):
            _call("DELETE", f"{base}/servers/{quote(server, safe='')}", token, {"remove": bool(server)})
        while _call("GET", base, token).get("servers"):
            if time.monotonic() > deadline:
                raise RunError(f"The server of {name} does not end.", remedy="End the platform: foliohub down")
            time.sleep(0.2)
        _call("DELETE", base, token)
    except OSError as error:
        raise RunError(
            f"{name} may not log in any more, but the hub did not end their servers and tokens: {error}.",
            remedy="Restart the platform: foliohub down, then foliohub up",
        ) from None


def end_sessions(settings: Settings, name: str) -> None:
    """End somebody's sessions with services in the running hub; those with the hub itself end by the new password.

    Raises
    ------
    RunError
        If the hub runs and does not do it.

    Notes
    -----
    A session with a service is a token the hub gave it for one browser. Tokens people made themselves stay.
    """
    reached = _reach(settings, name)
    if reached is None:
        return
    base, token = reached
    try:
        for entry in (_call("GET", f"{base}/tokens", token) or {}).get("api_tokens", ()):
            if entry.get("session_id"):
                _call("DELETE", f"{base}/tokens/{quote(entry['id'], safe='')}", token)
    except OSError as error:
        raise RunError(
            f"{name} has another password, but the hub did not end their sessions: {error}.",
            remedy="Restart the platform: foliohub down, then foliohub up",
        ) from None


def _reach(settings: Settings, name: str) -> tuple[str, str] | None:
    state = StateFile(settings.home / "hub").running()
    if state is None:
        return None
    token = load_keys(settings.home / "hub", OWN_SERVICES).services["supervisor"]
    return f"{state.api_url}/users/{quote(name, safe='')}", token


def _call(method: str, url: str, token: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 (our own hub)
        url,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 (our own hub)
            text = answer.read()
            return json.loads(text) if text else {}
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise
