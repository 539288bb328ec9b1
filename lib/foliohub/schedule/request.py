"""One run that is wanted: by a person, by a program, or by the clock; and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foliohub.errors import InputError

SCHEDULE = "schedule"
"""Who asks for what is due by the clock."""


class State(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    DONE = "done"
    ALREADY_DONE = "already done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in _OPEN

    @property
    def good(self) -> bool:
        """Whether the job has succeeded for its session."""
        return self in (State.DONE, State.ALREADY_DONE)


_OPEN = frozenset({State.WAITING, State.RUNNING, State.RETRYING})


class Request(BaseModel):
    """One run that is wanted.

    Attributes
    ----------
    id : str
        ``<job>-<suffix>``. Of what is due by the clock the suffix is the scheduled time in minutes since 1970, as in
        the names Kubernetes gives the runs of a CronJob: the same key there and here.
    job : str
    by : str
        Who asked; "schedule" for the clock.
    submitted_at : datetime
        UTC.
    scheduled_at : datetime or None
        When it was due by the clock, UTC.
    as_of : str or None
        The session, as YYYY-MM-DD; None until the scheduler has chosen the last one closed at that time.
    parameters : dict
        In place of those in the job's file.
    force : bool
        Make another attempt although one has succeeded.
    state : State
    tries : int
        How often it was started and ended by itself.
    interruptions : int
        How often it was started and the scheduler went away before it ended.
    started_at, ended_at : datetime or None
        UTC; of the last try.
    not_before : datetime or None
        UTC; when it is tried again.
    run_id : str or None
        The run record it led to.
    reason : str
        Why it failed, was skipped or waits.
    cancelled_by : str or None
        Set as soon as somebody asks; a run under way is ended shortly after.
    blocked : bool
        Skipped because a job it depends on did not succeed; asked for again once that one has.
    trace : str or None
        What its run's log lines bear, and those of whoever asked (see `foliohub.tracing`).
    follows : str or None
        Id of the request this one makes up for: what was blocked then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(max_length=100)]
    job: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    submitted_at: datetime
    scheduled_at: datetime | None = None
    as_of: str | None = None
    parameters: dict[str, Any] = {}
    force: bool = False
    state: State = State.WAITING
    tries: int = 0
    interruptions: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    not_before: datetime | None = None
    run_id: str | None = None
    reason: str = ""
    cancelled_by: str | None = None
    blocked: bool = False
    trace: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    follows: Annotated[str, Field(max_length=100)] | None = None

    @property
    def due_at(self) -> datetime:
        """When it should have begun: at its scheduled time, else when it was asked for."""
        return self.scheduled_at or self.submitted_at


class Pause(BaseModel):
    """A job that does not run at its times until somebody lets it.

    Attributes
    ----------
    job : str
    by : str
        Who paused it; once it was let go, who did that.
    at : datetime
        UTC.
    paused : bool
        False once it was let go.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    at: datetime
    paused: bool = True


def scheduled_id(job: str, scheduled_at: datetime) -> str:
    """The id of what is due by the clock: for one job and one time there is one.

    Examples
    --------
    >>> scheduled_id("daily-ingest", datetime(2022, 12, 28, 23, 15, tzinfo=UTC))
    'daily-ingest-27871155'
    """
    return f"{job}-{int(scheduled_at.astimezone(UTC).timestamp()) // 60}"


Model = TypeVar("Model", Request, Pause)


def made(kind: type[Model], **values: Any) -> Model:
    """A request or a pause of what somebody asked for.

    Raises
    ------
    InputError
        Names what is wrong with it.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{first['loc'][0]} cannot be {first['input']!r}: {first['msg'].lower()}.") from None


def following(blocked: Request, now: datetime) -> Request:
    """The request that makes up for one that was blocked: of one there is one."""
    return made(
        Request,
        id=f"{blocked.id}-again",
        job=blocked.job,
        by=blocked.by,
        submitted_at=now,
        scheduled_at=blocked.scheduled_at,
        as_of=blocked.as_of,
        trace=blocked.trace,
        follows=blocked.id,
    )


def same(found: Request, wanted: Request, key: str) -> Request:
    """The request that was found under a key, if it is what is wanted.

    Raises
    ------
    InputError
        The key was used for something else.
    """
    if (found.job, found.parameters, found.force) != (wanted.job, wanted.parameters, wanted.force) or (
        wanted.as_of is not None and found.as_of != wanted.as_of
    ):
        raise InputError(
            f"The key {key!r} was used for another request, {found.id}.", remedy="Take a new key for a new request."
        )
    return found


__all__ = ["SCHEDULE", "Model", "Pause", "Request", "State", "following", "made", "same", "scheduled_id"]
