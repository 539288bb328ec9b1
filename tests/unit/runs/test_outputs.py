"""Files of runs in the state folder: found by their record, shown only as they were left, saved by a command."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foliohub import cli
from foliohub.config import Settings
from foliohub.errors import NotStoredError, StoreError
from foliohub.runs.opening import open_records
from foliohub.runs.outputs import Outputs
from foliohub.runs.records import RunRecord, Status


@pytest.fixture
def recorded(project) -> tuple[Settings, RunRecord, Path]:
    """A run that left two files: the settings, its record, its folder."""
    settings = project.settings
    folder = settings.runs / "small.2022-12-28.1"
    folder.mkdir(parents=True)
    files = {"notebook": folder / "small.ipynb", "report": folder / "report.html"}
    for name, file in files.items():
        file.write_text(f"the {name}")
    kept = Outputs(settings).keep(files)
    record = RunRecord(
        id=folder.name,
        job="small",
        as_of="2022-12-28",
        status=Status.SUCCEEDED,
        attempt=1,
        started_at=datetime(2022, 12, 28, 23, tzinfo=UTC),
        notebook="small.ipynb",
        notebook_hash="0",
        parameters={},
        image="local",
        python="3.11",
        outputs=kept.paths,
        hashes=kept.hashes,
    )
    return settings, open_records(settings).save(record), folder


def test_a_file_is_shown_only_as_its_run_left_it(recorded) -> None:
    settings, record, folder = recorded
    outputs = Outputs(settings)
    assert [(each.name, each.file, each.size) for each in outputs.list(record)] == [
        ("notebook", "small.ipynb", 12),
        ("report", "report.html", 10),
    ]
    assert outputs.read(record, "report") == b"the report"
    assert outputs.place(record, "report") == str(folder / "report.html")
    (folder / "report.html").write_text("another")
    with pytest.raises(StoreError, match="not the one that was recorded"):
        outputs.read(record, "report")
    of_before_hashes = record.model_copy(update={"hashes": {}})
    assert outputs.read(of_before_hashes, "report") == b"another"
    (folder / "report.html").unlink()
    assert [each.name for each in outputs.list(record)] == ["notebook"]
    with pytest.raises(NotStoredError, match="has no report"):
        outputs.read(record, "report")


def test_files_of_a_run_are_saved_where_one_wants_them(recorded, tmp_path, monkeypatch, capsys) -> None:
    settings, record, _ = recorded
    monkeypatch.setenv("FOLIOHUB_PROJECT", str(settings.project))
    monkeypatch.setenv("FOLIOHUB_HOME", str(settings.home))
    monkeypatch.setattr(sys, "argv", ["foliohub", "runs", "save", record.id, str(tmp_path / "mine")])
    with suppress(SystemExit):
        cli.main()
    assert "report.html" in capsys.readouterr().out
    assert (tmp_path / "mine" / record.id / "report.html").read_text() == "the report"
    assert (tmp_path / "mine" / record.id / "small.ipynb").read_text() == "the notebook"
