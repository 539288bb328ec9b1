"""JupyterHub as the authenticator."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth, check_scopes
from tornado.web import HTTPError

from hub.api.identity import HubUnavailableError, Identity

_SECONDS_TRUSTED = 30
"""A token that was revoked opens the API no longer than this."""


class HubAuthenticator:
    """Asks JupyterHub who is behind a token; set up by the environment that the hub gives its services."""

    def __init__(self) -> None:
        self._hub = HubOAuth(cache_max_age=_SECONDS_TRUSTED)

    async def identify(self, token: str, session: str = "") -> Identity | None:
        """See :class:`hub.api.identity.Authenticator`."""
        try:
            model = await self._hub.user_for_token(token, session_id=session, sync=False)
        except HTTPError as error:
            raise HubUnavailableError(error.log_message or str(error)) from error
        return None if model is None else self._identity(model)

    def authorize_url(self, state: str, challenge: str) -> str:
        """See :class:`hub.api.identity.Authenticator`."""
        query = {
            "client_id": self._hub.oauth_client_id,
            "redirect_uri": self._hub.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._hub.oauth_authorization_url}?{urlencode(query)}"

    async def redeem(self, code: str, verifier: str) -> str | None:
        """See :class:`hub.api.identity.Authenticator`."""
        try:
            token: str = await self._hub.token_for_code(code, code_verifier=verifier, sync=False)
        except HTTPError as error:
            # HubOAuth says 500 both for a refused code and for a hub that is away; the first names the OAuth error.
            if "Failed to check authorization" in (error.log_message or ""):
                return None
            raise HubUnavailableError(error.log_message or str(error)) from error
        return token

    def _identity(self, model: dict[str, Any]) -> Identity:
        scopes = frozenset(model.get("scopes", ()))
        return Identity(
            name=model["name"],
            kind="service" if model.get("kind") == "service" else "user",
            scopes=scopes,
            groups=frozenset(model.get("groups") or ()),
            admitted=bool(check_scopes(self._hub.access_scopes, scopes)),
        )
