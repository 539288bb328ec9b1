"""Serve the API: ``python -m hub.api``."""

from __future__ import annotations

import logging
import math
import sys

import uvicorn
from pydantic import ValidationError

from foliohub.config import load_settings
from foliohub.errors import FoliohubError
from hub import service_logs
from hub.api.app import create_app
from hub.api.serving import DrainingServer
from hub.api.settings import ApiSettings
from hub.carrying import carry_quotes
from hub.monitoring.endpoint import serve


def main() -> int:
    """Serve until told to stop; 1 where the settings are wrong."""
    try:
        settings, service = load_settings(), ApiSettings()
        service_logs.configure(settings, "api", level=logging.WARNING)
    except (FoliohubError, ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    from hub.api.hub_identity import HubAuthenticator

    host, port = service.address
    app = create_app(settings, HubAuthenticator(), service)
    readiness = app.state.context.readiness
    serve(app.state.context.telemetry.registry)
    carry_quotes(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=math.ceil(service.finish_seconds),
    )
    DrainingServer(config, readiness, service.drain_seconds).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
