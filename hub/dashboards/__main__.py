"""Start the service: ``python -m hub.dashboards``; with ``--open``, without log-in, for development on this machine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from foliohub.config import load_settings
from foliohub.errors import ConfigurationError
from hub import service_logs
from hub.carrying import carry_quotes
from hub.dashboards.app import dashboards_at
from hub.dashboards.settings import DashboardSettings

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


async def _serve(*, open_to_all: bool) -> None:
    options = DashboardSettings()
    if open_to_all and options.address[0] not in _LOOPBACK:
        raise ConfigurationError(
            f"Without log-in the service listens on this machine only, not on {options.address[0]}.",
            remedy="Leave out --open, or listen on 127.0.0.1.",
        )
    settings = load_settings()
    reports = options.reports or settings.project / "reports"
    carry_quotes(settings)
    await dashboards_at(options, reports, open_to_all=open_to_all).serve()
    # All is ended. What Python would tidy up now (sockets of dead kernels, tasks that wait for them) takes its time.
    logging.shutdown()
    os._exit(0)


def main() -> int:
    """Run until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m hub.dashboards", description=__doc__)
    parser.add_argument("--open", action="store_true", help="nobody logs in; loopback only")
    arguments = parser.parse_args()
    logging.getLogger("tornado.general").setLevel(logging.ERROR)  # it takes Jupyter's milliseconds for seconds
    try:
        service_logs.configure(load_settings(), "dashboards", level=logging.WARNING)
        asyncio.run(_serve(open_to_all=arguments.open))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
