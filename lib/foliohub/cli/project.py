"""The project's own programs in `hub/`: not installed, but imported from the folder of the project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from foliohub.errors import ConfigurationError

if TYPE_CHECKING:
    from foliohub.config import Settings


def platform_settings() -> Settings:
    """Read the settings and make `hub` importable.

    Raises
    ------
    ConfigurationError
        If the project has no `hub/`.
    """
    from foliohub.cli.console import settings

    configured = settings()
    if not (configured.project / "hub" / "supervisor").is_dir():
        raise ConfigurationError(
            f"{configured.project} does not hold the platform's programs (hub/).",
            remedy="Start this in a clone of Foliohub, or set FOLIOHUB_PROJECT to one.",
        )
    if str(configured.project) not in sys.path:
        sys.path.append(str(configured.project))
    return configured
