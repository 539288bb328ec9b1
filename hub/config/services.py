"""The services behind the hub, and what each one is told: the same here and on Kubernetes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.config.roles import CUSTOM_SCOPES


@dataclass(frozen=True)
class Service:
    """A program that the hub knows by a token, and people by an address.

    Parameters
    ----------
    name : str
        Name in the hub; its program is ``python -m hub.<name>``.
    title : str
        How people call it.
    web : bool
        Whether it has pages behind the proxy.
    scopes : tuple of str
        For a web service: scopes its visitors' tokens carry, where they hold them.
    """

    name: str
    title: str
    web: bool
    scopes: tuple[str, ...] = ()

    def prefix(self, base_url: str) -> str:
        """Path behind the proxy."""
        return f"{base_url}services/{self.name}/"

    def environment(self, *, token: str, hub_url: str, base_url: str, url: str, public_url: str) -> dict[str, str]:
        """Variables JupyterHub would give it as a managed service.

        Parameters
        ----------
        token : str
            Its token.
        hub_url : str
            Address of the hub itself, as services reach it, without path.
        base_url : str
            Path the whole platform lies under.
        url : str
            Address to listen on; empty without pages.
        public_url : str
            Address people use, without path.
        """
        variables = {
            "JUPYTERHUB_SERVICE_NAME": self.name,
            "JUPYTERHUB_API_TOKEN": token,
            "JUPYTERHUB_API_URL": f"{hub_url}{base_url}hub/api",
            "JUPYTERHUB_BASE_URL": base_url,
            "JUPYTERHUB_HOST": "",
            "JUPYTERHUB_PUBLIC_URL": f"{public_url}{self.prefix(base_url)}",
            "JUPYTERHUB_PUBLIC_HUB_URL": f"{public_url}{base_url}hub/",
        }
        if self.web:
            access = ["access:services", f"access:services!service={self.name}"]
            variables |= {
                "JUPYTERHUB_SERVICE_PREFIX": self.prefix(base_url),
                "JUPYTERHUB_SERVICE_URL": url,
                "JUPYTERHUB_CLIENT_ID": f"service-{self.name}",
                "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{self.prefix(base_url)}oauth_callback",
                "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(access),
                "JUPYTERHUB_OAUTH_SCOPES": json.dumps(access),
                "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": json.dumps(list(self.scopes)),
            }
        return variables

    def specification(self, *, token: str, base_url: str, url: str) -> dict[str, Any]:
        """The entry of `JupyterHub.services`: external, because the supervisor (or Kubernetes) starts it."""
        entry: dict[str, Any] = {"name": self.name, "api_token": token, "display": False}
        if self.web:
            entry |= {
                "url": url,
                "timeout": 1,  # the hub need not wait for it: the supervisor does
                "display": True,
                "oauth_client_id": f"service-{self.name}",
                "oauth_redirect_uri": f"{self.prefix(base_url)}oauth_callback",
                "oauth_client_allowed_scopes": list(self.scopes),
                "oauth_no_confirm": True,
            }
        return entry


_READ = ("custom:data:read", "custom:portfolio:read", "custom:runs:read")

SERVICES = (
    Service("dashboards", "Dashboards", web=True, scopes=_READ),
    Service("api", "API", web=True, scopes=tuple(CUSTOM_SCOPES)),
    Service("scheduler", "Scheduler", web=False),
    Service("quotes", "Quotes", web=False),
)


def installed(project: Path) -> tuple[Service, ...]:
    """Those of the services whose program is part of this project."""
    return tuple(service for service in SERVICES if (project / "hub" / service.name / "__main__.py").is_file())
