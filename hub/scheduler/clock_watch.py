"""The scheduler's part where a cluster's CronJobs start what is due: to see that they did, and what became of it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from foliohub.data.store import Store
from foliohub.errors import NotStoredError
from foliohub.runs.spec import JobSpec
from foliohub.schedule.plan import due_times
from foliohub.schedule.planner import Planned
from foliohub.schedule.request import Request, State, scheduled_id
from foliohub.schedule.requests import Requests
from hub.scheduler.alarm import Alarm

logger = logging.getLogger("foliohub.scheduler.clock_watch")

_WATCHED = "schedule/watched"
STARTING_DEADLINE = timedelta(hours=1)
"""How late a CronJob still starts what is due; the chart says the same."""
_LOOKS_BACK = timedelta(days=2)
_SAYS_FOR = timedelta(days=7)
"""What ended longer ago is no news."""
_MARGIN = timedelta(minutes=5)


def is_by_clock(request: Request) -> bool:
    """Whether a pod of a CronJob executes a request, where a cluster keeps the clock."""
    return request.scheduled_at is not None and request.follows is None


class ClockWatch:
    """Looks whether the cluster has asked for what was due, and raises the alerts its pods cannot deliver.

    Parameters
    ----------
    store : Store
        Keeps since when each job is watched: what was due before is nobody's fault.
    requests : Requests
    alarm : Alarm
    late_after : timedelta
    """

    def __init__(self, store: Store, requests: Requests, alarm: Alarm, late_after: timedelta) -> None:
        self._store = store
        self._requests = requests
        self._alarm = alarm
        self._late_after = late_after
        self._since: dict[str, tuple[str, datetime]] | None = None

    def plan(self, jobs: Mapping[str, JobSpec], paused: Collection[str], now: datetime) -> Planned:
        """Look at all that has become due lately. Nothing is asked for here."""
        known = {request.id: request for request in self._requests.list() if is_by_clock(request)}
        for name, since in self._watched(jobs, now).items():
            for due in due_times(jobs[name].schedule, max(since, now - _LOOKS_BACK), now) if name not in paused else ():
                if now - due >= self._late_after and scheduled_id(name, due) not in known:
                    self._alarm.not_started(name, due, now, will_be=now - due < STARTING_DEADLINE + self._late_after)
        for request in known.values():
            self._look_at(request, jobs, now)
        return Planned()

    def _look_at(self, request: Request, jobs: Mapping[str, JobSpec], now: datetime) -> None:
        job = jobs.get(request.job)
        if not request.state.ended:
            seconds = job.deadline_seconds if job else 0
            asked = max(request.due_at, request.submitted_at)  # somebody may have made up for a time long past
            if now - asked > timedelta(seconds=seconds) + STARTING_DEADLINE + _MARGIN:
                logger.warning("request %s was given up: its pods have gone", request.id)
                request = self._requests.change(request.id, lambda current: _given_up(current, now))
        if request.ended_at and now - request.ended_at < _SAYS_FOR and (request.blocked or _failed(request)):
            self._alarm.ended(request, now)

    def _watched(self, jobs: Mapping[str, JobSpec], now: datetime) -> dict[str, datetime]:
        """Job -> since when it is watched with the schedule it has; one that is new or was changed, from now."""
        before = self._load() if self._since is None else self._since
        schedules = {name: f"{job.schedule.cron} {job.schedule.time_zone}" for name, job in jobs.items()}
        since = {
            name: before[name] if name in before and before[name][0] == schedule else (schedule, now)
            for name, schedule in schedules.items()
        }
        if since != before and jobs:
            content = {name: [schedule, start.isoformat()] for name, (schedule, start) in since.items()}
            self._store.write_document(_WATCHED, content)
            self._since = since
        return {name: start for name, (_, start) in since.items()}

    def _load(self) -> dict[str, tuple[str, datetime]]:
        try:
            content = self._store.read_document(_WATCHED)
            return {name: (schedule, datetime.fromisoformat(start)) for name, (schedule, start) in content.items()}
        except NotStoredError:
            return {}
        except (ValueError, TypeError, AttributeError):  # torn by somebody: watched anew
            return {}


def _failed(request: Request) -> bool:
    return request.state is State.FAILED


def _given_up(request: Request, now: datetime) -> dict[str, Any]:
    if request.state.ended:
        return {}
    reason = "Its pods ended without saying how: look at its CronJob's last Jobs, and at their events."
    return {"state": State.FAILED, "ended_at": now, "reason": reason}


__all__ = ["STARTING_DEADLINE", "ClockWatch", "is_by_clock"]
