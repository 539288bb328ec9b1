"""Whoever ends a run, and however: its process goes, its record says so, and nothing of a secret stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from foliohub.errors import RunError, RunInProgressError
from foliohub.runs import claims, kernel
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.records import Status
from foliohub.runs.spec import load_jobs

DAY = pd.Timestamp("2022-12-28")
SLOW = ("import pathlib, os; pathlib.Path('here').write_text(str(os.getpid()))", "import time; time.sleep(60)")
_MAIN = "import foliohub.cli; foliohub.cli.main()"


def records(project):
    return open_records(project.settings)


def run(project):
    return run_job(project.settings, load_jobs(project.settings.jobs, project.settings.notebooks)["small"], DAY)


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{number}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def under_way(small) -> Iterator[tuple[object, subprocess.Popen[str], int]]:
    """A run in its second cell: the project, the process that runs it, and the id of the notebook's process."""
    project = small(*SLOW)
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import foliohub.cli; foliohub.cli.main()",
            "run",
            "small",
            "--as-of",
            f"{DAY:%Y-%m-%d}",
        ],
        env=os.environ | {"FOLIOHUB_PROJECT": str(project.folder), "FOLIOHUB_HOME": str(project.settings.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    here = project.settings.notebooks / "here"
    until = time.monotonic() + 60
    while not (here.exists() and here.read_text()) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    try:
        yield project, process, int(here.read_text())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_notebook_goes_with_its_run_and_the_record_says_so(under_way, number):
    project, process, notebook = under_way
    process.send_signal(number)
    said = process.communicate(timeout=20)[0]
    assert process.returncode == {signal.SIGKILL: -9}.get(number, 128 + number), said
    assert "Traceback" not in said
    until = time.monotonic() + 10
    while is_alive(notebook) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_alive(notebook)
    (record,) = records(project).list()
    assert claims.status_now(project.settings, record) is Status.INTERRUPTED
    if number != signal.SIGKILL:
        assert record.status is Status.INTERRUPTED


@pytest.mark.slow
def test_pruning_waits_for_runs_whose_reading_is_not_recorded_yet(under_way):
    project, process, _ = under_way
    (record,) = records(project).list()
    assert claims.status_now(project.settings, record) is Status.RUNNING
    with pytest.raises(RunInProgressError, match=r"small\.2022-12-28\.1"):
        claims.prune(project.settings)
    process.kill()
    process.wait()
    assert claims.prune(project.settings) == ()


def test_pruning_leaves_what_a_record_names(small):
    project = small(
        "import pandas as pd, foliohub\n"
        "foliohub.workspace(universe, as_of).publish('numbers', pd.DataFrame({'seed': [float(seed)]}))"
    )
    name = "numbers/sample/2022-12-28"
    run(project)
    store = open_store(project.settings)
    for number in (1.0, 2.0):
        store.write_table(name, pd.DataFrame({"seed": [number]}))
    assert claims.prune(project.settings) == ((name, 1),)
    assert [version.number for version in store.versions(name)] == [0, 2]


def test_a_claim_ends_with_its_block_even_while_its_error_is_kept(project):
    with pytest.raises(ValueError, match="kept") as kept, claims.claim(project.settings, "small", "2022-12-28"):
        raise ValueError("kept")
    assert kept.value
    assert not claims.is_claimed(project.settings, "small", "2022-12-28")


def test_a_process_that_cannot_be_started_is_a_failure_not_a_traceback(small, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel of that name")

    project = small("seed")
    monkeypatch.setattr(kernel, "execute_notebook", fail)
    with pytest.raises(RunError, match="no kernel of that name"):
        run(project)
    (record,) = records(project).list()
    assert (record.status, record.error.kind) == (Status.FAILED, "RuntimeError")


def test_a_secret_that_a_cell_shows_never_reaches_the_disk(project, tmp_path):
    secret = 'hush+/"=key'
    notebook = project.notebook("import os\nprint(os.environ['KEY'])\nos.environ['KEY']", "open('seen', 'w').close()")
    executed, seen = tmp_path / "executed.ipynb", []

    def look(step: kernel.Step) -> None:
        if executed.exists():
            seen.append(executed.read_text())

    kernel.execute_notebook(
        notebook,
        executed,
        parameters={},
        environment=os.environ | {"KEY": secret},
        timeout_seconds=60,
        on_step=look,
        secrets=(secret,),
    )
    assert any("***" in text for text in seen), "it was written between the cells"
    for text in (*seen, executed.read_text()):
        assert "hush" not in text


_COMPLAIN = """
import sys, pandas as pd
from pathlib import Path
from foliohub.config import Settings
from foliohub.runs.execute import run_job
from foliohub.runs.spec import load_jobs
settings = Settings(project=Path(sys.argv[1]), home=Path(sys.argv[1]) / "state")
run_job(settings, load_jobs(settings.jobs, settings.notebooks)["small"], pd.Timestamp("2022-12-28"))
"""


def test_a_run_killed_after_its_process_complained_leaves_no_secret(small):
    secret = "s3cr3t-k3y"
    project = small(
        "import os\nos.system('echo the key $ALPHAVANTAGE_API_KEY is refused >&2')",
        "import time; time.sleep(60)",
        secrets=["ALPHAVANTAGE_API_KEY"],
    )
    process = subprocess.Popen(
        [sys.executable, "-c", _COMPLAIN, str(project.folder)], env=os.environ | {"ALPHAVANTAGE_API_KEY": secret}
    )
    log = project.settings.runs / "small.2022-12-28.1" / "kernel.log"
    until = time.monotonic() + 60
    while not (log.exists() and "refused" in log.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert "the key *** is refused" in log.read_text()
    for path in project.settings.home.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
