"""Who is looking: whoever the hub lets in, or, for development on this machine only, everybody."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer, IdentityProvider, User
from jupyter_server.utils import url_path_join
from jupyterhub.singleuser.extension import JupyterHubAuthorizer, JupyterHubIdentityProvider
from traitlets import Unicode


class HubIdentity(JupyterHubIdentityProvider):  # type: ignore[misc]
    """JupyterHub's identity provider, made to fit Voilà's application."""

    # The token of the service itself is no password of its pages: nobody comes in with it.
    token = Unicode("")

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
