"""A scheduler whose clock is set by hand and whose runs are played, on a real store and real job files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
import yaml

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.runs.opening import open_seal
from foliohub.schedule import Alerts, Request, Requests
from foliohub.schedule.child import Ending
from foliohub.schedule.planner import Planner
from hub.scheduler.alarm import Alarm
from hub.scheduler.engine import Engine
from hub.scheduler.job_files import JobFiles

PARAMETERS = 'as_of: str = ""  # session\nuniverse: str = "sample"\nseed: int = 7\n'


class Project:
    """A folder with jobs, one notebook and settings that point there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("jobs", "notebooks"):
            (folder / name).mkdir(parents=True)
        self.settings = Settings(project=folder, home=folder / "state")

    def notebook(self, *cells: str, name: str = "small.ipynb") -> None:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [
            nbformat.v4.new_markdown_cell("# A small notebook"),
            nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
            *(nbformat.v4.new_code_cell(cell) for cell in cells),
        ]
        nbformat.write(notebook, self.folder / "notebooks" / name)

    def job(self, name: str, cron: str = "0 18 * * 1-5", zone: str = "UTC", **changes: object) -> None:
        content = {
            "name": name,
            "title": name,
            "notebook": "small.ipynb",
            "cycle": "nightly",
            "schedule": {"cron": cron, "time_zone": zone},
            **changes,
        }
        (self.folder / "jobs" / f"{name}.yaml").write_text(yaml.safe_dump(content))

    def store(self) -> Store:
        return Store.open(self.settings.store, locks=self.settings.locks)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.notebook("seed")
    return made


@dataclass
class Played:
    """A run that ends when the test says so, and at once when it is stopped."""

    request: Request
    ending: Ending | None = None
    stopped: bool = False

    def poll(self) -> Ending | None:
        return self.ending

    def stop(self) -> None:
        self.stopped = True
        self.ending = self.ending or Ending(verdict="passing", reason="The process of the run ended with code 143.")

    def wait(self) -> Ending:
        assert self.ending is not None
        return self.ending


@dataclass
class Stage:
    """The engine, its clock and what it did."""

    project: Project
    now: datetime = datetime(2026, 6, 1, 17, 59, 30, tzinfo=UTC)  # a Monday
    runs: list[Played] = field(default_factory=list)
    good: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open()

    def open(self, catch_up: int = 3) -> Stage:
        """Start a scheduler, as after the one before was killed."""
        store = self.project.store()
        self.requests = Requests(store, open_seal(self.project.settings), lambda: self.now)
        self.alerts = Alerts(store)
        self.engine = Engine(
            self.requests,
            Planner(self.requests, self.project.settings.home / "schedule" / "planned.json", catch_up),
            JobFiles(self.project.settings),
            Alarm(self.alerts, ("webhook",), timedelta(minutes=15)),
            session=lambda job, request: request.as_of or f"{request.due_at:%Y-%m-%d}",
            succeeded=lambda job, day: self.good.get((job, day)),
            launch=self._launch,
            stopwatch=self._seconds,
        )
        self.engine.recover(self.now)
        return self

    def _seconds(self) -> float:
        return self.now.timestamp()

    def _launch(self, request: Request, _: object) -> Played:
        self.runs.append(Played(request))
        return self.runs[-1]

    def tick(self, **later: float) -> None:
        """Let some time pass, and look."""
        self.now += timedelta(**later)
        self.engine.tick(self.now)

    def at(self, text: str) -> None:
        """Set the clock, and look."""
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC)
        self.engine.tick(self.now)

    def end(self, verdict: str = "done", reason: str = "") -> None:
        """End the run under way, and look."""
        run = self.runs[-1]
        if verdict == "done":
            self.good[run.request.job, run.request.as_of or ""] = f"{run.request.job}.1"
        run.ending = Ending(verdict=verdict, run_id=f"{run.request.job}.1", reason=reason)
        self.tick(seconds=1)

    def end_all(self) -> None:
        """End whatever runs, and what comes after it, well."""
        while self.engine.running:
            self.end()

    @property
    def started(self) -> list[str]:
        """What was started: job and session."""
        return [f"{run.request.job} {run.request.as_of}" for run in self.runs]

    def states(self) -> dict[str, str]:
        """Request -> state."""
        return {f"{r.job} {r.as_of}": str(r.state) for r in self.requests.list()}


@pytest.fixture
def stage(project: Project) -> Callable[[], Stage]:
    return lambda: Stage(project)
