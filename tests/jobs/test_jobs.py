"""The project's own job files: right, in order, and due when their markets have closed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from foliohub import calendars
from foliohub.config import Settings
from foliohub.runs.cycle import universe_of
from foliohub.runs.spec import load_jobs

ROOT = Path(__file__).parents[2]
JOBS = load_jobs(ROOT / "jobs", ROOT / "notebooks")


def test_the_cycle_runs_in_the_order_of_the_data():
    assert [name for name, job in JOBS.items() if job.cycle == "nightly"] == [
        "daily-ingest",
        "daily-forecast",
        "daily-rebalance",
        "daily-score",
    ]
    assert "weekly-report" in JOBS


@pytest.mark.parametrize("name", JOBS)
def test_each_is_due_after_the_close_of_a_session(name):
    job = JOBS[name]
    calendar = universe_of(Settings(project=ROOT), job).calendar
    due = datetime(2024, 1, 1, tzinfo=UTC)
    for _ in range(5):
        due = job.schedule.next_after(due)
        day = due.date()
        if calendars.is_session(day, calendar):
            assert due > calendars.session_close(day, calendar)


@pytest.mark.parametrize("name", JOBS)
def test_each_is_due_after_those_it_waits_for(name):
    week = datetime(2024, 1, 5, 12, tzinfo=UTC)  # the morning of a Friday: all are due later that day
    job = JOBS[name]
    for other in job.after:
        assert JOBS[other].schedule.next_after(week) < job.schedule.next_after(week)


def test_job_files_hold_no_code_and_no_secret():
    for path in (ROOT / "jobs").iterdir():
        content = yaml.safe_load(path.read_text())
        assert set(content.get("secrets", [])) <= {"ALPHAVANTAGE_API_KEY"}
        assert "!!" not in path.read_text()


@pytest.mark.parametrize("name", JOBS)
def test_each_whose_notebook_proposes_says_so(name):
    notebook = (ROOT / "notebooks" / JOBS[name].notebook).read_text(encoding="utf-8")
    assert JOBS[name].proposes == (".propose(" in notebook)
