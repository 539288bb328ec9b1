"""``python -m hub.scheduler``."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from foliohub import logs
from foliohub.config import load_settings
from foliohub.errors import FoliohubError
from hub.scheduler.service import Service


def main() -> int:
    """Run the scheduler until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load_settings()
        logs.configure(settings.home / "logs", settings.secrets)
        _show_log()
        Service(settings).run(stop)
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _show_log() -> None:
    """Write the log to standard error too, where whoever started this reads it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("foliohub")
    for kept in logger.handlers:
        for scrubber in kept.filters:
            handler.addFilter(scrubber)
    logger.addHandler(handler)


if __name__ == "__main__":
    sys.exit(main())
