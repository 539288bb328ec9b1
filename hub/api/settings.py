"""What the API service is told by its environment, besides Foliohub's own settings."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from hub.service_settings import Listen, Prefix, ServiceSettings


class ApiSettings(ServiceSettings):
    """How the API is served.

    Attributes
    ----------
    prefix : str
        Path below which everything lies, as the hub names it; begins and ends with a slash.
    listen : str
        URL to listen on.
    allowed_hosts : tuple of str
        Names that a request's Host header may bear, without ports, besides that of `public_url`; "*" for any.
    public_url : str
        Address people use.
    requests_per_second, burst : float
        What one user may ask of one replica: a rate for long, and how much of it at once.
    streams : int
        Streams of quotes one user may hold open, of each replica.
    cache_megabytes : float
        Answers kept ready.
    drain_seconds : float
        Told to end, it says that it is not ready, and serves as before for so long: until nobody sends requests here.
    finish_seconds : float
        Then requests under way may take so long to be answered.
    """

    model_config = SettingsConfigDict(env_prefix="FOLIOHUB_API_")

    prefix: Prefix = "/services/api/"
    listen: Listen = "http://127.0.0.1:18200"
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("localhost", "127.0.0.1", "::1"), validation_alias="FOLIOHUB_ALLOWED_HOSTS"
    )
    public_url: str = Field(default="", validation_alias="JUPYTERHUB_PUBLIC_URL")
    requests_per_second: float = Field(default=50, gt=0)
    burst: float = Field(default=200, ge=1)
    streams: int = Field(default=4, ge=1)
    cache_megabytes: float = Field(default=64, ge=0)
    drain_seconds: float = Field(default=0, ge=0)
    finish_seconds: float = Field(default=3, ge=0)

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @property
    def hosts(self) -> frozenset[str]:
        """Every name a Host header may bear."""
        return frozenset({*self.allowed_hosts, urlsplit(self.public_url).hostname or ""}) - {""}
