"""Runs whose store is on S3, as in pods: nothing but the store is shared, and what is killed is done again, once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.errors import NotStoredError, RunError, RunInProgressError, StoreError
from foliohub.runs.claims import claim, is_claimed
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.outputs import Outputs
from foliohub.runs.records import RunRecord, Status
from foliohub.runs.spec import load_jobs
from tests.s3_servers import Seaweed

pytestmark = [pytest.mark.s3, pytest.mark.slow]

DAY = pd.Timestamp("2022-12-28")
LIFE = 8.0
"""Seconds of the leases of who is killed: others wait them out."""
PUBLISHES = (
    "import pandas as pd, foliohub\n"
    "foliohub.workspace(universe, as_of).publish('numbers', pd.DataFrame({'seed': [float(seed)]}))"
)
WRITES_UNTIL_KILLED = """
import pathlib, numpy as np
from foliohub.config import load_settings
from foliohub.data.leases import Leases
from foliohub.runs.opening import open_store
Leases.__init__.__defaults__ = (LIFE,)
store = open_store(load_settings())
index = pd.bdate_range("2000-01-03", periods=1500, name="date")
columns = pd.Index([f"T{n}" for n in range(100)], dtype=object, name="ticker")
rounds = 1 if pathlib.Path("again").exists() else 10_000
for n in range(rounds):
    panel = {"close": pd.DataFrame(np.full((1500, 100), 1.0 + n), index, columns)}
    store.write_panel("raw/large", panel, as_of=as_of)
    pathlib.Path("here").write_text(str(n))
""".replace("LIFE", f"{LIFE:g}")


class Pod:
    """A state folder of its own, and a project, a store and keys that all have."""

    def __init__(self, project: object, uri: str, name: str) -> None:
        folder = project.folder  # type: ignore[attr-defined]
        keys = {"signing_key": folder / "keys" / "signing.pem", "accepted_keys": folder / "accepted"}
        self.settings = Settings(project=folder, home=folder / name, store=uri, **keys)

    @property
    def environment(self) -> dict[str, str]:
        names = ("project", "home", "store", "signing_key", "accepted_keys")
        return os.environ | {f"FOLIOHUB_{name.upper()}": str(getattr(self.settings, name)) for name in names}

    def run(self) -> RunRecord:
        jobs = load_jobs(self.settings.jobs, self.settings.notebooks)
        return run_job(self.settings, jobs["small"], DAY).record

    def start(self) -> subprocess.Popen[str]:
        shorter = f"from foliohub.data.leases import Leases; Leases.__init__.__defaults__ = ({LIFE:g},)"
        program = f"{shorter}; import foliohub.cli; foliohub.cli.main()"
        command = [sys.executable, "-c", program, "run", "small", "--as-of", f"{DAY:%Y-%m-%d}"]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


def test_what_a_run_leaves_is_read_by_every_pod_and_stays_what_it_was(small, s3_server: Seaweed) -> None:
    project = small(PUBLISHES)
    uri = s3_server.uri()
    here, there = Pod(project, uri, "here").settings, Pod(project, uri, "there").settings
    record = Pod(project, uri, "here").run()
    assert not (here.runs / record.id).exists()
    found = open_records(there).get(record.id)
    assert found.status is Status.SUCCEEDED
    outputs = Outputs(there)
    assert [(each.name, each.file) for each in outputs.list(found)] == [
        ("notebook", "small.ipynb"),
        ("report", "report.html"),
    ]
    assert "small.2022-12-28.1" in outputs.read(found, "report").decode()
    assert "numbers" in nbformat.reads(outputs.read(found, "notebook").decode(), as_version=4).cells[-1].source
    assert outputs.place(found, "report").startswith("s3://bucket/")
    bucket = open_store(there).bucket
    assert bucket is not None
    bucket.put(found.outputs["report"], b"<script>forged</script>")
    with pytest.raises(StoreError, match="not the one that was recorded"):
        outputs.read(found, "report")
    bucket.delete(found.outputs["report"])
    with pytest.raises(NotStoredError, match="has no report"):
        outputs.read(found, "report")
    outside = found.model_copy(update={"outputs": {"report": "runs/../leases/x"}})
    assert Outputs(there).list(outside) == []


def test_the_notebook_of_a_run_that_failed_outlives_its_pod(small, s3_server: Seaweed) -> None:
    pod = Pod(small("1 / 0"), s3_server.uri(), "here")
    with pytest.raises(RunError, match="division"):
        pod.run()
    (record,) = open_records(pod.settings).list()
    assert record.status is Status.FAILED
    assert b"ZeroDivisionError" in Outputs(pod.settings).read(record, "notebook")


def test_a_run_killed_while_it_writes_is_done_again_once_by_another_pod(small, s3_server: Seaweed) -> None:
    project = small(PUBLISHES, WRITES_UNTIL_KILLED)
    uri = s3_server.uri()
    first, second = Pod(project, uri, "first"), Pod(project, uri, "second")
    process = first.start()
    here = project.settings.notebooks / "here"
    until = time.monotonic() + 200
    while not here.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert here.exists(), process.communicate(timeout=1)[0]
    assert is_claimed(second.settings, "small", "2022-12-28")
    with pytest.raises(RunInProgressError), claim(second.settings, "small", "2022-12-28"):
        pass
    process.kill()
    process.communicate()
    Path(project.settings.notebooks / "again").touch()
    record = second.run()
    assert (record.status, record.attempt) == (Status.SUCCEEDED, 2)
    assert [each.status for each in open_records(first.settings).list()] == [Status.INTERRUPTED, Status.SUCCEEDED]
    assert first.run() == record  # once
    store = open_store(first.settings)
    latest = store.latest("raw/large")
    assert store.content("raw/large", latest.number) == latest.content
    assert len(store.read_panel("raw/large")["close"]) == 1500
    (numbers,) = [version for version in record.written if version.name.startswith("numbers/")]
    assert store.read_table(numbers.name, version=numbers.number, content=numbers.content)["seed"].tolist() == [7.0]
