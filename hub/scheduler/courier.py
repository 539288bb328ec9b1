"""Delivers alerts, in a thread of its own: however slow a receiver is, no job waits for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from foliohub.errors import FoliohubError
from foliohub.schedule.alerts import Alerts
from hub.scheduler.channels import Channel, NotDeliveredError, UncertainDeliveryError

logger = logging.getLogger("foliohub.scheduler.courier")

_POLL = 1.0


class Courier:
    """Delivers alerts, each at most once per channel.

    That one is being sent is recorded before it is sent: a crash meanwhile costs that alert, and never doubles it.
    Where a receiver has certainly not taken it, it is sent again, later each time.

    Parameters
    ----------
    alerts : Alerts
    channels : mapping of name to Channel
    clock : callable
        Gives the time, UTC.
    """

    def __init__(self, alerts: Alerts, channels: Mapping[str, Channel], clock: Callable[[], datetime]) -> None:
        self._alerts = alerts
        self._channels = channels
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_delivering, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver; what was under way when the last scheduler went is not sent again."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more."""
        self._stopped.set()

    def deliver(self) -> int:
        """Send what is due now, once; the number of tries."""
        due = self._alerts.due(self._clock())
        for alert, name in due:
            if self._stopped.is_set():
                break
            channel = self._channels.get(name)
            if channel is None:
                self._alerts.uncertain(alert, name, "This channel is not set up any more.")
                continue
            self._alerts.begin(alert, name)
            try:
                channel.send(alert)
            except NotDeliveredError as error:
                logger.warning("alert %s over %s: %s", alert.id, name, error)
                self._alerts.refused(alert, name, str(error), self._clock(), for_good=error.for_good)
            except UncertainDeliveryError as error:
                logger.warning("alert %s over %s: %s", alert.id, name, error)
                self._alerts.uncertain(alert, name, str(error))
            else:
                logger.info("alert %s delivered over %s", alert.id, name)
                self._alerts.delivered(alert, name)
        return len(due)

    def _keep_delivering(self) -> None:
        settled = False
        while not self._stopped.wait(_POLL):
            try:
                if not settled:
                    self._alerts.settle_interrupted()
                    settled = True
                self.deliver()
            except FoliohubError as error:  # the store cannot be used just now
                logger.warning("alerts wait: %s", error)
            except Exception:
                logger.exception("alerts wait")


__all__ = ["Courier"]
