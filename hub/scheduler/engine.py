"""What the scheduler does each second: plan, watch the run under way, start the next one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from foliohub.errors import FoliohubError
from foliohub.runs.spec import ALLOWANCE_SECONDS, JobSpec
from foliohub.schedule.child import Ending
from foliohub.schedule.planner import Planned
from foliohub.schedule.queue import next_turn
from foliohub.schedule.request import Request, State
from foliohub.schedule.requests import Requests
from hub.scheduler.alarm import Alarm
from hub.scheduler.follow_ups import FollowUps
from hub.scheduler.job_files import JobFiles

logger = logging.getLogger("foliohub.scheduler.engine")

_BUSY = timedelta(seconds=10)
_MOST_INTERRUPTIONS = 5


class Process(Protocol):
    """A run under way; see :class:`~hub.scheduler.process.RunProcess`."""

    def poll(self) -> Ending | None:
        """How it ended, None while it runs."""

    def stop(self) -> None:
        """Ask it to end."""

    def wait(self) -> Ending:
        """Wait for its end."""


class Planning(Protocol):
    """What is asked at every tick what has become due."""

    def plan(self, jobs: Mapping[str, JobSpec], paused: Collection[str], now: datetime) -> Planned:
        """Ask for what is due, or look whether it was asked for."""


@dataclass(slots=True)
class _Running:
    request: Request
    job: JobSpec
    process: Process
    deadline: float
    stopped_for: str = ""
    ending: Ending | None = None


class Engine:
    """The scheduler without its clock: it is told the time.

    Parameters
    ----------
    requests : Requests
    planner : Planner or ClockWatch, optional
        Asks for what is due, or looks whether others did. Without one nothing but `mine` is looked after.
    files : JobFiles
    alarm : Alarm
    session : callable
        (job, request) -> the session to run for; raises FoliohubError where there is none.
    succeeded : callable
        (job, session) -> the id of the run that did, or None.
    launch : callable
        (request, job) -> its process.
    stopwatch : callable
        Gives seconds that neither pass while the machine sleeps nor jump when its clock is set.
    mine : callable
        Which requests are executed here; all by default. The others are somebody else's, who is at work meanwhile.
    expected : callable
        (job, request, time) -> whether what a request depends on is still to be asked for by somebody else.
    """

    def __init__(
        self,
        requests: Requests,
        planner: Planning | None,
        files: JobFiles,
        alarm: Alarm,
        *,
        session: Callable[[JobSpec, Request], str],
        succeeded: Callable[[str, str], str | None],
        launch: Callable[[Request, JobSpec], Process],
        stopwatch: Callable[[], float] = time.monotonic,
        mine: Callable[[Request], bool] = lambda _: True,
        expected: Callable[[str, Request, datetime], bool] = lambda *_: False,
    ) -> None:
        self._requests = requests
        self._planner = planner
        self._files = files
        self._alarm = alarm
        self._session = session
        self._succeeded = succeeded
        self._launch = launch
        self._stopwatch = stopwatch
        self._mine = mine
        self._expected = expected
        self._follow_ups = FollowUps(requests, self._is_done)
        self._running: _Running | None = None
        self._checked: set[str] = set()

    @property
    def running(self) -> Request | None:
        """The request under way."""
        return self._running.request if self._running else None

    def recover(self, now: datetime) -> None:
        """Take up what a scheduler left that went away in the middle of it."""
        for request in self._requests.list(ended=False):
            if request.state is State.RUNNING and self._mine(request):
                logger.warning("request %s was interrupted", request.id)
                self._interrupted(request, now)

    def tick(self, now: datetime) -> None:
        """Do what is to be done at a moment.

        Raises
        ------
        FoliohubError
            The store cannot be used just now; nothing is lost, the next tick tries again.
        """
        self._watch(now)
        if self._planner is None and self._running:
            return
        self._files.refresh()
        if self._files.error:
            self._alarm.misconfigured(self._files.error, now)
        jobs, paused = self._files.jobs, self._requests.paused()
        if self._planner is not None:
            for missed in self._planner.plan(jobs, paused, now).missed:
                self._alarm.missed(missed, now)
            self._follow_ups.ask(jobs, paused, now)
        known = self._requests.list(ended=False)
        here = [r for r in known if r.state is not State.RUNNING and self._mine(r)]
        waiting = [ready for request in here if (ready := self._with_session(request, now)) is not None]
        self._alarm.unsigned(self._requests.refused, now)
        turn = next_turn(
            waiting,
            self.running,
            jobs,
            paused,
            self._is_done,
            now,
            elsewhere=[r for r in known if not self._mine(r)],
            expected=lambda job, request: self._expected(job, request, now),
        )
        for request, state, reason in turn.ended:
            held = request.job in paused
            self._end(request, state, now, reason=reason, quiet=held, blocked=state is State.SKIPPED and not held)
        for request in self._newest_due() if self._planner is not None else ():
            if not (request.state.ended or request.follows or self._is_done(request.job, request.as_of or "")):
                self._alarm.maybe_late(request, now)
        if turn.start:
            self._start(turn.start, jobs[turn.start.job], now)

    def interrupt(self, now: datetime) -> None:
        """End the run under way, to be taken up by the next scheduler."""
        if self._running:
            self._running.process.stop()
            ending = self._running.ending or self._running.process.wait()
            if ending.verdict in ("done", "already done", "failed"):
                self._finish(self._running, ending, now)
            else:
                self._interrupted(self._running.request, now)
            self._running = None

    def _watch(self, now: datetime) -> None:
        running = self._running
        if running is None:
            return
        if running.ending is None:
            running.ending = running.process.poll()
        if running.ending is None:
            if not running.stopped_for and self._stopwatch() >= running.deadline:
                running.stopped_for = f"It took longer than its {running.job.timeout_seconds} seconds."
            elif not running.stopped_for and (by := self._requests.get(running.request.id).cancelled_by):
                running.stopped_for = f"Cancelled by {by}."
            if running.stopped_for:
                running.process.stop()
            return
        self._finish(running, running.ending, now)
        self._running = None

    def _start(self, request: Request, job: JobSpec, now: datetime) -> None:
        if not request.force and (run_id := self._succeeded(job.name, request.as_of or "")):
            self._end(request, State.ALREADY_DONE, now, run_id=run_id)
            return

        def begin(current: Request) -> dict[str, Any]:
            if current.state.ended:  # cancelled just now
                return {}
            return {"state": State.RUNNING, "started_at": now, "not_before": None, "reason": ""}

        started = self._requests.change(request.id, begin)
        if started.state is not State.RUNNING:
            return
        logger.info("request %s started for %s", started.id, started.as_of)
        deadline = self._stopwatch() + job.timeout_seconds + ALLOWANCE_SECONDS
        try:
            process = self._launch(started, job)
        except OSError as error:
            ending = Ending(verdict="passing", reason=f"No process could be started: {error.strerror or error}.")
            self._retry_or_fail(started, job, ending, now)
        else:
            self._running = _Running(started, job, process, deadline)

    def _finish(self, running: _Running, ending: Ending, now: datetime) -> None:
        request = running.request
        if ending.verdict in ("done", "already done"):
            self._end(request, State(ending.verdict), now, run_id=ending.run_id, tried=True)
        elif running.stopped_for.startswith("Cancelled"):
            self._end(request, State.CANCELLED, now, run_id=ending.run_id, reason=running.stopped_for, tried=True)
        elif running.stopped_for:
            timed_out = ending.model_copy(update={"verdict": "passing", "reason": running.stopped_for})
            self._retry_or_fail(request, running.job, timed_out, now)
        elif ending.verdict == "busy":
            self._requests.change(
                request.id,
                lambda _: {"state": State.WAITING, "not_before": now + _BUSY, "reason": ending.reason},
            )
        else:
            self._retry_or_fail(request, running.job, ending, now)

    def _retry_or_fail(self, request: Request, job: JobSpec, ending: Ending, now: datetime) -> None:
        tries = request.tries + 1
        if ending.verdict == "failed" or tries > job.retries.attempts:
            self._end(request, State.FAILED, now, run_id=ending.run_id, reason=ending.reason, tried=True)
            return
        wait = timedelta(seconds=job.retries.wait_seconds * 2 ** (tries - 1))
        logger.warning("request %s failed (%s), trying again in %s", request.id, ending.reason, wait)

        def change(current: Request) -> dict[str, Any]:
            if current.cancelled_by:
                return {"state": State.CANCELLED, "ended_at": now, "reason": f"Cancelled by {current.cancelled_by}."}
            return {
                "state": State.RETRYING,
                "tries": tries,
                "not_before": now + wait,
                "run_id": ending.run_id,
                "reason": ending.reason,
            }

        self._requests.change(request.id, change)

    def _interrupted(self, request: Request, now: datetime) -> None:
        count = request.interruptions + 1
        current = self._requests.get(request.id)
        if current.cancelled_by:
            self._end(request, State.CANCELLED, now, reason=f"Cancelled by {current.cancelled_by}.")
        elif count > _MOST_INTERRUPTIONS:
            self._end(request, State.FAILED, now, reason=f"It was interrupted {count} times.")
        else:
            self._requests.change(request.id, lambda _: {"state": State.WAITING, "interruptions": count})

    def _is_done(self, job: str, day: str) -> bool:
        return self._succeeded(job, day) is not None

    def _newest_due(self) -> list[Request]:
        """Of each job what the clock asked for last: who is told that it is late need not hear of those before."""
        newest: dict[str, Request] = {}
        for request in self._requests.list():
            if request.scheduled_at:
                newest.setdefault(request.job, request)
        return list(newest.values())

    def _end(
        self,
        request: Request,
        state: State,
        now: datetime,
        *,
        run_id: str | None = None,
        reason: str = "",
        tried: bool = False,
        quiet: bool = False,
        blocked: bool = False,
    ) -> None:
        changes: dict[str, Any] = {"state": state, "ended_at": now, "run_id": run_id or request.run_id}
        changes |= {"reason": reason, "blocked": blocked}
        ended = self._requests.change(request.id, lambda r: changes | {"tries": r.tries + tried})
        self._checked.discard(request.id)
        logger.info("request %s %s%s", ended.id, state, f": {reason}" if reason else "")
        if not quiet:
            self._alarm.ended(ended, now)

    def _with_session(self, request: Request, now: datetime) -> Request | None:
        """The request with the session it is for; None where there is none, and it has failed."""
        job = self._files.jobs.get(request.job)
        if job is None or request.id in self._checked:
            return request
        try:
            day = self._session(job, request)
        except FoliohubError as error:
            self._end(request, State.FAILED, now, reason=str(error))
            return None
        self._checked.add(request.id)
        return request if request.as_of == day else self._requests.change(request.id, lambda _: {"as_of": day})


__all__ = ["Engine", "Process"]
