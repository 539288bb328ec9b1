"""What is due when: weekdays, time zones, clock changes, the next times of each job."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from foliohub.errors import InputError
from foliohub.runs.spec import Schedule, load_jobs
from foliohub.schedule import due_times, upcoming

ROOT = Path(__file__).parents[3]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, after: str, until: str, zone: str = "America/New_York") -> list[str]:
    times = due_times(Schedule(cron=cron, time_zone=zone), at(after), at(until))
    return [f"{time:%m-%d %H:%M}" for time in times]


def test_weekdays_are_monday_to_friday():
    # The first week of June 2026; the 6th and 7th are a weekend.
    assert due("15 18 * * 1-5", "2026-06-01", "2026-06-09") == [
        "06-01 22:15",
        "06-02 22:15",
        "06-03 22:15",
        "06-04 22:15",
        "06-05 22:15",
        "06-08 22:15",
    ]


def test_an_hour_that_comes_twice_fires_once_at_its_first():
    assert due("30 1 * * *", "2026-11-01 04:00", "2026-11-01 12:00") == ["11-01 05:30"]


def test_starting_within_the_second_occurrence_does_not_repeat_the_first():
    assert due("30 1 * * *", "2026-11-01 06:10", "2026-11-02 12:00") == ["11-02 06:30"]


def test_an_hour_that_is_left_out_fires_right_after_it_and_once():
    assert due("15,45 2 * * *", "2026-03-08 05:00", "2026-03-08 12:00") == ["03-08 07:00"]


def test_every_hour_follows_the_time_that_passes():
    assert due("0 * * * *", "2026-11-01 04:30", "2026-11-01 07:30") == ["11-01 05:00", "11-01 06:00", "11-01 07:00"]


def test_a_moment_of_unknown_time_zone_is_refused():
    with pytest.raises(InputError, match="has no time zone"):
        next(due_times(Schedule(cron="0 0 * * *"), datetime(2026, 1, 1)))


def test_upcoming_gives_each_job_its_next_times_in_its_own_zone():
    jobs = load_jobs(ROOT / "jobs", ROOT / "notebooks")
    times = upcoming(jobs, at("2026-11-20 23:30"), 2)
    assert list(times) == list(jobs)
    assert [time.isoformat() for time in times["daily-ingest"]] == [
        "2026-11-23T18:15:00-05:00",
        "2026-11-24T18:15:00-05:00",
    ]
    assert times["daily-forecast"][0].isoformat() == "2026-11-20T18:45:00-05:00"
