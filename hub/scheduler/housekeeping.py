"""What nobody asks about any more is removed once a day, beside the schedule: no job waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from foliohub.errors import FoliohubError
from foliohub.schedule import Alerts, Requests

logger = logging.getLogger("foliohub.scheduler.housekeeping")

_EVERY = timedelta(days=1)
_POLL = 60.0


class Housekeeping:
    """Forgets old requests and alerts, and all versions but the latest of each session's minute bars.

    Every writing of minute bars leaves a version. No run reads them, and no record names one: they alone are removed
    without being asked. What else nobody names goes with ``foliohub store prune``, as it may be a vintage of prices.

    Parameters
    ----------
    requests : Requests
        Of its own: it works in another thread than the schedule.
    alerts : Alerts
    prune : callable
        Removes versions of minute bars, gives how many.
    keep : timedelta
        How long requests that have ended and alerts that were sent are kept.
    file : Path
        Where to note when it was done.
    clock : callable
        Gives the time, UTC.
    """

    def __init__(
        self,
        requests: Requests,
        alerts: Alerts,
        prune: Callable[[], int],
        keep: timedelta,
        file: Path,
        clock: Callable[[], datetime],
    ) -> None:
        self._requests = requests
        self._alerts = alerts
        self._prune = prune
        self._keep = keep
        self._file = file
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin to look after the store; a home that is new is looked after a day later."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopped.set()

    def tidy(self) -> bool:
        """Do it, if the last time is a day ago; whether it was done."""
        now = self._clock()
        last = self._last()
        if last is None or last > now:  # never; or a clock that was put back
            self._note(now)
            return False
        if now - last < _EVERY:
            return False
        requests, alerts = self._requests.prune(now - self._keep), self._alerts.prune(now - self._keep)
        versions = self._prune()
        self._note(now)
        logger.info("housekeeping: %d requests, %d alerts, %d versions removed", requests, alerts, versions)
        return True

    def _last(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _note(self, now: datetime) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_suffix(".new")
        temporary.write_text(now.isoformat(), encoding="utf-8")
        temporary.replace(self._file)

    def _keep_house(self) -> None:
        while not self._stopped.wait(_POLL):
            try:
                self.tidy()
            except (FoliohubError, OSError) as error:  # the store cannot be used just now
                logger.warning("housekeeping waits: %s", error)
            except Exception:
                logger.exception("housekeeping waits")


__all__ = ["Housekeeping"]
