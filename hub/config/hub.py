"""The hub's configuration, put together: `configure` is all that `jupyterhub_config.py` calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foliohub.config import Settings, load_settings
from foliohub.errors import ConfigurationError
from hub.config import services
from hub.config.cluster import configure_cluster
from hub.config.company import configure_company
from hub.config.headers import tornado_settings
from hub.config.landing import landing_page
from hub.config.logs import configure_logs
from hub.config.private import private_folder
from hub.config.roles import CUSTOM_SCOPES, OWN_SERVICES, load_roles
from hub.config.settings import HubSettings, hub_folder, load_hub_settings
from hub.config.spawner import configure_spawner


def configure(c: Any, settings: Settings | None = None, hub: HubSettings | None = None) -> None:
    """Configure JupyterHub.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in a configuration file; on Kubernetes as the chart's own left it.
    settings, hub : Settings, HubSettings, optional
        Read from the environment if not given.
    """
    settings, hub = settings or load_settings(), hub or load_hub_settings()
    configure_doors(c, hub)
    configure_logs(c)
    if hub.authenticator == "file":
        configure_people(c, settings, hub)
    elif hub.authenticator == "oauth":
        configure_company(c, hub)
    if hub.platform == "local":
        configure_machine(c, settings, hub)
    else:
        configure_cluster(c, settings, hub)


def configure_doors(c: Any, hub: HubSettings) -> None:
    """Roles, pages and headers: the same everywhere."""
    c.JupyterHub.custom_scopes = {name: {"description": meaning} for name, meaning in CUSTOM_SCOPES.items()}
    named = [str(service["name"]) for service in c.JupyterHub.get("services", [])]
    own = OWN_SERVICES if hub.platform == "local" else tuple(named)
    c.JupyterHub.load_roles = c.JupyterHub.get("load_roles", []) + load_roles(own)
    c.JupyterHub.default_url = landing_page
    c.JupyterHub.template_paths = [*c.JupyterHub.get("template_paths", []), str(Path(__file__).with_name("pages"))]
    c.JupyterHub.tornado_settings = c.JupyterHub.get("tornado_settings", {}) | tornado_settings(hub)
    c.JupyterHub.authenticate_prometheus = True
    c.Authenticator.manage_groups = True
    c.Authenticator.refresh_pre_spawn = True


def configure_people(c: Any, settings: Settings, hub: HubSettings) -> None:
    """Log in with the file of people.

    Raises
    ------
    ConfigurationError
        The settings name a file that is not there: with nobody in it, the hub would forget everybody it knows.
    """
    if hub.people is not None and not hub.people.is_file():
        raise ConfigurationError(
            f"There is no file of people at {hub.people}.",
            remedy="Mount it there, or set FOLIOHUB_HUB_PEOPLE to where it is. `foliohub users add` makes one.",
        )
    c.JupyterHub.authenticator_class = "hub.config.authenticator.PeopleAuthenticator"
    c.PeopleAuthenticator.people_file = str(hub.people or hub_folder(settings) / "people.json")
    c.Authenticator.allow_all = True  # whom the file names, and nobody else gets past it
    c.Authenticator.auth_refresh_age = 5  # another password and other groups count at once
    c.Authenticator.delete_invalid_users = True
    c.Authenticator.enable_auth_state = True


def configure_machine(c: Any, settings: Settings, hub: HubSettings) -> None:
    """Everything on one machine: proxy, database, services, servers."""
    folder = private_folder(hub_folder(settings))
    c.JupyterHub.bind_url = hub.public_url
    c.JupyterHub.hub_bind_url = hub.hub_url
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{hub.proxy_port}"
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.last_activity_interval = 60
    c.JupyterHub.trusted_downstream_ips = ["127.0.0.1", "::1"]  # the proxy
    c.JupyterHub.db_url = hub.database or f"sqlite:///{folder / 'jupyterhub.sqlite'}"
    c.JupyterHub.upgrade_db = True  # keeps a copy of the old one beside it
    if hub.cookie_secret:
        c.JupyterHub.cookie_secret = bytes.fromhex(hub.cookie_secret.get_secret_value())
    if hub.crypt_key:
        c.CryptKeeper.keys = [bytes.fromhex(hub.crypt_key.get_secret_value())]
    c.JupyterHub.services = [
        service.specification(
            token=hub.token(service.name), base_url=hub.base_url, url=hub.service_urls.get(service.name, "")
        )
        for service in services.installed(settings.project)
    ] + [{"name": name, "api_token": hub.token(name), "display": False} for name in OWN_SERVICES if hub.token(name)]
    configure_spawner(c, settings)
