"""What the audit log is told of a run: that it began, how it ended, and every version it wrote."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from foliohub import audit
from foliohub.runs.records import Status

if TYPE_CHECKING:
    from foliohub.config import Settings
    from foliohub.runs.records import RunRecord


def began(settings: Settings, record: RunRecord) -> None:
    """A run began, in somebody's name."""
    audit.record("run-started", user=_who(settings), run=record.id, job=record.job, request=record.request)


def ended(settings: Settings, record: RunRecord) -> None:
    """It ended; what it wrote is told by the process that recorded it, not by the notebook that did."""
    who = _who(settings)
    for version in record.written:
        audit.record(
            "data-written", user=who, run=record.id, name=version.name, version=version.number, content=version.content
        )
    good = record.status is Status.SUCCEEDED
    why = record.error.kind if record.error else None
    audit.record(
        "run-ended", user=who, outcome="success" if good else "failure", run=record.id, job=record.job, error=why
    )


def _who(settings: Settings) -> str:
    if settings.started_by:
        return settings.started_by
    return "schedule" if settings.request else _somebody()


def _somebody() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        return "unknown"


__all__ = ["began", "ended"]
