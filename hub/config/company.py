"""Logging in with the company's accounts, through OAuth: its groups decide who is what here.

Client id, secret and addresses are OAuthenticator's own variables (``OAUTH_CLIENT_ID``, ``OAUTH_CLIENT_SECRET``,
``OAUTH_CALLBACK_URL``, ``OAUTH2_AUTHORIZE_URL``, ``OAUTH2_TOKEN_URL``, ``OAUTH2_USERDATA_URL``). Who is what is ours::

    FOLIOHUB_HUB_AUTHENTICATOR = oauth
    FOLIOHUB_HUB_OAUTH_PROVIDER = generic - oauth  # or github, google, azuread, okta, ...: JupyterHub's names
    FOLIOHUB_HUB_OAUTH_GROUPS = '{"quant-research": "researchers", "portfolio-managers": "managers", "it": "operators"}'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.config.roles import GROUPS
from hub.config.settings import HubSettings


def configure_company(c: Any, hub: HubSettings) -> None:
    """Let in whoever is in one of the company's groups that the settings name."""
    c.JupyterHub.authenticator_class = hub.oauth_provider
    c.Authenticator.enable_auth_state = True
    c.Authenticator.auth_refresh_age = 300  # each refresh asks the company's server
    c.OAuthenticator.scope = list(hub.oauth_scopes)
    c.OAuthenticator.username_claim = hub.oauth_name
    c.OAuthenticator.allowed_groups = set(GROUPS)
    c.OAuthenticator.auth_state_groups_key = our_groups(hub.oauth_claim, hub.oauth_groups)


def our_groups(claim: str, names: Mapping[str, str]) -> Callable[[Mapping[str, Any]], set[str]]:
    """Give the function that reads our groups from what the company's server said of somebody.

    Parameters
    ----------
    claim : str
        Where what is known of somebody lists groups: ``oauth_user.groups``, ``google_user.google_groups``, ...
    names : mapping of str to str
        The company's groups, and ours for each; groups that are not named count for nothing.
    """

    def groups(state: Mapping[str, Any]) -> set[str]:
        listed: Any = state
        for part in claim.split("."):
            listed = listed.get(part) if isinstance(listed, Mapping) else None
        if not isinstance(listed, (list, tuple, set)):
            return set()
        return {names[name] for name in listed if isinstance(name, str) and name in names}

    return groups
