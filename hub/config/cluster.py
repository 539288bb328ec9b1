"""What the platform adds to the chart's own configuration on Kubernetes: its services' addresses, and whose pods.

The chart has set proxy, database, volumes, sizes and profiles from its values when `configure_cluster` is called; what
only Foliohub knows comes here, so that no value has to repeat it.
"""

from __future__ import annotations

from typing import Any

from foliohub.config import Settings
from hub.config import services
from hub.config.pods import configure_pods
from hub.config.settings import HubSettings

_PORT = 8080


def configure_cluster(c: Any, settings: Settings, hub: HubSettings) -> None:
    """Complete what the chart has configured.

    Parameters
    ----------
    c : traitlets.config.Config
        As the chart left it.
    settings, hub : Settings, HubSettings
        Read from the environment of the hub's pod.
    """
    c.JupyterHub.services = complete_services(c.JupyterHub.get("services", []), c.JupyterHub.get("base_url", "/"), hub)
    configure_pods(c, settings, hub)


def complete_services(given: list[dict[str, Any]], base_url: str, hub: HubSettings) -> list[dict[str, Any]]:
    """Give our services what the chart cannot know of them: address, log-in, scopes.

    Parameters
    ----------
    given : list of dict
        Entries of `JupyterHub.services`: the chart's have a name and a token, which it made and keeps in its Secret.
    base_url : str
        Path the whole platform lies under.
    hub : HubSettings
        May name other addresses than those of the release's Kubernetes Services.
    """
    ours = {service.name: service for service in services.SERVICES}
    return [
        entry
        | ours[entry["name"]].specification(
            token=entry["api_token"], base_url=base_url, url=service_url(entry["name"], hub)
        )
        if entry["name"] in ours
        else entry
        for entry in given
    ]


def service_url(name: str, hub: HubSettings) -> str:
    """Address of a web service within the cluster."""
    return hub.service_urls.get(name, f"http://{hub.release}-{name}:{_PORT}")
