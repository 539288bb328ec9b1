"""When jobs are due: cron's times in a job's own time zone, each exactly once however clocks change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from foliohub.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foliohub.runs.spec import JobSpec, Schedule


def due_times(schedule: Schedule, after: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """The times at which something is due, after one moment and up to another.

    Parameters
    ----------
    schedule : Schedule
    after : datetime
        Aware; this moment itself is not included.
    until : datetime, optional
        Aware; this moment is included. Without it the times go on as long as there are any.

    Yields
    ------
    datetime
        UTC, ascending, each once.

    Notes
    -----
    As in Debian's cron, where an hour occurs twice a job with fixed times runs at the first occurrence only, and where
    an hour is left out it runs at once after it. A job of every hour or every few minutes follows the time that passes.
    Where clocks go forward by half an hour (on Lord Howe Island alone), a job of every few minutes within a named hour
    may lose the first half of that hour on that day.

    Examples
    --------
    New York's clocks go back at 2:00 on 6 November 2022, and half past one comes twice:

    >>> from foliohub.runs.spec import Schedule
    >>> every = Schedule(cron="30 1 * * *", time_zone="America/New_York")
    >>> first, last = datetime(2022, 11, 6, tzinfo=UTC), datetime(2022, 11, 8, tzinfo=UTC)
    >>> [f"{due:%d %H:%M}" for due in due_times(every, first, last)]
    ['06 05:30', '07 06:30']
    """
    from cronsim import CronSim

    for moment in (after, until):
        if moment is not None and moment.tzinfo is None:
            raise InputError(f"{moment} has no time zone.", remedy="Pass an aware datetime.")
    # Compared in UTC: two times of the same zone compare by what their clocks show, which repeats itself in autumn.
    last = after.astimezone(UTC)
    for local in CronSim(schedule.cron, after.astimezone(ZoneInfo(schedule.time_zone))):
        due = local.astimezone(UTC)
        if until is not None and due > until:
            return
        if due > last:
            yield due
            last = due


def upcoming(jobs: Mapping[str, JobSpec], now: datetime, count: int = 1) -> dict[str, tuple[datetime, ...]]:
    """The next times of each job.

    Parameters
    ----------
    jobs : mapping of name to JobSpec
    now : datetime
        Aware.
    count : int
        How many of each.

    Returns
    -------
    dict
        Job name -> times, in the job's own time zone; fewer than `count` only where the schedule ends.
    """
    return {
        name: tuple(
            due.astimezone(ZoneInfo(job.schedule.time_zone)) for due in islice(due_times(job.schedule, now), count)
        )
        for name, job in jobs.items()
    }


__all__ = ["due_times", "upcoming"]
