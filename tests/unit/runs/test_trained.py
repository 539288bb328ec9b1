"""Trained models travel whole, are read as they were known then, and are recorded as any table."""

from __future__ import annotations

import pandas as pd
import pytest

from foliohub.errors import InputError, NotStoredError, StoreError
from foliohub.runs.execute import run_job
from foliohub.runs.opening import open_store
from foliohub.runs.records import RunRecords
from foliohub.runs.reproduce import reproduce_run
from foliohub.runs.spec import load_jobs
from foliohub.runs.trained import pack, unpack
from foliohub.runs.workspace import Workspace

MONDAY, TUESDAY, WEDNESDAY = (pd.Timestamp(day) for day in ("2022-12-19", "2022-12-20", "2022-12-21"))
TRAIN = """
import foliohub
work = foliohub.workspace(universe, as_of)
work.publish_model("lstm", as_of.encode() + bytes(range(256)), {"model": "lstm", "seed": seed, "scale": scale})
work.publish("scores", __import__("pandas").DataFrame({"mae": [scale]}))
"""
USE = """
import foliohub, pandas
work = foliohub.workspace(universe, as_of)
model = work.read_model("lstm")
scores = work.read_latest("scores")
said = {"as_of": [f"{model.as_of:%Y-%m-%d}"], "run": [model.run_id], "bytes": [len(model.content)]}
work.publish("used", pandas.DataFrame({**said, "mae": scores["mae"], "scale": [float(model.card["scale"])]}))
"""


@pytest.fixture
def weekly(small):
    project = small(USE)
    project.notebook(TRAIN, name="train.ipynb")
    project.job("train", notebook="train.ipynb")
    return project


def run(project, name, day):
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    return run_job(project.settings, jobs[name], day).record


def used(project, record):
    store = open_store(project.settings)
    written = next(version for version in record.written if version.name.startswith("used/"))
    return store.read_table(written.name, version=written.number).iloc[0]


@pytest.mark.parametrize("content", [b"\x00", bytes(range(256)) * 99])
def test_a_model_comes_back_byte_by_byte_with_its_card(content):
    card = {"model": "lstm", "seeds": [1, 2], "scores": {"mae": 0.1, "none": None}, "note": "é"}
    assert unpack(pack(content, card), "x") == (content, card)


def test_a_changed_card_is_another_table():
    assert not pack(b"n", {"a": 1}).equals(pack(b"n", {"a": 2}))


def test_what_cannot_be_stored_or_read_is_said():
    with pytest.raises(InputError, match="no bytes"):
        pack(b"", {})
    with pytest.raises(InputError, match="card"):
        pack(b"n", {"when": object()})
    with pytest.raises(StoreError, match="weights/sample holds no trained model"):
        unpack(pd.DataFrame({"weight": [0.5]}), "weights/sample")
    with pytest.raises(StoreError, match="holds no trained model"):
        unpack(pd.DataFrame({"byte": [1, 2, 3]}), "weights/sample")


@pytest.mark.slow
def test_the_newest_model_known_is_read_recorded_and_reproduced(weekly):
    run(weekly, "train", MONDAY)
    run(weekly, "train", WEDNESDAY)
    record = run(weekly, "small", TUESDAY)
    first = used(weekly, record)
    assert (first["as_of"], first["run"]) == ("2022-12-19", "train.2022-12-19.1"), "Wednesday's is not known on Tuesday"
    assert (first["bytes"], first["scale"]) == (266, 1.0)
    assert {version.name for version in record.read} == {"trained_lstm/sample/2022-12-19", "scores/sample/2022-12-19"}
    jobs = load_jobs(weekly.settings.jobs, weekly.settings.notebooks)
    for identifier in (record.id, "train.2022-12-19.1"):
        again = reproduce_run(weekly.settings, identifier, jobs)
        assert again.equal, again
        assert again.changed == ()


def test_without_a_trained_model_the_reader_says_so_and_interactive_work_publishes_none(weekly):
    work = Workspace(weekly.settings, "sample", TUESDAY)
    work.publish_model("lstm", b"network", {})
    assert open_store(weekly.settings).tables() == []
    with pytest.raises(NotStoredError, match="trained_lstm of sample for 2022-12-20 or before"):
        work.read_model("lstm")
    assert work.find_model("lstm") is None
    assert RunRecords(open_store(weekly.settings)).list() == []
