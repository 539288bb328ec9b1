"""A cycle runs jobs in the order of their dependencies and stops what depends on a failure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.runs.cycle import Verdict, choose_as_of, run_cycle
from foliohub.runs.sessions import last_session
from foliohub.runs.spec import load_jobs

DAY = pd.Timestamp("2022-12-28")


def cycle(project, **options):
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    return {entry.job: entry for entry in run_cycle(project.settings, jobs, DAY, **options)}


def test_a_failure_stops_its_dependants_and_nothing_else(small):
    project = small("seed")
    project.notebook("1 / 0", name="broken.ipynb")
    project.job("a", notebook="broken.ipynb")
    project.job("b", after=["a"])
    project.job("c", after=["b"])
    project.job("d", after=["small"])
    entries = cycle(project)
    verdicts = {name: entry.verdict for name, entry in entries.items()}
    assert verdicts == {
        "a": Verdict.FAILED,
        "b": Verdict.SKIPPED,
        "c": Verdict.SKIPPED,
        "small": Verdict.DONE,
        "d": Verdict.DONE,
    }
    assert "division by zero" in entries["a"].reason
    assert entries["c"].reason == "b did not succeed"


def test_a_second_cycle_does_only_what_is_left(small):
    project = small("seed")
    project.notebook("1 / 0", name="later.ipynb")
    project.job("later", notebook="later.ipynb", after=["small"])
    assert cycle(project)["later"].verdict == Verdict.FAILED
    project.notebook("1 / 1", name="later.ipynb")
    entries = cycle(project)
    assert (entries["small"].verdict, entries["later"].verdict) == (Verdict.ALREADY_DONE, Verdict.DONE)


def test_only_the_cycles_asked_for_are_run(small):
    project = small("seed")
    project.job("report", cycle="weekly")
    assert set(cycle(project)) == {"small"}
    assert set(cycle(project, cycles=("nightly", "weekly"))) == {"small", "report"}


def test_the_last_session_of_the_sample_is_the_default(small):
    project = small("seed")
    job = load_jobs(project.settings.jobs, project.settings.notebooks)["small"]
    assert choose_as_of(project.settings, job, None) == DAY


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2022-12-24", "Saturday"),
        ("2022-12-26", "2022-12-23 or 2022-12-27"),
        ("2035-01-03", "has not closed"),
        ("1875-01-04", "outside what the calendar covers"),
        ("tomorrow week", "not a date"),
        ("2022-02-30", "not a date"),
        ("2022-12-28 17:00", "without a time"),
        (date(2022, 12, 25), "Sunday"),
    ],
)
def test_a_date_that_will_not_do_is_refused_with_one_that_will(small, day, words):
    project = small("seed")
    job = load_jobs(project.settings.jobs, project.settings.notebooks)["small"]
    with pytest.raises(InputError, match=words):
        choose_as_of(project.settings, job, day)


def test_the_session_is_the_last_that_had_closed_at_a_moment_and_never_later_than_the_source_has():
    class Source:
        def __init__(self, last):
            self.last = last

        def last_session(self):
            return self.last

    moment = datetime(2022, 12, 27, 20, 59, tzinfo=UTC)  # a minute before the close in New York
    assert f"{last_session(Source(None), 'XNYS', moment):%Y-%m-%d}" == "2022-12-23"
    assert f"{last_session(Source(None), 'XNYS', moment + timedelta(minutes=1)):%Y-%m-%d}" == "2022-12-27"
    assert f"{last_session(Source(pd.Timestamp('2022-12-28')), 'XNYS', moment):%Y-%m-%d}" == "2022-12-23"
    assert f"{last_session(Source(pd.Timestamp('2022-12-20')), 'XNYS', moment):%Y-%m-%d}" == "2022-12-20"
