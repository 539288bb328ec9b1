"""The scheduler as a service: one at a time, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import filelock

from foliohub.config import Settings
from foliohub.errors import FoliohubError, StoreError
from foliohub.runs.opening import open_seal, open_store
from foliohub.schedule import Alerts, Request, Requests, upcoming
from foliohub.schedule.planner import Planner
from hub.monitoring.endpoint import serve
from hub.scheduler.alarm import Alarm
from hub.scheduler.channels import open_channels
from hub.scheduler.clock_watch import ClockWatch, is_by_clock
from hub.scheduler.courier import Courier
from hub.scheduler.engine import Engine
from hub.scheduler.health import HealthDocument, HealthFile
from hub.scheduler.housekeeping import Housekeeping
from hub.scheduler.job_files import JobFiles
from hub.scheduler.leftovers import end_leftovers
from hub.scheduler.making import make_engine
from hub.scheduler.telemetry import SchedulerTelemetry

logger = logging.getLogger("foliohub.scheduler")

TICK = 1.0
WATCH = 40.0
"""Seconds to wait for a lock of the store at a time: long enough to see that its holder's lease is over."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Service:
    """The scheduler with all it is made of.

    Parameters
    ----------
    settings : Settings
    clock : callable
        Gives the time, UTC.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._clock = clock
        self._health = HealthFile(settings.home / "services" / "scheduler.json")
        self._said_to: HealthDocument | None = None
        self._in_cluster = settings.scheduler_clock == "cluster"
        self._channels = open_channels(settings)
        self._telemetry = SchedulerTelemetry(settings, clock)

    def run(self, stop: threading.Event) -> None:
        """Schedule until told to stop; wait as long as another scheduler does."""
        with ExitStack() as held:
            if endpoint := serve(self._telemetry.registry, alive=self._telemetry.stalled):
                held.callback(endpoint.close)
            if self._is_alone(held, stop):
                if endpoint:
                    self._telemetry.facts.start()
                    held.callback(self._telemetry.facts.stop)
                self._schedule(stop)

    def _is_alone(self, held: ExitStack, stop: threading.Event) -> bool:
        """Wait until no other scheduler is at work; False where this is told to stop before."""
        said = ""
        while True:
            try:
                held.enter_context(self._exclusion())
            except filelock.Timeout:
                why = "another scheduler is at work; waiting for it to go"
            except StoreError as error:  # held by a scheduler of another pod, or the store cannot be used just now
                why = f"waiting to be the only scheduler: {error}"
            else:
                return True
            if why != said:
                logger.info("%s", why)
                said = why
            if stop.wait(TICK):
                return False

    def _exclusion(self) -> AbstractContextManager[object]:
        if self._in_cluster:
            return open_store(self._settings).lock("schedule/scheduler", timeout=WATCH)
        self._settings.locks.mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(self._settings.locks / "scheduler.lock").acquire(timeout=0)

    def _schedule(self, stop: threading.Event) -> None:
        if left := end_leftovers(self._settings.home):
            logger.warning("ended %d processes that an interrupted run had left", left)
        opened: tuple[Engine, Courier, Housekeeping] | None = None
        files = JobFiles(self._settings)
        while not stop.is_set():
            now = self._clock()
            problem = ""
            try:
                with self._telemetry.round():
                    opened = opened or self._open(files, now)
                    opened[0].tick(now)
                problem = str(files.error or "")
            except FoliohubError as error:
                problem = str(error)
                logger.warning("%s", problem)
            running = opened[0].running if opened else None
            self._telemetry.running(running)
            self._report(running, files, problem)
            stop.wait(TICK)
        if opened:
            engine, courier, housekeeping = opened
            courier.stop()
            housekeeping.stop()
            try:
                engine.interrupt(self._clock())
            except FoliohubError as error:  # the next one sees from the request's state that it was interrupted
                logger.warning("%s", error)
        self._say("stopped", "The scheduler was stopped.", {})

    def _open(self, files: JobFiles, now: datetime) -> tuple[Engine, Courier, Housekeeping]:
        settings, clock = self._settings, self._clock
        store, late = open_store(settings), timedelta(minutes=settings.alert_late_minutes)
        requests, alerts = Requests(store, open_seal(settings), clock), Alerts(store)
        alarm = Alarm(alerts, self._channels, late)
        if self._in_cluster:
            self._said_to = HealthDocument(store, "scheduler")
            watch = ClockWatch(store, requests, alarm, late)
            engine = make_engine(
                settings, store, files, alarm, requests, watch, mine=lambda request: not is_by_clock(request)
            )
        else:
            planner = Planner(requests, settings.home / "schedule" / "planned.json", settings.catch_up)
            engine = make_engine(settings, store, files, alarm, requests, planner)
        engine.recover(now)
        courier = Courier(alerts, self._channels, clock)
        courier.start()
        housekeeping = Housekeeping(
            Requests(store, open_seal(settings), clock),
            Alerts(store),
            lambda: len(store.prune(prefix="minutes/")),
            timedelta(days=settings.keep_days),
            settings.home / "schedule" / "housekeeping",
            clock,
        )
        housekeeping.start()
        return engine, courier, housekeeping

    def _report(self, running: Request | None, files: JobFiles, problem: str) -> None:
        now = self._clock()
        upcoming_times = {name: times[0].isoformat() for name, times in upcoming(files.jobs, now).items() if times}
        more: dict[str, Any] = {"next": upcoming_times, "running": None}
        state, detail = "idle", "Nothing is due."
        if upcoming_times:
            first = min(upcoming_times, key=lambda name: datetime.fromisoformat(upcoming_times[name]))
            detail = f"{first} is next, at {upcoming_times[first]}."
        if running:
            state, detail = "running", f"{running.job} for {running.as_of} is under way."
            more["running"] = {"id": running.id, "job": running.job, "as_of": running.as_of}
        if problem:
            state, detail = "degraded", problem
        self._say(state, detail, more)

    def _say(self, state: str, detail: str, more: dict[str, Any]) -> None:
        now = self._clock()
        try:
            self._health.write(state, detail, now, more)
            if self._said_to:
                self._said_to.write(state, detail, now, more)
        except (OSError, FoliohubError) as error:
            logger.warning("how this is cannot be written down: %s", error)


__all__ = ["Service"]
