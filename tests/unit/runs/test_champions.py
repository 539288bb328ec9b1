"""The champion as runs record it: known from its session on, changed once per run, with the numbers behind it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from foliohub.data.versions import StoredVersion
from foliohub.runs.lineage import LineageFile
from foliohub.runs.opening import open_records, open_store
from foliohub.runs.records import RunRecord, Status
from foliohub.runs.workspace import Workspace
from tests.unit.backtest.test_champion import history

MONDAY, TUESDAY, WEDNESDAY = (pd.Timestamp(day) for day in ("2022-12-19", "2022-12-20", "2022-12-21"))


def play(settings, day, forecasts, attempt=1, status=Status.SUCCEEDED):
    """Play a run that challenges the champion, as an attempt would: what it wrote counts with its record."""
    identifier = f"weekly.{day:%Y-%m-%d}.{attempt}"
    lineage = settings.home.parent / f"{identifier}.jsonl"
    running = settings.model_copy(update={"run_id": identifier, "lineage": lineage})
    challenge = Workspace(running, "sample", day).challenge(forecasts, horizon=1)
    gathered = LineageFile(lineage).gather()
    now = pd.Timestamp.now("UTC").to_pydatetime()
    record = RunRecord(
        id=identifier,
        job="weekly",
        as_of=f"{day:%Y-%m-%d}",
        status=status,
        attempt=attempt,
        started_at=now,
        ended_at=now,
        notebook="22.ipynb",
        notebook_hash="",
        parameters={},
        image="local",
        python="3.11",
        read=gathered.read,
        written=gathered.written,
    )
    open_records(settings).save(record)
    return challenge, record


@pytest.fixture
def decide(project):
    return partial(play, project.settings)


def champion(project, day):
    return Workspace(project.settings, "sample", day).champion()


def test_a_change_counts_from_its_session_on_and_its_run_names_it(project, decide):
    assert champion(project, MONDAY) == "mean"
    challenge, record = decide(TUESDAY, history())
    assert (challenge.before, challenge.after) == ("mean", "good")
    assert [champion(project, day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == ["mean", "good", "good"]
    version: StoredVersion = record.written[0]
    table = open_store(project.settings).read_table(version.name, version=version.number)
    assert table.set_index("model").loc["good", ["is_champion", "was_champion"]].tolist() == [True, False]


def test_a_run_that_did_not_succeed_changes_nothing(project, decide):
    decide(TUESDAY, history(), status=Status.FAILED)
    assert champion(project, WEDNESDAY) == "mean"


def test_a_run_made_again_replaces_its_decision(project, decide):
    decide(TUESDAY, history())
    again, _ = decide(TUESDAY, history(), attempt=2)
    assert (again.before, again.after) == ("mean", "good"), "it challenges the champion of the sessions before"
    none, _ = decide(TUESDAY, history(models={"mean": 0.0, "bad": -1.0}), attempt=3)
    assert none.after == champion(project, WEDNESDAY) == "mean"


def test_the_champion_that_is_read_is_recorded(project, decide):
    decide(MONDAY, history())
    _, record = decide(TUESDAY, history(models={"good": 1.0, "mean": 0.0}))
    assert [version.name for version in record.read] == ["champion/sample/2022-12-19"]


def test_interactive_work_challenges_and_changes_nothing(project):
    assert Workspace(project.settings, "sample", TUESDAY).challenge(history(), horizon=1).changed
    assert champion(project, WEDNESDAY) == "mean"


def test_what_was_published_last_is_found_and_before_there_is_none(project, decide):
    decide(TUESDAY, history())
    before, after = (Workspace(project.settings, "sample", day).find_latest("champion") for day in (MONDAY, WEDNESDAY))
    assert before is None
    assert after.set_index("model").loc["good", "is_champion"]
