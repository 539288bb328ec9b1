"""Whatever happens to the scheduler, each time of each job is dealt with exactly once, and never two at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foliohub.data.store import Store
from foliohub.runs.spec import JobSpec
from foliohub.schedule import Alerts, Requests, State, due_times
from foliohub.schedule.child import Ending
from foliohub.schedule.planner import Planner
from foliohub.signatures import Seal
from hub.scheduler.alarm import Alarm
from hub.scheduler.engine import Engine

START = datetime(2026, 10, 30, 12, tzinfo=UTC)  # the clocks go back on the second day
NEVER = 10_000
"""More times than can pass: nothing is out of bounds here, so that everything must be there."""

SEAL = Seal.generate()


def job(name: str, cron: str, **more: object) -> JobSpec:
    schedule = {"cron": cron, "time_zone": "America/New_York"}
    return JobSpec.model_validate(
        {"name": name, "title": name, "notebook": "n.ipynb", "cycle": "nightly", "schedule": schedule, **more}
    )


JOBS = {
    "a": job("a", "30 1 * * *", retries={"attempts": 1, "wait_seconds": 30}),
    "b": job("b", "45 1 * * *", after=("a",)),
    "c": job("c", "0 */6 * * *"),
}


class Scheduling(RuleBasedStateMachine):
    """A scheduler that is let run, killed, stopped and started again, and whose runs end as they like."""

    @initialize()
    def begin(self) -> None:
        import tempfile
        from pathlib import Path

        self.folder = Path(tempfile.mkdtemp())
        self.store = Store.open(f"mem://{uuid4().hex}", locks=self.folder / "locks")
        self.now = START
        self.good: dict[tuple[str, str], str] = {}
        self.successes: list[str] = []
        self.under_way: SimpleNamespace | None = None
        self.start_scheduler()
        self.engine.tick(self.now)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    def start_scheduler(self) -> None:
        self.under_way = None  # a run ends with its scheduler
        self.requests = Requests(self.store, SEAL, lambda: self.now)
        self.engine = Engine(
            self.requests,
            Planner(self.requests, self.folder / "planned.json", NEVER),
            SimpleNamespace(jobs=JOBS, error=None, refresh=lambda: None),
            Alarm(Alerts(self.store), (), timedelta(minutes=15)),
            session=lambda _, request: request.as_of or f"{request.due_at:%Y-%m-%d}",
            succeeded=lambda name, day: self.good.get((name, day)),
            launch=self.launch,
            stopwatch=self.seconds,
        )
        self.engine.recover(self.now)

    def seconds(self) -> float:
        return self.now.timestamp()

    def launch(self, request, _):
        assert self.under_way is None, "two at a time"
        process = SimpleNamespace(request=request, ending=None)
        process.poll = lambda: process.ending
        process.stop = lambda: None
        process.wait = lambda: process.ending or Ending(verdict="passing", reason="stopped")
        self.under_way = process
        return process

    @rule(minutes=st.sampled_from([0, 1, 7, 60, 60 * 13, 60 * 40]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=1)
        self.engine.tick(self.now)

    @precondition(lambda self: self.under_way is not None)
    @rule(verdict=st.sampled_from(["done", "done", "done", "failed", "passing"]), seen=st.booleans())
    def a_run_ends(self, verdict: str, seen: bool) -> None:
        run, self.under_way = self.under_way, None
        if verdict == "done":
            self.good[run.request.job, run.request.as_of] = run.request.id
            self.successes.append(run.request.id)
        run.ending = Ending(verdict=verdict, run_id=run.request.id, reason="so it was")
        if seen:
            self.engine.tick(self.now)
        else:  # and nobody was there to see it
            self.start_scheduler()

    @rule()
    def it_is_killed(self) -> None:
        self.start_scheduler()

    @rule()
    def it_is_killed_while_nobody_writes_down_how_far_it_was(self) -> None:
        (self.folder / "planned.json").unlink()
        self.start_scheduler()

    @rule()
    def it_is_stopped(self) -> None:
        self.engine.interrupt(self.now)
        self.start_scheduler()

    @invariant()
    def no_success_is_repeated(self) -> None:
        if hasattr(self, "successes"):
            assert len(self.successes) == len(set(self.successes))

    @invariant()
    def every_time_that_was_looked_at_has_one_request(self) -> None:
        if not hasattr(self, "engine"):
            return
        self.engine.tick(self.now)
        known = self.requests.list()
        asked = [(r.job, r.scheduled_at) for r in known if not r.follows]
        due = [(name, time) for name, spec in JOBS.items() for time in due_times(spec.schedule, START, self.now)]
        assert sorted(asked) == sorted(due)
        following = [r for r in known if r.follows]
        blocked = {r.id: r for r in known if r.blocked and not r.follows}
        assert len({(r.job, r.as_of) for r in following}) == len(following), "asked for again twice"
        for request in following:  # for the same time and session, and not before what it waited for was there
            assert (request.scheduled_at, request.as_of) == (
                blocked[request.follows].scheduled_at,
                blocked[request.follows].as_of,
            )
            assert all((other, request.as_of) in self.good for other in JOBS[request.job].after)
        open_or_again = {(r.job, r.as_of) for r in known if r.follows or not r.state.ended}
        for request in blocked.values():  # and nothing that could run by now is forgotten
            ready = all((other, request.as_of) in self.good for other in JOBS[request.job].after)
            if ready and self.now - request.scheduled_at <= timedelta(days=7):
                assert (request.job, request.as_of) in open_or_again | self.good.keys()
        for request in self.requests.list(ended=True):
            if request.state.good:
                assert (request.job, request.as_of) in self.good
            assert request.state is not State.CANCELLED


TestScheduling = pytest.mark.slow(Scheduling.TestCase)
TestScheduling.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
