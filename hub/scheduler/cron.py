"""What the pod of a CronJob runs: ``python -m hub.scheduler.cron JOB``, one job at one scheduled time, once.

Kubernetes starts pods at least once: again when one was evicted, killed or lost with its node, and at times two of
them. The request, whose id names job and time, is there once, and only who holds its lock executes it. Who ends in
order leaves it as it found it; who is killed leaves a lock that lapses. Either way the next pod takes it up.
"""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from foliohub.config import Settings, load_settings
from foliohub.data.store import Store
from foliohub.errors import FoliohubError, InputError, LockedError, NotStoredError, StoreError
from foliohub.runs.opening import open_seal, open_store
from foliohub.runs.spec import PATIENCE_SECONDS, JobSpec
from foliohub.schedule import Request, Requests, State, due_times
from foliohub.schedule.request import scheduled_id
from hub import service_logs
from hub.scheduler.alarm import SilentAlarm
from hub.scheduler.engine import Engine
from hub.scheduler.job_files import JobFiles
from hub.scheduler.making import make_engine
from hub.scheduler.service import WATCH

logger = logging.getLogger("foliohub.scheduler.cron")

TICK = 2.0
DONE, FAILED, AGAIN, STOPPED = 0, 1, 75, 143
"""How the pod ends: Kubernetes tries it again but for the first two."""
_SUFFIX = re.compile(r"-(\d{7,10})$")
_LOOKS_BACK = timedelta(days=8)
_GRACE = timedelta(minutes=15)
"""How long a pod may take to ask for what is due: a node may have to come up first."""
_PATIENCE_WITH_STORE = 300.0
"""Seconds that the store may be away before the pod ends, to be tried again."""
_MINUTE = timedelta(minutes=1)


