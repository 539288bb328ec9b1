"""The scheduler as it is started: real processes, real time, killed without asking."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from foliohub.runs.records import RunRecords, Status
from foliohub.schedule import Request, State, open_requests
from hub.scheduler.leftovers import end_leftovers
from tests.hub.scheduler.receivers import Hook

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
TELL = "import os, pathlib\nwith open('told', 'a') as file: file.write(f'{os.getpid()}\\n')"
SLEEP_ONCE = "import time\nif not pathlib.Path('go').exists(): time.sleep(120)"


def wait_for(what: Callable[[], object], seconds: float = 60) -> object:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
    return found


class Live:
    """Schedulers of a project, as processes."""

    def __init__(self, project) -> None:
        self.project = project
        self.home = project.settings.home
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, **variables: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "FOLIOHUB_PROJECT": str(self.project.folder),
            "FOLIOHUB_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "JUPYTERHUB_API_TOKEN": "key-of-the-hub",
            **variables,
        }
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "said.log").open("ab") as said:
            process = subprocess.Popen([sys.executable, "-m", "hub.scheduler"], env=environment, cwd=ROOT, stderr=said)
        self.processes.append(process)
        return process

    def requests(self) -> list[Request]:
        return open_requests(self.project.settings).list()

    def due_a_minute_ago(self, job: str, cron: str = "* * * * *") -> datetime:
        """Let the scheduler find that it had looked for the last time shortly before the last whole minute."""
        due = datetime.now(UTC).replace(second=0, microsecond=0)
        file = self.home / "schedule" / "planned.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({job: [f"{cron} UTC", (due - timedelta(seconds=5)).isoformat()]}))
        return due

    def told(self) -> list[int]:
        """Processes of the notebooks that began."""
        file = self.project.folder / "notebooks" / "told"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def state(self) -> dict[str, object]:
        file = self.home / "services" / "scheduler.json"
        return json.loads(file.read_text()) if file.exists() else {}


@pytest.fixture
def live(project) -> Iterator[Live]:
    made = Live(project)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()
    end_leftovers(made.home)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_job_runs_at_its_time_is_recorded_with_it_and_the_scheduler_stops_when_told(live):
    live.project.notebook("import os\nprint('token:', os.environ.get('JUPYTERHUB_API_TOKEN'))")
    live.project.job("every-minute", "* * * * *")
    due = live.due_a_minute_ago("every-minute")
    process = live.start()
    # On a slow machine the next minute is due by then: one of the two runs, the newer first, and is enough for both.
    request = wait_for(lambda: next((r for r in live.requests() if r.state is State.DONE), None))
    assert (request.as_of, request.tries) == ("2022-12-28", 1)
    assert request.id in {f"every-minute-{int(due.timestamp()) // 60 + later}" for later in (0, 1)}
    (record,) = RunRecords(live.project.store()).list()
    assert (record.id, record.status, record.request) == (request.run_id, Status.SUCCEEDED, request.id)
    assert "key-of-the-hub" not in (live.home / record.outputs["notebook"]).read_text()
    log = (live.home / "logs" / "schedule" / f"{request.id}.log").read_text()
    assert "every-minute for 2022-12-28" in log
    assert "done" in log
    state = wait_for(lambda: live.state()["state"] == "idle" and live.state())
    assert datetime.now(UTC) - datetime.fromisoformat(state["at"]) < timedelta(seconds=10)
    assert set(state["next"]) == {"every-minute"}
    process.terminate()
    assert process.wait(timeout=5) == 0
    assert live.state()["state"] == "stopped"


def test_killed_in_the_middle_another_scheduler_takes_over_and_it_is_done_once(live):
    live.project.notebook(TELL, SLEEP_ONCE)
    live.project.job("every-minute", "* * * * *")
    live.due_a_minute_ago("every-minute")
    first = live.start()
    wait_for(live.told)
    second = live.start()
    time.sleep(2)
    assert second.poll() is None
    assert len(live.told()) == 1, "one scheduler at a time"
    assert live.state()["pid"] == first.pid
    (live.project.folder / "notebooks" / "go").touch()
    first.kill()
    wait_for(lambda: is_gone(live.told()[0]), 15)
    # Once the next minute is due, its run, the newer first, is enough for both.
    oldest = wait_for(lambda: (r := live.requests()[-1]).state in {State.DONE, State.ALREADY_DONE} and r)
    assert live.state()["pid"] == second.pid
    assert oldest.interruptions == 1
    records = RunRecords(live.project.store()).list()
    assert [record.status for record in records] == [Status.INTERRUPTED, Status.SUCCEEDED]


def test_cancelling_ends_everything_a_run_has_started(live):
    live.project.notebook(
        TELL,
        "import subprocess, sys\n"
        "code = 'import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); '\\\n"
        '    \'open("told", "a").write(f"{os.getpid()}\\\\n"); time.sleep(300)\'\n'
        "subprocess.Popen([sys.executable, '-c', code], start_new_session=True)\n"
        "import time; time.sleep(300)",
    )
    live.project.job("stuck", "0 0 1 1 *")
    process = live.start()
    requests = open_requests(live.project.settings)
    made = requests.submit("stuck", by="rosa")
    wait_for(lambda: len(live.told()) == 2)
    requests.cancel(made.id, by="otto")
    wait_for(lambda: requests.get(made.id).state is State.CANCELLED, 15)
    assert all(is_gone(pid) for pid in live.told())
    (record,) = RunRecords(live.project.store()).list()
    assert record.status is Status.INTERRUPTED
    assert process.poll() is None


def test_stopping_in_the_middle_leaves_no_process_and_takes_five_seconds_at_most(live):
    live.project.notebook(TELL, SLEEP_ONCE)
    live.project.job("slow", "0 0 1 1 *")
    process = live.start()
    open_requests(live.project.settings).submit("slow", by="rosa")
    wait_for(live.told)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    assert all(is_gone(pid) for pid in live.told())
    assert [(r.state, r.interruptions) for r in live.requests()] == [(State.WAITING, 1)]


def test_a_setting_that_cannot_work_ends_it_at_once_and_says_why(live):
    live.project.job("slow", "0 0 1 1 *")
    process = live.start(FOLIOHUB_ALERT_SMTP="smtp://me:hush@localhost")
    assert process.wait(timeout=60) == 1
    said = (live.home / "said.log").read_text()
    assert "FOLIOHUB_ALERT_TO" in said
    assert "hush" not in said


def test_a_failing_job_is_told_to_a_webhook_and_its_address_to_nobody(live):
    live.project.notebook("import os\nprint({k for k in os.environ if 'ALERT' in k})", "1 / 0")
    live.project.job("broken", "0 0 1 1 *")
    hook = Hook(503)
    with hook.serving() as address:
        live.start(FOLIOHUB_ALERT_WEBHOOK=address)
        open_requests(live.project.settings).submit("broken", by="rosa")
        wait_for(lambda: len(hook.received) == 2)
    assert hook.received[0][1] == hook.received[1][1]
    assert hook.received[1][1]["text"] == (
        "Foliohub: broken failed (2022-12-28)\nbroken for 2022-12-28, asked for by rosa, failed: division by zero"
    )
    kept = [file for file in live.home.rglob("*") if file.is_file() and b"T0/B0/hush" in file.read_bytes()]
    assert kept == []
    (record,) = RunRecords(live.project.store()).list()
    executed = next((live.home / "runs" / record.id).glob("*.ipynb")).read_text()
    assert "set()" in executed
