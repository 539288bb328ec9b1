"""Logs of the platform's services: everything they and their libraries say, as lines of JSON."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from foliohub import logs

if TYPE_CHECKING:
    from foliohub.config import Settings

_SECRET = ("_TOKEN", "_KEY", "_SECRET", "_PASSWORD", "_TOKENS")


def configure(settings: Settings, service: str, *, level: int = logging.INFO) -> None:
    """Start the log of a service: to standard error, which its supervisor keeps, or to standard output in a container.

    Parameters
    ----------
    settings : Settings
    service : str
    level : int
        Of what libraries say; Foliohub's own is told from INFO on.
    """
    logs.configure(settings, service, secrets=environment_secrets(), everything=True, stream=True)
    logging.getLogger().setLevel(level)
    for own in ("foliohub", "hub"):
        logging.getLogger(own).setLevel(logging.INFO)
    logging.captureWarnings(True)


def environment_secrets() -> tuple[str, ...]:
    """Values of the environment that are secret by their name: the hub's tokens among them."""
    return tuple(value for name, value in os.environ.items() if name.endswith(_SECRET) and len(value) >= 8)


__all__ = ["configure", "environment_secrets"]