class CronRun:
    """One job at one scheduled time.

    Parameters
    ----------
    settings : Settings
    job : str
    scheduled_at : datetime
        Aware.
    clock : callable
        Gives the time, UTC.
    """

    def __init__(
        self,
        settings: Settings,
        job: str,
        scheduled_at: datetime,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._job = job
        self._scheduled_at = scheduled_at.astimezone(UTC)
        self._clock = clock
        self._files = JobFiles(settings)
        self.identifier = scheduled_id(job, scheduled_at)

    def run(self, stop: threading.Event) -> int:
        """Ask for the run, execute it unless another pod does, and give the code to end with.

        Raises
        ------
        FoliohubError
            The job files are wrong, or name no such job.
        """
        self._files.refresh()
        if self._files.error:
            raise self._files.error
        if self._job not in self._files.jobs:
            raise InputError(f"There is no job {self._job!r}.", remedy=f"Known are {', '.join(self._files.jobs)}.")
        trouble = _Trouble()
        while True:
            try:
                with ExitStack() as held:
                    return self._execute(held, stop)
            except StoreError as error:
                if trouble.lasts(error):
                    return AGAIN
                if stop.wait(5 * TICK):
                    return STOPPED

    def _execute(self, held: ExitStack, stop: threading.Event) -> int:
        store = open_store(self._settings)
        requests = Requests(store, open_seal(self._settings), self._clock)
        if not self._is_asked_for(requests):
            return DONE
        if not self._is_alone(held, store, requests, stop):
            return STOPPED if stop.is_set() else self._code(requests)
        engine = self._engine(store, requests)
        engine.recover(self._clock())
        patience, trouble = self._clock() + timedelta(seconds=PATIENCE_SECONDS), _Trouble()
        try:
            while not stop.is_set():
                now = self._clock()
                try:
                    if engine.running is None:
                        request = requests.get(self.identifier)
                        if request.state.ended:
                            return self._code(requests)
                        if now > patience and not request.tries:
                            requests.change(self.identifier, partial(self._impatient, now))
                            continue
                    engine.tick(now)
                    trouble = _Trouble()
                except StoreError as error:  # a run under way goes on
                    if trouble.lasts(error):
                        return AGAIN
                stop.wait(TICK)
        finally:
            try:
                engine.interrupt(self._clock())
            except StoreError as error:  # the next pod sees from the request's state that it was interrupted
                logger.warning("%s", error)
        return STOPPED

    def _is_asked_for(self, requests: Requests) -> bool:
        """Ask for it, unless somebody did; False where the clock that was put back brings a time a second time."""
        try:
            request = requests.get(self.identifier)
        except NotStoredError:
            due = due_times(self._files.jobs[self._job].schedule, self._scheduled_at - _MINUTE, self._scheduled_at)
            if not list(due):
                logger.info("%s is not due at %s: that time was there before", self._job, self._scheduled_at)
                return False
            request, _ = requests.submit_scheduled(self._job, self._scheduled_at)
        logger.info("request %s is %s", request.id, request.state)
        return True

    def _is_alone(self, held: ExitStack, store: Store, requests: Requests, stop: threading.Event) -> bool:
        """Wait until no other pod executes it; False where it has ended by then, or this pod is to."""
        said = False
        while not (requests.get(self.identifier).state.ended or stop.is_set()):
            try:
                held.enter_context(store.lock(f"schedule/executing/{self.identifier}", timeout=WATCH))
            except LockedError as error:
                if not said:
                    logger.info("waiting for who executes %s: %s", self.identifier, error)
                    said = True
            else:
                return not requests.get(self.identifier).state.ended
        return False

    def _engine(self, store: Store, requests: Requests) -> Engine:
        return make_engine(
            self._settings,
            store,
            self._files,
            SilentAlarm(),
            requests,
            None,
            mine=lambda request: request.id == self.identifier,
            expected=lambda job, _, now: is_expected(self._files.jobs, requests, job, self._scheduled_at, now),
        )

    def _impatient(self, now: datetime, request: Request) -> Mapping[str, object]:
        if request.state.ended:
            return {}
        after = " and ".join(self._files.jobs[self._job].after)
        reason = f"It waited {PATIENCE_SECONDS // 3600} hours for {after or 'another run of it'}."
        return {"state": State.SKIPPED, "ended_at": now, "reason": reason, "blocked": bool(after)}

    def _code(self, requests: Requests) -> int:
        request = requests.get(self.identifier)
        logger.info("request %s %s%s", request.id, request.state, f": {request.reason}" if request.reason else "")
        return FAILED if request.state is State.FAILED or request.blocked else DONE


class _Trouble:
    """How long the store has been away."""

    def __init__(self) -> None:
        self._until: float | None = None

    def lasts(self, error: StoreError) -> bool:
        """Note that it is away; whether it has been for too long."""
        logger.warning("%s", error)
        now = time.monotonic()
        self._until = self._until or now + _PATIENCE_WITH_STORE
        return now > self._until


def is_expected(
    jobs: Mapping[str, JobSpec], requests: Requests, job: str, scheduled_at: datetime, now: datetime
) -> bool:
    """Whether a pod is still to ask for what was due of a job last, when another one was.

    Parameters
    ----------
    jobs : mapping of str to JobSpec
    requests : Requests
    job : str
    scheduled_at : datetime
        When the other one was due.
    now : datetime
    """
    times = list(due_times(jobs[job].schedule, scheduled_at - _LOOKS_BACK, scheduled_at))
    if not times or now - times[-1] > _GRACE:
        return False
    return all(request.scheduled_at != times[-1] for request in requests.list(job))


def scheduled_time(kubernetes_job: str) -> datetime:
    """The time a Kubernetes Job was scheduled for: the end of its name, in minutes since 1970.

    Raises
    ------
    InputError
        The name does not end in a time, as that of a Job made by hand.

    Examples
    --------
    >>> scheduled_time("foliohub-job-daily-ingest-27871155")
    datetime.datetime(2022, 12, 28, 23, 15, tzinfo=datetime.timezone.utc)
    """
    found = _SUFFIX.search(kubernetes_job)
    if not found:
        raise InputError(
            f"The Job {kubernetes_job!r} does not say for when it was scheduled.",
            remedy="Say it with --scheduled-at 2026-06-01T22:15Z.",
        )
    return datetime.fromtimestamp(60 * int(found[1]), UTC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job at its scheduled time; see the module."""
    parser = argparse.ArgumentParser(prog="python -m hub.scheduler.cron", description=main.__doc__)
    parser.add_argument("job", metavar="JOB")
    parser.add_argument(
        "--scheduled-at", metavar="TIME", help="as 2026-06-01T22:15Z; by default what FOLIOHUB_KUBERNETES_JOB ends in"
    )
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load_settings()
        service_logs.configure(settings, "job")
        moment = _moment(given.scheduled_at) if given.scheduled_at else scheduled_time(settings.kubernetes_job)
        return CronRun(settings, given.job, moment).run(stop)
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(f"{text!r} is no time with its zone.", remedy="Write it as 2026-06-01T22:15Z.")
    return moment


if __name__ == "__main__":
    sys.exit(main())
