"""Due times against a slow twin that looks at every minute, over all kinds of clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from foliohub.runs.spec import Schedule
from foliohub.schedule import due_times

# An hour at two o'clock, half an hour, at midnight, in the other hemisphere, a negative summer time, none.
CHANGES = {
    "America/New_York": ((2026, 3, 8), (2026, 11, 1)),
    "Australia/Lord_Howe": ((2026, 10, 4), (2026, 4, 5)),
    "Africa/Cairo": ((2026, 4, 24), (2026, 10, 30)),
    "Australia/Sydney": ((2026, 10, 4), (2026, 4, 5)),
    "Europe/Dublin": ((2026, 3, 29), (2026, 10, 25)),
    "Asia/Tokyo": ((2026, 3, 29), (2026, 10, 25)),
}
MINUTE = timedelta(minutes=1)


def matches(field: str, value: int, largest: int) -> bool:
    """Whether a plain cron field (a star, a step, a list or a range) matches a value."""
    if field == "*":
        return True
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    if "-" in field:
        first, last = map(int, field.split("-"))
        return first <= value <= min(last, largest)
    return value in set(map(int, field.split(",")))


def slow_due_times(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Every minute in turn: what the clock shows, and what it never showed because it was put forward."""
    zone = ZoneInfo(schedule.time_zone)
    minute, hour, *_, weekday = schedule.cron.split()
    fixed = not minute.startswith("*") and not hour.startswith("*")

    def shown(wall: datetime) -> bool:
        return (
            matches(minute, wall.minute, 59)
            and matches(hour, wall.hour, 23)
            and matches(weekday, wall.isoweekday() % 7, 6)
        )

    found = []
    seen: set[datetime] = set()
    moment = after.replace(second=0, microsecond=0) - timedelta(days=2)
    previous = (moment - MINUTE).astimezone(zone).replace(tzinfo=None)
    while moment <= until:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        skipped = [previous + n * MINUTE for n in range(1, int((wall - previous) / MINUTE))] if wall > previous else []
        if fixed:
            due = any(shown(each) and each not in seen for each in (*skipped, wall))
            seen |= {*skipped, wall}
        else:
            due = shown(wall)
        if due and moment > after:
            found.append(moment)
        previous = wall
        moment += MINUTE
    return found


def one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


@st.composite
def moments_around_a_change(draw: st.DrawFn) -> tuple[str, datetime, datetime]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    day = datetime(*draw(st.sampled_from(CHANGES[zone])), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    after = day + timedelta(seconds=draw(st.integers(-30 * 3600, 30 * 3600)))
    return zone, after, after + timedelta(minutes=draw(st.integers(0, 2 * 24 * 60)))


@given(
    moments_around_a_change(),
    one_of("0", "30", "59", "15,45", "10-12", "*/20", "*"),
    one_of("*", "0", "1", "2", "3", "23", "1,2,3", "0-2", "*/6"),
    one_of("*", "0", "6", "1-5"),
)
def test_due_times_are_those_of_a_walk_through_every_minute(around, minute, hour, weekday):
    zone, after, until = around
    # Where clocks go forward by half an hour, the cron library skips to half past for the rest of that hour.
    assume(not (zone == "Australia/Lord_Howe" and minute.startswith("*") and hour != "*"))
    schedule = Schedule(cron=f"{minute} {hour} * * {weekday}", time_zone=zone)
    assert list(due_times(schedule, after, until)) == slow_due_times(schedule, after, until)


@given(moments_around_a_change(), one_of("30 1 * * *", "30 2 * * *", "0 0 * * *", "*/15 * * * *", "0 * * * *"))
def test_wherever_one_starts_anew_nothing_is_lost_and_nothing_comes_twice(around, cron):
    zone, after, until = around
    schedule = Schedule(cron=cron, time_zone=zone)
    whole = list(due_times(schedule, after, until))
    middle = after + (until - after) / 3
    assert whole == [*due_times(schedule, after, middle), *due_times(schedule, middle, until)]
    assert all(earlier < later for earlier, later in pairwise(whole))
    if whole:
        assert schedule.next_after(after).astimezone(UTC) == whole[0]


@pytest.mark.parametrize("zone", sorted(CHANGES))
@pytest.mark.parametrize("clock", ["0 0", "30 1", "0 2", "15 2", "30 2", "59 2", "0 3"])
def test_a_daily_job_runs_once_on_each_day_of_a_year(zone, clock):
    schedule = Schedule(cron=f"{clock} * * *", time_zone=zone)
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
    days = [due.astimezone(ZoneInfo(zone)).date() for due in due_times(schedule, start, start + timedelta(days=365))]
    assert len(days) == len(set(days)) == 365
