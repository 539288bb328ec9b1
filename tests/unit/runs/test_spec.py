"""Job files are read strictly: each mistake is refused with the file, the key, the value and the remedy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foliohub.errors import ConfigurationError
from foliohub.runs.spec import Schedule, load_job, load_jobs


def test_a_right_job_file_is_read(small):
    project = small("seed")
    spec = load_jobs(project.settings.jobs, project.settings.notebooks)["small"]
    assert (spec.title, spec.timeout_seconds, spec.retries.attempts, spec.secrets) == ("A small job", 1800, 0, ())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, ["colour", "no such key", "schedule"]),
        ({"parameters": {"horizon": 5}}, ["horizon", "no parameter", "universe"]),
        ({"parameters": {"seed": "seven"}}, ["seed", "'seven'", "of type int"]),
        ({"parameters": {"seed": True}}, ["seed", "True"]),
        ({"parameters": {"scale": [1]}}, ["scale", "[1]", "float"]),
        ({"schedule": {"cron": "every day"}}, ["schedule.cron", "'every day'", "30 18 * * 1-5"]),
        ({"schedule": {"cron": "61 18 * * *"}}, ["schedule.cron", "61"]),
        ({"schedule": {"cron": "0 30 18 * * *"}}, ["schedule.cron", "Wrong number of fields", "write five"]),
        ({"schedule": {"cron": "0 1 * * *", "time_zone": "Mars/Olympus"}}, ["time_zone", "Mars/Olympus"]),
        ({"schedule": {"cron": "0 1 * * *", "zone": "UTC"}}, ["schedule.zone", "no such key"]),
        ({"timeout_seconds": 0}, ["timeout_seconds", "0"]),
        ({"timeout_seconds": "soon"}, ["timeout_seconds", "soon"]),
        ({"retries": {"attempts": -1}}, ["retries.attempts", "-1"]),
        ({"resources": {"memory": "lots"}}, ["resources.memory", "lots"]),
        ({"secrets": ["AWS_KEY"]}, ["AWS_KEY", "ALPHAVANTAGE_API_KEY"]),
        ({"cycle": "hourly"}, ["cycle", "hourly", "nightly"]),
        ({"notebook": "../../etc/passwd"}, ["notebook"]),
        ({"notebook": "absent.ipynb"}, ["absent.ipynb", "small.ipynb"]),
        ({"name": "Small Job"}, ["name", "Small Job"]),
        ({"after": ["nothing"]}, ["nothing", "does not exist"]),
        ({"after": ["small"]}, ["small -> small"]),
        ({"follows": ["nothing"]}, ["nothing", "does not exist"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_mistake_is_named_with_its_value(small, change, words):
    project = small("seed", **change) if "name" not in change else small("seed")
    if "name" in change:
        path = project.folder / "jobs" / "small.yaml"
        path.write_text(path.read_text().replace("name: small", f"name: {change['name']}"))
    with pytest.raises(ConfigurationError) as caught:
        load_jobs(project.settings.jobs, project.settings.notebooks)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "a: [1\n", "\x00\x01", "just text"])
def test_what_is_no_job_file_is_refused(small, content):
    project = small("seed")
    path = project.folder / "jobs" / "small.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"small\.yaml"):
        load_job(path, project.settings.notebooks)


def test_jobs_come_in_the_order_of_their_dependencies(small):
    project = small("seed")
    project.job("a-first", after=["z-last"])
    project.job("z-last", after=["small"])
    assert list(load_jobs(project.settings.jobs, project.settings.notebooks)) == ["small", "z-last", "a-first"]


def test_a_folder_without_jobs_says_where_to_go(tmp_path):
    with pytest.raises(ConfigurationError, match="FOLIOHUB_PROJECT"):
        load_jobs(tmp_path, tmp_path)


def test_monday_to_friday_means_monday_to_friday():
    friday = datetime(2022, 12, 30, 23, 45, tzinfo=UTC)
    assert Schedule(cron="30 18 * * 1-5").next_after(friday).strftime("%a %H:%M") == "Mon 18:30"


def test_the_autumn_clock_change_gives_one_run():
    schedule = Schedule(cron="30 1 * * *")
    first = schedule.next_after(datetime(2022, 11, 6, 3, tzinfo=UTC))
    assert first.date().isoformat() == "2022-11-06"
    assert schedule.next_after(first).date().isoformat() == "2022-11-07"


def test_a_job_that_follows_another_comes_later_and_does_not_wait_for_it(small):
    project = small()
    project.job("a-first", follows=["z-last"])
    project.job("z-last", cycle="weekly")
    jobs = load_jobs(project.settings.jobs, project.settings.notebooks)
    assert list(jobs).index("z-last") < list(jobs).index("a-first")
    assert jobs["a-first"].after == ()
