"""An engine on a store, whose runs are real processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.runs.cycle import choose_as_of
from foliohub.runs.opening import open_records
from foliohub.runs.spec import JobSpec
from foliohub.schedule import Request, Requests
from foliohub.schedule.child import Order
from hub.scheduler.alarm import Alarm
from hub.scheduler.engine import Engine, Planning
from hub.scheduler.job_files import JobFiles
from hub.scheduler.process import RunProcess

_FOREIGN = ("JUPYTERHUB_", "FOLIOHUB_ALERT_", "FOLIOHUB_HUB_", "CONFIGPROXY_")
"""Prefixes of what a run has no use for: keys of the hub, addresses of alerts."""


def make_engine(
    settings: Settings,
    store: Store,
    files: JobFiles,
    alarm: Alarm,
    requests: Requests,
    planner: Planning | None,
    *,
    mine: Callable[[Request], bool] = lambda _: True,
    expected: Callable[[str, Request, datetime], bool] = lambda *_: False,
) -> Engine:
    """An engine; its parameters are those of :class:`~hub.scheduler.engine.Engine`."""
    records = open_records(settings, store)
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
            environment=environment | {"FOLIOHUB_TRACE": request.trace or ""},
            secrets=settings.secrets,
            aloud=settings.log == "stdout",
        )

    return Engine(
        requests,
        planner,
        files,
        alarm,
        session=session,
        succeeded=succeeded,
        launch=launch,
        mine=mine,
        expected=expected,
    )


def run_environment(settings: Settings, environment: dict[str, str]) -> dict[str, str]:
    """The environment of a run's process: this one's, without the keys of others."""
    return {name: value for name, value in environment.items() if not name.startswith(_FOREIGN)} | {
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_STORE": settings.store,
    }


__all__ = ["make_engine", "run_environment"]
