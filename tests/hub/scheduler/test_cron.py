"""What a CronJob's pod runs, as processes: once for a job and a time, however often and abruptly pods are started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foliohub.errors import InputError
from foliohub.runs.opening import open_records, open_seal
from foliohub.runs.records import Status
from foliohub.runs.spec import Schedule
from foliohub.schedule import Alerts, Requests, State, due_times, open_requests
from foliohub.schedule.request import scheduled_id
from hub.scheduler import cron, service
from hub.scheduler.cron import CronRun, is_expected, scheduled_time
from hub.scheduler.leftovers import end_leftovers
from hub.scheduler.service import Service
from tests.hub.scheduler.test_live import SLEEP_ONCE, TELL, wait_for

ROOT = Path(__file__).parents[3]
DUE = datetime(2026, 6, 1, 18, tzinfo=UTC)  # a Monday
NAME = f"foliohub-job-a-{int(DUE.timestamp()) // 60}"


class Pods:
    """Pods of CronJobs, as processes of this machine."""

    def __init__(self, project) -> None:
        self.project = project
        self.settings = project.settings
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, job: str = "a", due: datetime = DUE) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "FOLIOHUB_PROJECT": str(self.project.folder),
            "FOLIOHUB_HOME": str(self.settings.home),
            "FOLIOHUB_KUBERNETES_JOB": f"foliohub-job-{job}-{int(due.timestamp()) // 60}",
            "PYTHONPATH": str(ROOT),
        }
        process = subprocess.Popen([sys.executable, "-m", "hub.scheduler.cron", job], env=environment, cwd=ROOT)
        self.processes.append(process)
        return process

    def run(self, job: str = "a", due: datetime = DUE) -> int:
        return self.start(job, due).wait(timeout=90)

    def state(self, job: str = "a", due: datetime = DUE) -> str:
        return str(open_requests(self.settings).get(scheduled_id(job, due)).state)

    def runs(self) -> list[str]:
        return [f"{r.job} {r.status}" for r in sorted(open_records(self.settings).list(), key=lambda r: r.started_at)]

    def told(self) -> int:
        file = self.project.folder / "notebooks" / "told"
        return len(file.read_text().split()) if file.exists() else 0


@pytest.fixture
def pods(project) -> Iterator[Pods]:
    made = Pods(project)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()
    end_leftovers(made.settings.home)


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("15 18 * * 1-5", "America/New_York"), ("*/20 * * * *", "Asia/Kolkata"), ("0 6 1 * *", "Europe/Zurich")],
)
def test_the_clusters_name_for_a_time_is_the_plans(expression, zone):
    schedule = Schedule(cron=expression, time_zone=zone)
    times = list(due_times(schedule, DUE, DUE + timedelta(days=70)))
    assert len(times) > 1
    for due in times:
        suffix = f"{int(due.timestamp() // 60)}"
        assert scheduled_time(f"foliohub-job-daily-ingest-{suffix}") == due
        assert scheduled_id("daily-ingest", due) == f"daily-ingest-{suffix}"


def test_a_job_made_by_hand_says_for_when_or_is_refused(capsys, monkeypatch):
    monkeypatch.setenv("FOLIOHUB_KUBERNETES_JOB", "by-hand-x7k2q")
    assert cron.main(["a"]) == cron.FAILED
    assert "by-hand-x7k2q" in capsys.readouterr().err
    assert cron.main(["a", "--scheduled-at", "2026-06-01T18:00"]) == cron.FAILED
    assert "no time with its zone" in capsys.readouterr().err


def test_a_job_nobody_knows_is_refused(project):
    project.job("a")
    with pytest.raises(InputError, match="'b'"):
        CronRun(project.settings, "b", DUE).run(threading.Event())


def test_an_hour_that_comes_twice_brings_a_job_once(project, monkeypatch):
    monkeypatch.setattr(cron, "TICK", 0.05)
    project.job("a", "30 1 * * *", "America/New_York")
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # half past one again, an hour later
    assert CronRun(project.settings, "a", second).run(threading.Event()) == cron.DONE
    assert open_requests(project.settings).list() == []


def test_who_depends_on_a_job_waits_for_its_pod_to_ask_but_not_for_long(project):
    project.job("a", "0 18 * * 1-5")
    project.job("b", "30 18 * * 1-5", after=["a"])
    from hub.scheduler.job_files import JobFiles

    files = JobFiles(project.settings)
    files.refresh()
    requests = open_requests(project.settings)
    due = DUE + timedelta(minutes=30)

    def expected(minutes: float) -> bool:
        return is_expected(files.jobs, requests, "a", due, DUE + timedelta(minutes=minutes))

    assert (expected(14), expected(16)) == (True, False)
    requests.submit_scheduled("a", DUE)
    assert not expected(14)


def test_a_paused_job_is_not_run_and_that_is_no_failure(project, monkeypatch):
    monkeypatch.setattr(cron, "TICK", 0.05)
    project.job("a")
    open_requests(project.settings).pause("a", by="olga")
    run = CronRun(project.settings, "a", DUE)
    assert run.run(threading.Event()) == cron.DONE
    request = open_requests(project.settings).get(run.identifier)
    assert (request.state, request.blocked) == (State.SKIPPED, False)


@pytest.mark.slow
def test_a_time_is_run_once_however_often_its_pod_is_started(pods):
    pods.project.notebook(TELL)
    pods.project.job("a")
    assert [pods.run(), pods.run()] == [0, 0]
    assert (pods.state(), pods.runs(), pods.told()) == ("done", ["a succeeded"], 1)


@pytest.mark.slow
def test_two_pods_for_one_time_make_one_result(pods):
    pods.project.notebook(TELL, "import time; time.sleep(3)")
    pods.project.job("a")
    both = [pods.start(), pods.start()]
    assert [process.wait(90) for process in both] == [0, 0]
    assert (pods.state(), pods.runs(), pods.told()) == ("done", ["a succeeded"], 1)


@pytest.mark.slow
@pytest.mark.parametrize(("end", "code"), [(signal.SIGTERM, cron.STOPPED), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_pod_that_ends_in_the_middle_is_made_up_for_by_the_next_one(pods, end, code):
    pods.project.notebook(TELL, SLEEP_ONCE)
    pods.project.job("a")
    first = pods.start()
    wait_for(pods.told)
    first.send_signal(end)
    assert first.wait(15) == code
    (pods.project.folder / "notebooks" / "go").touch()
    assert pods.run() == 0
    assert (pods.state(), pods.runs()) == ("done", ["a interrupted", "a succeeded"])
    assert open_requests(pods.settings).list()[0].interruptions == 1


@pytest.mark.slow
def test_a_job_waits_for_the_one_it_comes_after(pods):
    pods.project.notebook(TELL, "import time; time.sleep(2)")
    pods.project.job("a")
    pods.project.job("b", after=["a"])
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for job, more in (("a", {}), ("b", {"after": ["a"]})):
        pods.project.job(job, f"{now.minute} {now.hour} * * *", **more)
    later = pods.start("b", now)
    time.sleep(4)
    assert (later.poll(), pods.told()) == (None, 0)
    assert pods.run("a", now) == 0
    assert later.wait(60) == 0
    assert pods.runs() == ["a succeeded", "b succeeded"]


@pytest.mark.slow
def test_what_failed_is_not_tried_by_another_pod_and_what_depends_on_it_is_blocked(pods):
    pods.project.notebook("raise ValueError('broken')")
    pods.project.job("a")
    pods.project.job("b", after=["a"])
    assert [pods.run(), pods.run(), pods.run("b")] == [cron.FAILED] * 3
    assert pods.runs() == ["a failed"]
    assert (pods.state(), pods.state("b")) == ("failed", "skipped")
    assert open_requests(pods.settings).get(scheduled_id("b", DUE)).blocked


@pytest.fixture
def watching(project, monkeypatch) -> Iterator[Callable[[datetime], None]]:
    """A scheduler that leaves the clock to the cluster, in a thread; gives a function that sets its time."""
    monkeypatch.setattr(service, "TICK", 0.05)
    settings = project.settings.model_copy(update={"scheduler_clock": "cluster"})
    moment = [DUE - timedelta(minutes=1)]
    stop = threading.Event()
    thread = threading.Thread(target=Service(settings, lambda: moment[0]).run, args=(stop,))
    started = []

    def at(now: datetime) -> None:
        moment[0] = now
        if not started:
            started.append(thread.start())
        wait_for(lambda: now.isoformat() == _said(project).get("at"), 20)

    yield at
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def _said(project) -> dict[str, object]:
    store = project.store()
    return store.read_document("services/scheduler") if "services/scheduler" in store.document_names() else {}


def test_with_the_clusters_clock_the_scheduler_starts_nothing_and_tells_what_was_not_started(project, watching):
    project.job("a")
    watching(DUE - timedelta(minutes=1))
    alerts = Alerts(project.store())
    watching(DUE + timedelta(minutes=14))
    assert alerts.all() == []
    watching(DUE + timedelta(minutes=16))
    wait_for(lambda: [alert.kind for alert in alerts.all()] == ["late"], 20)
    watching(DUE + timedelta(minutes=80))
    wait_for(lambda: sorted(alert.kind for alert in alerts.all()) == ["late", "missing"], 20)
    assert "was not started by the cluster" in alerts.all()[0].sentence
    assert open_requests(project.settings).list() == []


def test_with_the_clusters_clock_the_scheduler_tells_what_became_of_pods(project, watching):
    project.job("a")
    project.job("b", "30 18 * * *")
    watching(DUE - timedelta(minutes=1))
    requests = open_requests(project.settings)
    failed, _ = requests.submit_scheduled("a", DUE)
    requests.change(failed.id, lambda _: {"state": State.FAILED, "ended_at": DUE, "reason": "No prices."})
    due = DUE + timedelta(minutes=30)
    lost, _ = Requests(project.store(), open_seal(project.settings), lambda: due).submit_scheduled("b", due)
    made_up_for, _ = requests.submit_scheduled("b", DUE - timedelta(days=400))
    watching(DUE + timedelta(minutes=31))
    alerts = Alerts(project.store())
    wait_for(lambda: [alert.request for alert in alerts.all()] == [failed.id], 20)
    watching(DUE + timedelta(hours=9))
    wait_for(lambda: {alert.request for alert in alerts.all() if alert.kind == "failed"} == {failed.id, lost.id}, 20)
    assert "ended without saying how" in requests.get(lost.id).reason
    assert requests.get(made_up_for.id).state is State.WAITING  # it was asked for a moment ago


@pytest.mark.slow
def test_with_the_clusters_clock_people_are_served_and_the_blocked_made_up_for(project, watching):
    project.notebook("seed")
    project.job("a")
    project.job("b", after=["a"])
    requests = open_requests(project.settings)
    blocked, _ = requests.submit_scheduled("b", DUE)
    ended = {"state": State.SKIPPED, "ended_at": DUE, "as_of": "2022-12-28", "blocked": True}
    requests.change(blocked.id, lambda _: ended)
    asked = requests.submit("a", by="rita")
    watching(DUE + timedelta(minutes=1))
    wait_for(lambda: requests.get(asked.id).state is State.DONE, 60)
    wait_for(lambda: requests.get(f"{blocked.id}-again").state is State.DONE, 60)
    assert [f"{r.job} {r.status}" for r in open_records(project.settings).list()] == [
        f"a {Status.SUCCEEDED}",
        f"b {Status.SUCCEEDED}",
    ]


@pytest.mark.slow
def test_what_a_run_says_is_in_the_log_of_its_pod(pods, monkeypatch, capfd):
    monkeypatch.setenv("FOLIOHUB_LOG", "stdout")
    pods.project.notebook(TELL)
    pods.project.job("a")
    assert pods.run() == 0
    said = capfd.readouterr().out
    assert "a for 2022-12-28" in said
    assert "cell 1 of" in said
