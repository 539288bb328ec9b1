"""Work that was interrupted is gone on with by whoever does the very same work, and by nobody else."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path

import pandas as pd
import pytest

from foliohub.errors import RunError
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_source, open_store, open_universe
from foliohub.runs.spec import load_jobs
from foliohub.runs.unfinished import unfinished_work
from foliohub.runs.workspace import Workspace

LAST = pd.Timestamp("2022-12-21")
WORK = {"data": [["raw/sample", "1f0c"]], "recipe": {"steps": 64}, "seeds": [1, 2]}


def interrupted(kind: Path, made_of: dict[str, object]) -> Path:
    with contextlib.suppress(KeyboardInterrupt), unfinished_work(kind, made_of) as folder:
        (folder / "a.checkpoint").write_text("half")
        raise KeyboardInterrupt
    return folder


def found(kind: Path, made_of: dict[str, object]) -> list[str]:
    with contextlib.suppress(KeyboardInterrupt), unfinished_work(kind, made_of) as folder:
        names = sorted(path.name for path in folder.glob("*.checkpoint"))
        raise KeyboardInterrupt
    return names


def test_the_same_work_finds_what_was_left_and_any_other_nothing(tmp_path):
    interrupted(tmp_path, WORK)
    assert found(tmp_path, dict(reversed(WORK.items()))) == ["a.checkpoint"]
    for changed in ({"data": [["raw/sample", "2a"]]}, {"recipe": {"steps": 65}}, {"seeds": [1]}, {"as_of": "2022"}):
        assert found(tmp_path, WORK | changed) == []


def test_what_is_finished_leaves_nothing(tmp_path):
    interrupted(tmp_path, WORK)
    with unfinished_work(tmp_path, WORK) as folder:
        assert (folder / "a.checkpoint").read_text() == "half"
    assert list(tmp_path.iterdir()) == []


def test_two_at_the_same_work_do_not_share_a_folder(tmp_path):
    with unfinished_work(tmp_path, WORK) as first, unfinished_work(tmp_path, WORK) as second:
        assert first != second
        (second / "b.checkpoint").touch()
    assert not second.exists()


def test_where_nothing_can_be_written_the_work_is_done_all_the_same(tmp_path, caplog):
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING), unfinished_work(tmp_path / "file", WORK) as folder:
        (folder / "a.checkpoint").touch()
    assert not folder.exists()
    assert "will start anew" in caplog.text


def test_what_nobody_goes_on_with_is_removed_after_two_weeks(tmp_path):
    old, recent = interrupted(tmp_path, WORK), interrupted(tmp_path, WORK | {"seeds": [1]})
    os.utime(old, (time.time() - 15 * 86_400,) * 2)
    with unfinished_work(tmp_path, WORK | {"seeds": [2]}) as used:
        os.utime(used, (0, 0))  # however old it looks
        with unfinished_work(tmp_path, WORK | {"seeds": [3]}):
            assert used.exists()
    assert not old.exists()
    assert recent.exists()


TRAINING = """
import os, signal
import foliohub
from foliohub import allocate
from foliohub.allocate.reinforcement import checkpoints

work = foliohub.workspace(universe, as_of)
returns = work.clean_prices().returns().iloc[-200:].dropna(axis=1)
recipe = allocate.Recipe("a2c", steps=256, lookback=20, episode=10, portfolios=4)
saved, save = [], checkpoints.save
def save_and_maybe_die(path, *arguments, **options):
    save(path, *arguments, **options)
    saved.append(path)
    if deadly and len(saved) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoints.save = save_and_maybe_die
with work.training("agent", recipe=recipe.as_mapping(), seeds=[1, 2, 3]) as training:
    policy = allocate.TrainedPolicy.train(
        returns, recipe, seeds=[1, 2, 3], folder=training.folder, progress=training.progress
    )
"""


@pytest.mark.slow
def test_a_job_whose_process_was_killed_while_it_trained_goes_on_to_the_same_bytes(small, monkeypatch):
    """The kernel dies by SIGKILL after the second of three seeds; the same cells then train the third alone."""
    project = small(f"deadly = True\n{TRAINING}")
    settings = project.settings
    universe = open_universe(settings, "sample")
    from foliohub.data.ingest import ingest

    ingest(open_store(settings), open_source(settings, "sample"), universe, as_of=LAST)
    with pytest.raises(RunError, match="process died"):
        run_job(settings, load_jobs(settings.jobs, settings.notebooks)["small"], LAST)
    left = settings.home / "unfinished" / "agent" / "sample"
    assert len(list(left.rglob("*.checkpoint"))) == 2
    from foliohub.allocate.reinforcement import checkpoints

    monkeypatch.setattr(checkpoints, "save", checkpoints.save)  # put back what the cells replace
    monkeypatch.setenv("FOLIOHUB_HOME", str(settings.home))
    monkeypatch.setenv("FOLIOHUB_PROJECT", str(settings.project))
    cells = {"universe": "sample", "as_of": f"{LAST:%Y-%m-%d}", "deadly": False}
    exec(TRAINING, cells)
    assert [path.name for path in cells["saved"]] == ["a2c_seed_3.checkpoint"]
    assert list(left.iterdir()) == []
    whole = type(cells["policy"]).train(cells["returns"], cells["recipe"], seeds=[1, 2, 3])
    assert cells["policy"].to_bytes() == whole.to_bytes()


@pytest.mark.slow
def test_other_data_begin_anew(project):
    settings = project.settings
    from foliohub.data.ingest import ingest

    universe, folders = open_universe(settings, "sample"), []
    for day in (LAST - pd.Timedelta(days=1), LAST):
        ingest(open_store(settings), open_source(settings, "sample"), universe, as_of=day)
        work = Workspace(settings, "sample", LAST - pd.Timedelta(days=1))
        for read in (False, True):
            if read:
                work.raw_prices()
            with work.training("agent", seeds=[1]) as training:
                folders.append(training.folder)
    one_before, one, other_before, other = folders
    assert one_before == other_before  # nothing read yet
    assert one != one_before
    assert other == one  # of a past session the data known then, whatever was stored since
    assert one.is_relative_to(settings.home / "unfinished" / "agent" / "sample")
