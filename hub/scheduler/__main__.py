"""``python -m hub.scheduler``."""

from __future__ import annotations

import signal
import sys
import threading

from foliohub.config import load_settings
from foliohub.errors import FoliohubError
from hub import service_logs
from hub.scheduler.service import Service


def main() -> int:
    """Run the scheduler until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load_settings()
        service_logs.configure(settings, "scheduler")
        Service(settings).run(stop)
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
