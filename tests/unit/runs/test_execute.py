"""A run happens exactly once, is recorded whatever becomes of it, and keeps secrets to itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.errors import InputError, RunError, RunInProgressError, StoreError
from foliohub.runs import kernel
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.records import Status
from foliohub.runs.spec import load_jobs

DAY = pd.Timestamp("2022-12-28")
PUBLISH = """
import pandas as pd
import foliohub
work = foliohub.workspace(universe, as_of)
work.publish("numbers", pd.DataFrame({"seed": [float(seed)]}))
"""


def run(project, name="small", **options):
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    return run_job(project.settings, jobs[name], DAY, sleep=lambda _: None, **options)


def records(project):
    return open_records(project.settings)


def test_a_run_leaves_a_record_a_notebook_and_a_report(small):
    project = small(PUBLISH)
    outcome = run(project)
    record = outcome.record
    assert outcome.fresh
    assert (record.id, record.status, record.attempt, record.seed) == (
        "small.2022-12-28.1",
        Status.SUCCEEDED,
        1,
        7,
    )
    assert record.parameters == {"as_of": "2022-12-28", "universe": "sample", "seed": 7, "scale": 1.0}
    assert [version.name for version in record.written] == ["numbers/sample/2022-12-28"]
    for path in record.outputs.values():
        assert (project.settings.home / path).is_file()
    assert records(project).get(record.id) == record


def test_a_second_start_does_nothing_and_force_makes_another_attempt(small):
    project = small(PUBLISH)
    first = run(project)
    second = run(project)
    assert not second.fresh
    assert second.record == first.record
    third = run(project, force=True)
    assert third.record.attempt == 2
    # The same numbers are the same version: forcing leaves nothing behind but a record.
    assert third.record.written == first.record.written


def test_steps_are_told_before_each_cell(small):
    project = small("seed", "1 + 1")
    steps = []
    run(project, on_step=steps.append)
    assert [step.done for step in steps] == list(range(len(steps)))
    assert steps[-1].total == len(steps)
    assert steps[-1].heading == "A small notebook"


def test_a_kernel_needs_no_room_beside_its_notebook(small):
    project = small("import pathlib", "assert not [file for file in pathlib.Path().iterdir() if file.is_socket()]")
    run(project)
    assert records(project).list()[0].status is Status.SUCCEEDED


def test_a_failure_is_recorded_with_its_cell_and_reason(small):
    project = small("raise ValueError('seven apples')")
    with pytest.raises(RunError, match="seven apples"):
        run(project)
    (record,) = records(project).list()
    assert record.status is Status.FAILED
    assert (record.error.kind, record.error.message) == ("ValueError", "seven apples")
    assert record.error.cell is not None


def test_what_a_failed_run_wrote_does_not_count(small):
    project = small(PUBLISH, "raise ValueError('late')")
    with pytest.raises(RunError):
        run(project)
    assert records(project).published("numbers/sample/2022-12-28", "2022-12-28") is None


def test_a_passing_fault_is_tried_again_with_back_off(small):
    project = small(
        "from pathlib import Path",
        "marker = Path('tried')",
        "if not marker.exists():\n"
        "    marker.touch()\n"
        "    from foliohub.errors import VendorUnavailableError\n"
        "    raise VendorUnavailableError('try later')",
        retries={"attempts": 2, "wait_seconds": 5},
    )
    waits = []
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    outcome = run_job(project.settings, jobs["small"], DAY, sleep=waits.append)
    assert outcome.record.attempt == 2
    assert waits == [5]
    assert [record.status for record in records(project).list()] == [Status.FAILED, Status.SUCCEEDED]


def test_a_lasting_fault_is_not_tried_again(small):
    project = small("1 / 0", retries={"attempts": 3, "wait_seconds": 1})
    with pytest.raises(RunError, match="division by zero"):
        run(project)
    assert len(records(project).list()) == 1


def test_the_time_limit_is_for_the_whole_run(small):
    project = small("import time", "time.sleep(3)", "time.sleep(3)", "time.sleep(3)", timeout_seconds=5)
    start = time.monotonic()
    with pytest.raises(RunError, match="longer than its 5 seconds"):
        run(project)
    assert time.monotonic() - start < 9
    assert records(project).list()[0].error.kind == "TimeoutError"


def test_a_notebook_that_kills_its_process_is_told(small):
    project = small("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(RunError, match="process died"):
        run(project)


def test_a_job_waits_for_those_it_depends_on(small):
    project = small("seed")
    project.job("later", after=["small"])
    with pytest.raises(RunError, match="later needs small"):
        run(project, "later")
    run(project)
    assert run(project, "later").fresh


@pytest.mark.parametrize("parameters", [{"colour": "red"}, {"seed": "seven"}])
def test_wrong_parameters_are_refused_before_anything_is_recorded(small, parameters):
    project = small("seed")
    with pytest.raises(InputError):
        run(project, parameters=parameters)
    assert records(project).list() == []


def printed(project, record):
    notebook = nbformat.read(project.settings.home / record.outputs["notebook"], as_version=4)
    return notebook.cells[-1].outputs[0].text.strip()


def test_secrets_reach_only_jobs_that_name_them_and_no_record(small, monkeypatch):
    monkeypatch.setenv("ALPHAVANTAGE_API_KEY", "s3cr3t-k3y")
    cell = "import os\nprint(os.environ.get('ALPHAVANTAGE_API_KEY', 'no key'))"
    project = small(cell)
    project.settings = Settings(project=project.folder, home=project.settings.home)
    record = run(project).record
    assert printed(project, record) == "no key"
    project.job("trusted", secrets=["ALPHAVANTAGE_API_KEY"])
    record = run(project, "trusted").record
    assert printed(project, record) == "***"
    project.notebook("raise ValueError(__import__('os').environ['ALPHAVANTAGE_API_KEY'])")
    with pytest.raises(RunError):
        run(project, "trusted", force=True)
    for path in project.settings.home.rglob("*"):
        if path.is_file():
            assert b"s3cr3t-k3y" not in path.read_bytes(), path


def test_a_folder_that_cannot_be_written_is_named(small):
    project = small("seed")
    blocked = project.folder / "blocked"
    blocked.write_text("a file where the state folder should be")
    project.settings = project.settings.model_copy(update={"home": blocked / "state", "store": "mem://blocked"})
    with pytest.raises(StoreError, match="blocked"):
        run(project)


@pytest.mark.parametrize("file", ["small.ipynb", "kernel.log"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_run_that_finds_its_disk_full_fails_at_once_and_says_what_to_do(small, file):
    project = small("import os\nos.system('echo complaint >&2')", retries={"attempts": 3, "wait_seconds": 1})
    folder = project.settings.runs / "small.2022-12-28.1"
    folder.mkdir(parents=True)
    (folder / file).symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"small\.2022-12-28\.1 cannot be written: No space left.*FOLIOHUB_HOME"):
        run(project)
    (record,) = records(project).list()
    assert (record.status, record.error.kind) == (Status.FAILED, "OSError")


def test_a_run_whose_folder_cannot_be_made_fails_at_once_and_says_what_to_do(small):
    project = small("seed", retries={"attempts": 3, "wait_seconds": 1})
    project.settings.home.mkdir()
    project.settings.runs.write_text("a file where the folder of runs should be")
    with pytest.raises(RunError, match=r"runs/small\.2022-12-28\.1 cannot be written: .*FOLIOHUB_HOME"):
        run(project)
    assert len(records(project).list()) == 1


def test_a_system_error_of_something_else_is_not_blamed_on_the_folder(small, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory", "/no/such/python")

    project = small("seed")
    monkeypatch.setattr(kernel, "execute_notebook", fail)
    with pytest.raises(RunError, match="/no/such/python"):
        run(project)


_START = """
import sys
from pathlib import Path
import pandas as pd
from foliohub.config import Settings
from foliohub.runs.execute import run_job
from foliohub.runs.spec import load_jobs
settings = Settings(project=Path(sys.argv[1]), home=Path(sys.argv[1]) / "state")
jobs = load_jobs(settings.jobs, settings.notebooks)
print("starting", flush=True)
day = pd.Timestamp("2022-12-28")
outcome = run_job(settings, jobs["small"], day, on_step=lambda step: print(step.done, flush=True))
print("fresh" if outcome.fresh else "old", flush=True)
"""


def start(project) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _START, str(project.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_of_two_starts_at_once_one_refuses(small):
    project = small("import time; time.sleep(3)")
    process = start(project)
    assert process.stdout.readline().strip() == "starting"
    assert process.stdout.readline().strip() == "0"
    with pytest.raises(RunInProgressError, match=r"small for 2022-12-28"):
        run(project)
    assert process.communicate(timeout=60)[0].strip().endswith("fresh")
    assert len(records(project).list()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_killed_at_any_step_and_started_again_ends_as_if_never_killed(small, step):
    project = small(PUBLISH, "import time; time.sleep(0.3)", "seed")
    process = start(project)
    for line in process.stdout:
        if line.strip() == str(step):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait(timeout=30)
    record = run(project).record
    assert [r.status for r in records(project).list()] == [Status.INTERRUPTED, Status.SUCCEEDED]
    frame = open_store(project.settings).read_table(record.written[0].name, version=record.written[0].number)
    assert frame["seed"].tolist() == [7.0]
    # Nothing of the killed attempt counts beside it.
    assert len(open_store(project.settings).versions(record.written[0].name)) == 1
