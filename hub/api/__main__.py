"""Serve the API: ``python -m hub.api``."""

from __future__ import annotations

import sys

import uvicorn
from pydantic import ValidationError

from foliohub.config import load_settings
from foliohub.errors import FoliohubError
from hub.api.app import create_app
from hub.api.settings import ApiSettings

_SECONDS_TO_END = 3
"""For requests under way when told to stop; streams of quotes would go on for ever."""


def main() -> int:
    """Serve until told to stop; 1 where the settings are wrong."""
    try:
        settings, service = load_settings(), ApiSettings()
    except (FoliohubError, ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from hub.api.hub_identity import HubAuthenticator

    host, port = service.address
    uvicorn.run(
        create_app(settings, HubAuthenticator(), service),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
