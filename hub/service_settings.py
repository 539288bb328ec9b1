"""What JupyterHub tells every web service of its own by the environment: where it lies, and where to listen."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _slashes(prefix: str) -> str:
    return f"/{prefix.strip('/')}/" if prefix.strip("/") else "/"


Prefix = Annotated[str, Field(validation_alias="JUPYTERHUB_SERVICE_PREFIX"), AfterValidator(_slashes)]
"""Path below which everything lies, as the hub names it; begins and ends with a slash."""

Listen = Annotated[str, Field(validation_alias="JUPYTERHUB_SERVICE_URL")]
"""URL to listen on."""


class ServiceSettings(BaseSettings):
    """Settings of a web service; each service names its own defaults of these two.

    Attributes
    ----------
    prefix : str
        Path below which everything lies.
    listen : str
        URL to listen on.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    prefix: Prefix
    listen: Listen

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        parts = urlsplit(self.listen)
        return parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)
