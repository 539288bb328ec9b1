"""Settings of the hub: environment variables with the prefix ``FOLIOHUB_HUB_``; laptop and cluster differ only here."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foliohub.config import Settings, load_settings
from foliohub.errors import ConfigurationError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class HubSettings(BaseSettings):
    """How the hub is set up.

    Attributes
    ----------
    platform : {"local", "kubernetes"}
        Where it runs. On Kubernetes the chart brings proxy, database, spawner and the services' tokens.
    address, port : str, int
        Where people reach it. Any address but the loopback interface's wants TLS, or `plain_http`.
    base_url : str
        Path everything lies under, beginning and ending with a slash.
    tls_key, tls_certificate : Path or None
        PEM files; both or none.
    plain_http : bool
        Allow an address others can reach without TLS, because something in front of it speaks TLS.
    tls_in_front : bool
        Something in front of the platform speaks TLS with everybody, as an Ingress: browsers are told to stay with it.
    hub_port, proxy_port : int
        Ports of the hub and the proxy's own API on the loopback interface.
    service_urls : dict of str to str
        Where each web service listens.
    service_tokens : dict of str to SecretStr
        The token of each service, the hub's own included.
    cookie_secret, crypt_key : SecretStr or None
        Keys of sessions and of what the hub keeps encrypted.
    database : str
        SQLAlchemy URL; by default a file under ``FOLIOHUB_HOME/hub``.
    authenticator : {"file", "oauth", "chart"}
        Who checks passwords: the file of people, the company's accounts (see `hub.config.company`), or whatever the
        chart's own values say.
    oauth_provider, oauth_name, oauth_scopes : str, str, list of str
        JupyterHub's name of the authenticator, the claim that is the user's name, and what to ask for.
    oauth_claim, oauth_groups : str, dict of str to str
        Where groups are listed, and which of the company's is which of ours.
    cull_after : int
        Seconds after which a server nobody uses ends; 0 for never.
    people : Path or None
        The file of people; by default ``people.json`` under ``FOLIOHUB_HOME/hub``. On Kubernetes a mounted Secret.
    release : str
        From ``HELM_RELEASE_NAME``: what names of the installation's Kubernetes resources begin with.
    store_secret, keys_secret : str
        Kubernetes Secrets with the store's address (key ``uri``) and the installation's keys.
    accepted_keys : list of str
        Keys of the latter that hold public keys whose signatures count.
    """

    model_config = SettingsConfigDict(
        env_prefix="FOLIOHUB_HUB_", extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True
    )

    platform: Literal["local", "kubernetes"] = "local"
    address: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: str = Field(default="/", pattern=r"^/([\w.~-]+/)*$")
    tls_key: Path | None = None
    tls_certificate: Path | None = None
    plain_http: bool = False
    tls_in_front: bool = False
    hub_port: int = 8081
    proxy_port: int = 8001
    service_urls: dict[str, str] = Field(default_factory=dict)
    service_tokens: dict[str, SecretStr] = Field(default_factory=dict)
    cookie_secret: SecretStr | None = None
    crypt_key: SecretStr | None = None
    database: str = ""
    authenticator: Literal["file", "oauth", "chart"] = "file"
    oauth_provider: str = "generic-oauth"
    oauth_name: str = "preferred_username"
    oauth_scopes: list[str] = Field(default_factory=lambda: ["openid", "profile", "groups"])
    oauth_claim: str = "oauth_user.groups"
    oauth_groups: dict[str, Literal["researchers", "managers", "operators"]] = Field(default_factory=dict)
    cull_after: int = Field(default=3600, ge=0)
    people: Path | None = None
    release: str = Field(
        default="foliohub", validation_alias="HELM_RELEASE_NAME", pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
    )
    store_secret: str = "foliohub-store"  # noqa: S105 (its name)
    keys_secret: str = "foliohub-signing"  # noqa: S105 (its name)
    accepted_keys: list[str] = Field(default_factory=lambda: ["accepted.pem"])

    @model_validator(mode="after")
    def _reachable_only_safely(self) -> Self:
        if (self.tls_key is None) != (self.tls_certificate is None):
            raise ValueError("a TLS key needs its certificate, and a certificate its key")
        for file in (self.tls_key, self.tls_certificate):
            if file is not None and not file.is_file():
                raise ValueError(f"there is no {file}")
        if self.address not in LOOPBACK and not (self.tls or self.plain_http):
            raise ValueError(
                f"others can reach {self.address}: passwords would cross the network unencrypted. Give a TLS key and "
                "certificate, or say plain_http where something in front of it speaks TLS"
            )
        return self

    @property
    def tls(self) -> bool:
        """Whether the proxy itself speaks TLS."""
        return self.tls_key is not None

    @property
    def encrypted(self) -> bool:
        """Whether browsers speak TLS with the platform, whoever ends it."""
        return self.tls or self.tls_in_front

    @property
    def origin(self) -> str:
        """What people type before the path."""
        host = self.address if self.address not in ("", "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 (compared)
        return f"{'https' if self.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def public_url(self) -> str:
        """Address of the platform, with its path."""
        return self.origin + self.base_url

    @property
    def hub_url(self) -> str:
        """Address of the hub for services on the same machine, without path."""
        return f"http://127.0.0.1:{self.hub_port}"

    @property
    def api_url(self) -> str:
        """Address of the hub's API for programs on the same machine."""
        return f"{self.hub_url}{self.base_url}hub/api"

    def token(self, service: str) -> str:
        """The token of a service; empty where it has none."""
        secret = self.service_tokens.get(service)
        return secret.get_secret_value() if secret else ""


def load_hub_settings(**given: object) -> HubSettings:
    """Read the settings from the environment; what is `given` goes before it.

    Raises
    ------
    ConfigurationError
        Names the variable that is wrong, and why; never its value, which might be secret.
    """
    try:
        return HubSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        name = f"Setting FOLIOHUB_HUB_{str(first['loc'][0]).upper()} is" if first["loc"] else "The hub's settings are"
        raise ConfigurationError(f"{name} wrong: {reason}.", remedy="Correct or unset it.") from None


def hub_folder(settings: Settings | None = None) -> Path:
    """Folder of the hub's own files: database, people, keys."""
    return (settings or load_settings()).home / "hub"
