"""The right to run a job for a date: held by one process, wherever it runs, and free again once that one is dead."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from foliohub.errors import LockedError, RunInProgressError, StoreUnavailableError
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.records import RunRecord, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foliohub.config import Settings

STARTING = "runs-starting"
"""Lock held while a run's record is first written, and while the store is pruned: neither overlooks the other."""


@contextmanager
def claim(settings: Settings, job: str, day: str) -> Iterator[None]:
    """Hold the right to run a job for a date.

    Whose process died loses it: on one machine at once, on S3 half a minute later. While it is held on S3, nothing can
    be recorded by a thread that has lost it to somebody else.

    Raises
    ------
    RunInProgressError
        Another process holds it, and lives.
    StoreError
        The store cannot be reached, or its folder of locks not be written; or the right was lost meanwhile.
    """
    with ExitStack() as held:
        try:
            held.enter_context(open_store(settings).lock(_name(job, day), until_alive=True))
        except LockedError:
            raise RunInProgressError(
                f"{job} for {day} is being run by another process.",
                remedy="Wait for it to end; `foliohub runs list` shows it.",
            ) from None
        yield


def is_claimed(settings: Settings, job: str, day: str) -> bool:
    """Whether some process is running a job for a date; on S3 that of a dead one seems to for up to two minutes."""
    try:
        return open_store(settings).is_locked(_name(job, day))
    except StoreUnavailableError:
        return True  # nobody can say; nothing may be taken from a run that may be under way


def status_now(settings: Settings, record: RunRecord) -> Status:
    """A run's status; one that was killed has no process any more, whatever it last wrote of itself."""
    if record.status is Status.RUNNING and not is_claimed(settings, record.job, record.as_of):
        return Status.INTERRUPTED
    return record.status


def prune(settings: Settings) -> tuple[tuple[str, int], ...]:
    """Remove the versions that no run record names and that are not the latest.

    Returns
    -------
    tuple of (name, number)
        What was removed.

    Raises
    ------
    RunInProgressError
        A run is under way: which versions it reads is not recorded yet.
    """
    store = open_store(settings)
    records = open_records(settings, store)
    with store.lock(STARTING):
        for record in records.list():
            if status_now(settings, record) is Status.RUNNING:
                raise RunInProgressError(
                    f"Run {record.id} is under way, and may be reading what would be removed.",
                    remedy="Wait for it to end; `foliohub runs list` shows it.",
                )
        return store.prune(records.named_versions())


def _name(job: str, day: str) -> str:
    return f"claims/{job}/{day}"
