"""The right to run a job for a date: held by one process, taken back by the system when that process dies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import filelock

from foliohub.errors import RunInProgressError, StoreError
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.records import RunRecord, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from foliohub.config import Settings

STARTING = "runs-starting"
"""Lock held while a run's record is first written, and while the store is pruned: neither overlooks the other."""

_MOMENT = 0.5
"""Seconds to wait for who only looks whether a claim is held."""


@contextmanager
def claim(settings: Settings, job: str, day: str) -> Iterator[None]:
    """Hold the right to run a job for a date.

    Raises
    ------
    RunInProgressError
        Another process holds it.
    StoreError
        The folder of locks cannot be written.
    """
    try:
        settings.locks.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(_file(settings, job, day))
        lock.acquire(timeout=_MOMENT)
    except filelock.Timeout:
        raise RunInProgressError(
            f"{job} for {day} is being run by another process.",
            remedy="Wait for it to end; `foliohub runs list` shows it.",
        ) from None
    except OSError as error:
        raise StoreError(
            f"The lock {_file(settings, job, day)} cannot be taken: {error.strerror or error}.",
            remedy="Make its folder writable, or set FOLIOHUB_HOME to a folder that is.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_claimed(settings: Settings, job: str, day: str) -> bool:
    """Whether some process is running a job for a date."""
    file = _file(settings, job, day)
    if not file.exists():
        return False
    try:
        with filelock.FileLock(file).acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:
        return False  # a state folder that cannot be written: nothing can be running there


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


def _file(settings: Settings, job: str, day: str) -> Path:
    return settings.locks / f"run.{job}.{day}.lock"
