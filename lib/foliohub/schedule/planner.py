"""From the clock to requests: each due time is asked for exactly once, and what passed meanwhile within bounds.

Two things make it exactly once. A request has its scheduled time in its id, so that asking again changes nothing; and a
file says up to when the times of each job have been dealt with, so that nothing is passed over.
"""

from __future__ import annotations

import json
import os
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from foliohub.schedule.plan import due_times

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from foliohub.runs.spec import JobSpec
    from foliohub.schedule.request import Request
    from foliohub.schedule.requests import Requests

_SAVE_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Missed:
    """Times of a job that passed and are not made up for.

    Attributes
    ----------
    job : str
    count : int
    first, last : datetime
        UTC.
    """

    job: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """What a look at the clock led to.

    Attributes
    ----------
    new : tuple of Request
        Asked for now.
    missed : tuple of Missed
        Passed, and not asked for: more of them than are to be caught up.
    """

    new: tuple[Request, ...] = ()
    missed: tuple[Missed, ...] = ()


class Planner:
    """Asks for what is due.

    Parameters
    ----------
    requests : Requests
    file : Path
        Where to keep up to when each job's times were dealt with.
    catch_up : int
        How many of the times that passed since are asked for, the newest. The one that is due just now is none of them.
    """

    def __init__(self, requests: Requests, file: Path, catch_up: int) -> None:
        self._requests = requests
        self._file = file
        self._catch_up = catch_up
        self._lost = False
        self._until = self._load()
        self._saved_at: datetime | None = None

    def plan(self, jobs: Mapping[str, JobSpec], paused: Collection[str], now: datetime) -> Planned:
        """Ask for all that has become due since the last look.

        A job that is new, or whose schedule was changed, starts from now. The times of a job that is paused pass.
        """
        new: list[Request] = []
        missed: list[Missed] = []
        for name, job in jobs.items():
            schedule = f"{job.schedule.cron} {job.schedule.time_zone}"
            known, after = self._until.get(name) or (schedule, self._last_asked(name, now))
            # A clock that was put back repeats no request, as each has its time in its id; nor must it stop them.
            after = min(after, now) if known == schedule else now
            if name not in paused:
                count, first = 0, None
                kept: deque[datetime] = deque(maxlen=self._catch_up + 1)
                for due in due_times(job.schedule, after, now):
                    first = first or due
                    lost = kept[0] if len(kept) == kept.maxlen else None
                    kept.append(due)
                    count += 1
                if first and count > len(kept):
                    missed.append(Missed(name, count - len(kept), first, lost or first))
                for due in kept:
                    request, is_new = self._requests.submit_scheduled(name, due)
                    new += [request] * is_new
            self._until[name] = (schedule, now)
        for name in self._until.keys() - jobs.keys() if jobs else ():
            # The times of a job that was taken away pass; should it come back, it starts from then.
            self._until[name] = (self._until[name][0], now)
        self._lost = self._lost and not jobs
        if new or missed or self._saved_at is None or now - self._saved_at >= _SAVE_EVERY or now < self._saved_at:
            self._save(now)
        return Planned(tuple(new), tuple(missed))

    def _load(self) -> dict[str, tuple[str, datetime]]:
        try:
            content = json.loads(self._file.read_text(encoding="utf-8"))
            return {name: (schedule, datetime.fromisoformat(until)) for name, (schedule, until) in content.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self._lost = True  # none yet, or torn: the store remembers the last time that was asked for
            return {}

    def _last_asked(self, job: str, now: datetime) -> datetime:
        if not self._lost:
            return now
        times = (request.scheduled_at for request in self._requests.list(job) if request.scheduled_at)
        return next(times, now)

    def _save(self, now: datetime) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        content = {name: (kept, until.astimezone(UTC).isoformat()) for name, (kept, until) in self._until.items()}
        temporary = self._file.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._file)
        self._saved_at = now


__all__ = ["Missed", "Planned", "Planner"]
