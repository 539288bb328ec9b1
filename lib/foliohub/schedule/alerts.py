"""Alerts: a job failed, is late, or will be missing. Recorded first, delivered after, each at most once."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from foliohub.errors import NotStoredError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foliohub.data.store import Store

_ALERTS = "schedule/alerts/"
_TRIES = 8
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=10)


class Kind(StrEnum):
    """What an alert is about."""

    FAILED = "failed"
    LATE = "late"
    MISSING = "missing"
    CONFIGURATION = "configuration"
    UNSIGNED = "unsigned"


class Stage(StrEnum):
    """How far the delivery of an alert over one channel has come."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"
    UNCERTAIN = "uncertain"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Delivery(_Frozen):
    """The delivery of an alert over one channel.

    Attributes
    ----------
    stage : Stage
        "uncertain": it was handed over, and whether it arrived was never said. It is not sent again.
    tries : int
    not_before : datetime or None
        UTC; when it is tried again.
    error : str
        Of the last try.
    """

    stage: Stage = Stage.PENDING
    tries: int = 0
    not_before: datetime | None = None
    error: str = ""


class Alert(_Frozen):
    """Something somebody should know.

    Attributes
    ----------
    id : str
        The same for the same event: however often it is met, there is one alert.
    kind : Kind
    job : str
    sentence : str
        What happened, for people.
    raised_at : datetime
        UTC.
    request : str or None
        Id of the request.
    as_of : str or None
        The session, as YYYY-MM-DD.
    scheduled_at : datetime or None
        UTC.
    run_id : str or None
    deliveries : dict
        Channel -> how far; empty where none is set up.
    """

    id: str
    kind: Kind
    job: str
    sentence: str
    raised_at: datetime
    request: str | None = None
    as_of: str | None = None
    scheduled_at: datetime | None = None
    run_id: str | None = None
    deliveries: dict[str, Delivery] = {}

    @property
    def title(self) -> str:
        """One line, as for a mail's subject."""
        session = f" ({self.as_of})" if self.as_of else ""
        return f"Foliohub: {self.job} {self.kind}{session}"


class Alerts:
    """The alerts of a store.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settled: dict[str, Alert] = {}

    def raise_once(self, alert: Alert) -> bool:
        """Record an alert, unless the event has one. Gives whether it is new."""
        with self._store.lock("schedule/alerts"):
            try:
                self._store.read_document(_ALERTS + alert.id)
            except NotStoredError:
                self._save(alert)
                return True
            return False

    def all(self) -> list[Alert]:
        """Every alert, the latest first. One instance reads what is settled once."""
        names = self._store.document_names(_ALERTS)
        unknown = [name for name in names if name not in self._settled]
        fresh = {_ALERTS + alert.id: alert for alert in map(_parsed, self._store.documents_of(unknown))}
        self._settled |= {name: alert for name, alert in fresh.items() if not _open(alert)}
        known = self._settled | fresh
        found = [known[name] for name in names if name in known]
        return sorted(found, key=lambda alert: (alert.raised_at, alert.id), reverse=True)

    def due(self, now: datetime) -> list[tuple[Alert, str]]:
        """What is to be sent now, oldest first: alerts and channels."""
        return [
            (alert, channel)
            for alert in reversed(self.all())
            for channel, delivery in alert.deliveries.items()
            if delivery.stage is Stage.PENDING and (delivery.not_before is None or delivery.not_before <= now)
        ]

    def begin(self, alert: Alert, channel: str) -> None:
        """Note that it is being sent: whoever comes after a crash must not send it again."""
        self._change(alert.id, channel, lambda old: {"stage": Stage.SENDING, "tries": old.tries + 1})

    def delivered(self, alert: Alert, channel: str) -> None:
        """Note that it has arrived."""
        self._change(alert.id, channel, lambda _: {"stage": Stage.DELIVERED, "error": ""})

    def uncertain(self, alert: Alert, channel: str, error: str) -> None:
        """Note that it may have arrived, and that nobody will ever know."""
        self._change(alert.id, channel, lambda _: {"stage": Stage.UNCERTAIN, "error": error})

    def refused(self, alert: Alert, channel: str, error: str, now: datetime, *, for_good: bool) -> None:
        """Note that it has certainly not arrived; it is tried again later, unless the refusal is for good."""

        def change(old: Delivery) -> dict[str, Any]:
            if for_good or old.tries >= _TRIES:
                return {"stage": Stage.ABANDONED, "error": error}
            wait = min(_FIRST_WAIT * 2 ** (old.tries - 1), _LONGEST_WAIT)
            return {"stage": Stage.PENDING, "error": error, "not_before": now + wait}

        self._change(alert.id, channel, change)

    def prune(self, before: datetime) -> int:
        """Forget what was raised before a moment, unless it is still to be sent; gives how many."""
        gone = [alert for alert in self.all() if alert.raised_at < before and not _open(alert)]
        for alert in gone:
            self._store.remove_document(_ALERTS + alert.id)
        return len(gone)

    def settle_interrupted(self) -> None:
        """After a start: what was being sent when the process went away may have arrived."""
        for alert in self.all():
            for channel, delivery in alert.deliveries.items():
                if delivery.stage is Stage.SENDING:
                    self.uncertain(alert, channel, "The scheduler was stopped while it was sent.")

    def _change(self, identifier: str, channel: str, change: Any) -> None:
        with self._store.lock("schedule/alerts"):
            alert = _parsed(self._store.read_document(_ALERTS + identifier))
            delivery = alert.deliveries[channel]
            delivery = delivery.model_copy(update=change(delivery))
            self._save(alert.model_copy(update={"deliveries": {**alert.deliveries, channel: delivery}}))

    def _save(self, alert: Alert) -> None:
        self._store.write_document(_ALERTS + alert.id, alert.model_dump(mode="json"))


def _open(alert: Alert) -> bool:
    return any(delivery.stage in (Stage.PENDING, Stage.SENDING) for delivery in alert.deliveries.values())


def _parsed(content: Mapping[str, Any]) -> Alert:
    try:
        return Alert.model_validate(content)
    except ValidationError as error:
        raise StoreError(
            f"An alert cannot be read: {error.errors()[0]['msg']}.",
            remedy="It was written by another version of Foliohub; use that one.",
        ) from None


__all__ = ["Alert", "Alerts", "Delivery", "Kind", "Stage"]
