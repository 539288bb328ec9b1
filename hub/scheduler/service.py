"""The scheduler as a service: one at a time, until it is told to stop."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import filelock

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.errors import FoliohubError
from foliohub.runs.cycle import choose_as_of
from foliohub.runs.opening import open_records, open_seal, open_store
from foliohub.runs.spec import JobSpec
from foliohub.schedule import Alerts, Request, Requests, upcoming
from foliohub.schedule.child import Order
from foliohub.schedule.planner import Planner
from hub.scheduler.alarm import Alarm
from hub.scheduler.channels import Channel, open_channels
from hub.scheduler.courier import Courier
from hub.scheduler.engine import Engine
from hub.scheduler.health import HealthFile
from hub.scheduler.housekeeping import Housekeeping
from hub.scheduler.job_files import JobFiles
from hub.scheduler.leftovers import end_leftovers
from hub.scheduler.process import RunProcess

logger = logging.getLogger("foliohub.scheduler")

TICK = 1.0
_FOREIGN = ("JUPYTERHUB_", "FOLIOHUB_ALERT_", "FOLIOHUB_HUB_", "CONFIGPROXY_")
"""Prefixes of what a run has no use for: keys of the hub, addresses of alerts."""


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
        self._channels = open_channels(settings)

    def run(self, stop: threading.Event) -> None:
        """Schedule until told to stop; wait as long as another scheduler does."""
        self._settings.locks.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self._settings.locks / "scheduler.lock")
        said = False
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except filelock.Timeout:
                if not said:
                    logger.info("another scheduler is at work; waiting for it to go")
                    said = True
            if stop.wait(TICK):
                return
        try:
            self._schedule(stop)
        finally:
            lock.release()

    def _schedule(self, stop: threading.Event) -> None:
        if left := end_leftovers(self._settings.home):
            logger.warning("ended %d processes that an interrupted run had left", left)
        opened: tuple[Engine, Courier, Housekeeping] | None = None
        files = JobFiles(self._settings)
        while not stop.is_set():
            now = self._clock()
            problem = ""
            try:
                opened = opened or self._open(files, now)
                opened[0].tick(now)
                problem = str(files.error or "")
            except FoliohubError as error:
                problem = str(error)
                logger.warning("%s", problem)
            self._report(opened[0].running if opened else None, files, problem)
            stop.wait(TICK)
        if opened:
            engine, courier, housekeeping = opened
            courier.stop()
            housekeeping.stop()
            try:
                engine.interrupt(self._clock())
            except FoliohubError as error:  # the next one sees from the request's state that it was interrupted
                logger.warning("%s", error)
        self._health.write("stopped", "The scheduler was stopped.", self._clock(), {})

    def _open(self, files: JobFiles, now: datetime) -> tuple[Engine, Courier, Housekeeping]:
        store = open_store(self._settings)
        engine, alerts = make_engine(self._settings, store, files, self._channels, self._clock)
        engine.recover(now)
        courier = Courier(alerts, self._channels, self._clock)
        courier.start()
        housekeeping = Housekeeping(
            Requests(store, open_seal(self._settings), self._clock),
            Alerts(store),
            lambda: len(store.prune(prefix="minutes/")),
            timedelta(days=self._settings.keep_days),
            self._settings.home / "schedule" / "housekeeping",
            self._clock,
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
        try:
            self._health.write(state, detail, now, more)
        except OSError as error:
            logger.warning("the health file cannot be written: %s", error.strerror)


def make_engine(
    settings: Settings, store: Store, files: JobFiles, channels: dict[str, Channel], clock: Callable[[], datetime]
) -> tuple[Engine, Alerts]:
    """An engine on a store, whose runs are real processes."""
    requests, alerts, records = (
        Requests(store, open_seal(settings), clock),
        Alerts(store),
        open_records(settings, store),
    )
    environment = run_environment(settings, dict(os.environ))

    def session(job: JobSpec, request: Request) -> str:
        chosen = job.model_copy(update={"parameters": {**job.parameters, **request.parameters}})
        return f"{choose_as_of(settings, chosen, request.as_of, request.due_at):%Y-%m-%d}"

    def succeeded(job: str, day: str) -> str | None:
        record = records.succeeded(job, day)
        return record.id if record else None

    def launch(request: Request, job: JobSpec) -> RunProcess:
        order = Order(
            job=job.name,
            as_of=request.as_of or "",
            parameters=request.parameters,
            force=request.force,
            by=request.by if request.scheduled_at is None else "",
        )
        return RunProcess(
            request.id,
            order,
            home=settings.home,
            project=settings.project,
            environment=environment,
            secrets=settings.secrets,
        )

    engine = Engine(
        requests,
        Planner(requests, settings.home / "schedule" / "planned.json", settings.catch_up),
        files,
        Alarm(alerts, channels, timedelta(minutes=settings.alert_late_minutes)),
        session=session,
        succeeded=succeeded,
        launch=launch,
    )
    return engine, alerts


def run_environment(settings: Settings, environment: dict[str, str]) -> dict[str, str]:
    """The environment of a run's process: this one's, without the keys of others."""
    return {name: value for name, value in environment.items() if not name.startswith(_FOREIGN)} | {
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_STORE": settings.store,
    }


__all__ = ["Service", "make_engine", "run_environment"]
