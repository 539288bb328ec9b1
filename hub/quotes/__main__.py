"""``python -m hub.quotes``: the quotes service, until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import AbstractContextManager

import filelock

from foliohub.config import Settings, load_settings
from foliohub.errors import FoliohubError, RunInProgressError
from foliohub.logs import scrub
from hub import service_logs
from hub.carrying import carry_quotes
from hub.monitoring.endpoint import serve
from hub.quotes.service import Service
from hub.quotes.telemetry import QuotesTelemetry

_log = logging.getLogger("hub.quotes")


def main() -> int:
    """Run the service; gives the exit code."""
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # the board says how the connection is
    secrets: tuple[str, ...] = ()
    try:
        settings = load_settings()
        secrets = settings.secrets
        service_logs.configure(settings, "quotes")
        with _only_one(settings):
            return asyncio.run(_serve(settings))
    except FoliohubError as error:
        _log.error("%s", scrub(str(error), secrets))
        return 1


async def _serve(settings: Settings) -> int:
    service, stop = Service(settings), asyncio.Event()
    serve(QuotesTelemetry(service).registry)
    carry_quotes(settings, out=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await service.run(stop)
    if service.thread.busy:
        # It waits for another writer, inside the store; the interpreter's orderly end would wait for it or crash.
        logging.shutdown()
        os._exit(0)
    return 0


def _only_one(settings: Settings) -> AbstractContextManager[object]:
    """Hold the right to be the installation's quotes service: two of them would overwrite each other's file."""
    try:
        settings.locks.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(settings.locks / "quotes.lock").acquire(timeout=0)
    except filelock.Timeout:
        raise RunInProgressError(
            "Another quotes service runs with this home folder.",
            remedy="Let it run, or end it first; `foliohub status` shows it.",
        ) from None
    except OSError as error:
        raise FoliohubError(
            f"The home folder {settings.home} cannot be used: {error.strerror or error}.",
            remedy="Make it writable, or set FOLIOHUB_HOME to a folder that is.",
        ) from error


if __name__ == "__main__":
    sys.exit(main())
