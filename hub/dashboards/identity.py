"""Who is looking: whoever the hub lets in, or, for development on this machine only, everybody."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from jupyter_server.auth import Authorizer, IdentityProvider, User
from jupyter_server.utils import url_path_join
from jupyterhub.services.auth import HubOAuth
from jupyterhub.singleuser.extension import JupyterHubAuthorizer, JupyterHubIdentityProvider
from traitlets import Unicode, default

from hub.dashboards.replicas import shared_secret

_LOG_IN_SECONDS = 600
_LONGEST_ADDRESS = 1500
"""Characters of a page's address that are remembered during a log-in: a cookie has 4096 bytes at most."""


class RememberingOAuth(HubOAuth):  # type: ignore[misc]
    """What must be known when a browser comes back from logging in travels with it, sealed: any replica can go on.

    JupyterHub's own keeps it in the memory of the process that the browser left from.
    """

    @property
    def _seal(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(shared_secret(self.api_token, "log-in")))

    def generate_state(self, next_url: str | None = None, **extra_state: Any) -> str:
        """Seal what has to be remembered: where to go on, and the verifier of PKCE, which nobody else may read."""
        wanted = next_url or ""
        if len(wanted) > _LONGEST_ADDRESS:
            wanted = wanted.partition("?")[0][:_LONGEST_ADDRESS]
        return self._seal.encrypt(json.dumps({"next_url": wanted, **extra_state}).encode()).decode()

    def _decode_state(self, state_id: str, /) -> dict[str, Any]:
        try:
            text = self._seal.decrypt(state_id.encode("utf-8", "replace"), ttl=_LOG_IN_SECONDS)
        except InvalidToken:
            return {}
        found: dict[str, Any] = json.loads(text)
        return found

    def clear_oauth_state(self, state_id: str) -> None:
        """Nothing is kept here; the hub takes no code twice, and the cookie goes."""


class HubIdentity(JupyterHubIdentityProvider):  # type: ignore[misc]
    """JupyterHub's identity provider, made to fit Voilà's application."""

    # The token of the service itself is no password of its pages: nobody comes in with it.
    token = Unicode("")

    @default("hub_auth")
    def _remembering(self) -> RememberingOAuth:
        return RememberingOAuth(parent=self)

    def __init__(self, **arguments: Any) -> None:
        arguments.pop("token", None)
        super().__init__(**arguments)

    def get_handlers(self) -> list[Any]:
        """Where people come back from logging in, and where they leave; below the service's prefix."""
        prefix = self.parent.server_url
        return [(url_path_join(prefix, handler[0]), *handler[1:]) for handler in super().get_handlers()]


class HubAuthorizer(JupyterHubAuthorizer):  # type: ignore[misc]
    """Whoever has the scope to access this service may look; nobody may do more, whatever the action is called."""


class OpenIdentity(IdentityProvider):
    """Everybody is the developer: for a service on the loopback interface that was started by hand."""

    def __init__(self, **arguments: Any) -> None:
        arguments.pop("token", None)
        super().__init__(**arguments)

    token = Unicode("")

    async def get_user(self, handler: Any) -> User:
        """The same user for every request."""
        del handler
        return User("developer")

    def get_handlers(self) -> list[Any]:
        """Nobody logs in."""
        return []


class OpenAuthorizer(Authorizer):
    """Lets the developer look."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Always."""
        del handler, user, action, resource
        return True
