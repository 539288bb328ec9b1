"""Which events are worth an alert, and what it says."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from foliohub.errors import FoliohubError
from foliohub.schedule.alerts import Alert, Alerts, Delivery, Kind
from foliohub.schedule.planner import Missed
from foliohub.schedule.request import Request, State, scheduled_id

logger = logging.getLogger("foliohub.scheduler.alarm")


class Alarm:
    """Raises alerts, each once.

    Parameters
    ----------
    alerts : Alerts
    channels : collection of str
        Over which each is to be delivered.
    late_after : timedelta
        A job that has not begun so long after its time is late.
    """

    def __init__(self, alerts: Alerts, channels: Collection[str], late_after: timedelta) -> None:
        self._alerts = alerts
        self._channels = tuple(channels)
        self._late_after = late_after
        self._raised: set[str] = set()

    def ended(self, request: Request, now: datetime) -> None:
        """Raise one for a request that failed, and for a due time that was skipped because another job failed."""
        if request.state is State.FAILED:
            sentence = f"{_named(request)} failed: {request.reason}"
            self._raise(Kind.FAILED, request.id, request.job, sentence, now, request)
        elif request.state is State.SKIPPED and request.scheduled_at:
            sentence = f"{_named(request)} was not run: {request.reason}"
            self._raise(Kind.MISSING, request.id, request.job, sentence, now, request)

    def maybe_late(self, request: Request, now: datetime) -> None:
        """Raise one for a request that should have begun long ago."""
        due = request.scheduled_at
        if due is None or request.started_at or now - due < self._late_after:
            return
        sentence = f"{_named(request)} has not begun {_long(now - due)} after its time; it will, as soon as it can."
        self._raise(Kind.LATE, request.id, request.job, sentence, now, request)

    def missed(self, missed: Missed, now: datetime) -> None:
        """Raise one for times that passed while nothing ran, and are too many to make up for."""
        times = "One time" if missed.count == 1 else f"{missed.count} times"
        sentence = (
            f"{times} of {missed.job} passed while the scheduler was off, and will not be made up for: "
            f"{missed.first:%Y-%m-%d %H:%M} to {missed.last:%Y-%m-%d %H:%M} UTC."
        )
        self._raise(Kind.MISSING, scheduled_id(missed.job, missed.last), missed.job, sentence, now)

    def not_started(self, job: str, due: datetime, now: datetime, *, will_be: bool) -> None:
        """Raise one for a time that the cluster, which keeps the clock, has started nothing at.

        Parameters
        ----------
        job : str
        due : datetime
            UTC.
        now : datetime
        will_be : bool
            Whether the cluster may still start it.
        """
        sentence = (
            f"{job}, due {due:%Y-%m-%d %H:%M} UTC, was not started by the cluster {_long(now - due)} after its time"
        )
        hint = "look at its CronJob, and at the events of its namespace."
        if will_be:
            self._raise(Kind.LATE, scheduled_id(job, due), job, f"{sentence}; {hint}", now)
        else:
            self._raise(Kind.MISSING, scheduled_id(job, due), job, f"{sentence}, and will not be: {hint}", now)

    def misconfigured(self, error: FoliohubError, now: datetime) -> None:
        """Raise one for job files that cannot be read; once a day, as long as it lasts."""
        digest = hashlib.sha256(str(error).encode()).hexdigest()[:12]
        sentence = f"The job files cannot be read, those read before stay in force: {error}"
        self._raise(Kind.CONFIGURATION, f"{now:%Y-%m-%d}-{digest}", "jobs", sentence, now)

    def unsigned(self, refused: Mapping[str, str], now: datetime) -> None:
        """Raise one for documents that somebody passed off as requests; once a day, as long as they are there."""
        if not refused:
            return
        first, why = min(refused.items())
        others = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        sentence = (
            f"Somebody wrote into the store what only the platform may ask for; it is ignored: {first[:100]}{others} "
            f"({why})."
        )
        self._raise(Kind.UNSIGNED, f"{now:%Y-%m-%d}", "requests", sentence, now)

    def _raise(
        self, kind: Kind, event: str, job: str, sentence: str, now: datetime, request: Request | None = None
    ) -> None:
        identifier = f"{kind}-{event}"
        if identifier in self._raised:
            return
        about: dict[str, Any] = {}
        if request:
            about = {
                "request": request.id,
                "as_of": request.as_of,
                "scheduled_at": request.scheduled_at,
                "run_id": request.run_id,
            }
        deliveries = {channel: Delivery() for channel in self._channels}
        alert = Alert(
            id=identifier, kind=kind, job=job, sentence=sentence, raised_at=now, deliveries=deliveries, **about
        )
        if self._alerts.raise_once(alert):
            logger.warning("alert %s: %s", alert.id, sentence)
        self._raised.add(identifier)


class SilentAlarm(Alarm):
    """Raises nothing: of a pod that runs one job. The scheduler, which delivers, sees from the store what is to say."""

    def __init__(self) -> None:
        """Make one."""

    def ended(self, request: Request, now: datetime) -> None:
        """Say nothing."""

    def maybe_late(self, request: Request, now: datetime) -> None:
        """Say nothing."""

    def _raise(
        self, kind: Kind, event: str, job: str, sentence: str, now: datetime, request: Request | None = None
    ) -> None:
        del event, job, now, request
        logger.warning("%s: %s", kind, sentence)


def _long(span: timedelta) -> str:
    for unit, most, name in ((timedelta(minutes=1), 90, "minutes"), (timedelta(hours=1), 48, "hours")):
        if span / unit <= most:
            return f"{span / unit:.0f} {name}"
    return f"{span.days} days"


def _named(request: Request) -> str:
    session = f" for {request.as_of}" if request.as_of else ""
    if request.scheduled_at is None:
        return f"{request.job}{session}, asked for by {request.by},"
    return f"{request.job}{session}, due {request.scheduled_at.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M} UTC,"


__all__ = ["Alarm", "SilentAlarm"]
