"""Sessions, closes, rebalance dates and periods per year, against the exchange's published calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.calendars import (
    is_session,
    last_closed_session,
    next_sessions,
    periods_per_year,
    previous_session,
    rebalance_dates,
    require_session,
    session_close,
    sessions,
    to_session,
    trading_hours,
)
from foliohub.errors import ConfigurationError, InputError

# NYSE holidays and early closings of 2019, as the exchange published them.
HOLIDAYS_2019 = [
    "2019-01-01",
    "2019-01-21",
    "2019-02-18",
    "2019-04-19",
    "2019-05-27",
    "2019-07-04",
    "2019-09-02",
    "2019-11-28",
    "2019-12-25",
]
EARLY_CLOSES_2019 = ["2019-07-03", "2019-11-29", "2019-12-24"]

days = st.dates(date(1990, 1, 1), date(2030, 12, 31))


class TestDays:
    @pytest.mark.parametrize("day", ["2019-06-28", date(2019, 6, 28), pd.Timestamp("2019-06-28"), "20190628"])
    def test_a_day_may_be_given_in_any_usual_form(self, day: str | date) -> None:
        assert to_session(day) == pd.Timestamp("2019-06-28")

    @pytest.mark.parametrize("day", ["soon", "2019-02-30", "2019-13-01", object()])
    def test_what_is_no_date_is_refused(self, day: str) -> None:
        with pytest.raises(InputError, match=r"is not a date. Write it as YYYY-MM-DD"):
            to_session(day)

    @pytest.mark.parametrize("day", ["2019-06-28 16:00", "2019-06-28T00:00Z", "NaT", None])
    def test_a_time_of_day_or_zone_is_refused_and_never_dropped(self, day: str) -> None:
        with pytest.raises(InputError, match="is not a calendar day"):
            to_session(day)


class TestSessions:
    def test_a_year_has_its_weekdays_without_the_holidays(self) -> None:
        expected = pd.bdate_range("2019-01-01", "2019-12-31").difference(pd.DatetimeIndex(HOLIDAYS_2019))
        found = sessions("2019-01-01", "2019-12-31")
        assert found.equals(expected)
        assert len(found) == 252

    def test_both_ends_are_included(self) -> None:
        assert sessions("2019-06-28", "2019-06-28").equals(pd.DatetimeIndex(["2019-06-28"]))
        assert len(sessions("2019-06-29", "2019-06-30")) == 0

    def test_sessions_are_naive_midnights(self) -> None:
        found = sessions("2019-01-01", "2019-12-31")
        assert found.tz is None
        assert (found == found.normalize()).all()
        assert found.dtype == "datetime64[ns]"

    def test_the_exchange_was_closed_after_the_attacks_of_2001(self) -> None:
        assert sessions("2001-09-10", "2001-09-18").strftime("%m-%d").tolist() == ["09-10", "09-17", "09-18"]

    def test_another_exchange_has_other_holidays(self) -> None:
        assert not is_session("2019-07-04")
        assert is_session("2019-07-04", "XLON")

    def test_an_unknown_exchange_is_named(self) -> None:
        with pytest.raises(ConfigurationError, match="no calendar 'NYSEX'"):
            sessions("2019-06-28", "2019-07-05", "NYSEX")

    @pytest.mark.parametrize("day", ["1900-01-02", "2099-01-02"])
    def test_a_day_beyond_the_calendar_is_refused_and_not_answered_wrongly(self, day: str) -> None:
        with pytest.raises(InputError, match="lies outside what the calendar covers"):
            sessions(day, day)

    @given(day=days)
    def test_every_day_lies_between_its_neighbours(self, day: date) -> None:
        before, after = previous_session(day), next_sessions(day, 1)[0]
        assert before <= pd.Timestamp(day) < after
        assert is_session(before)
        assert is_session(after)
        assert len(sessions(before, after)) == 2
        assert is_session(day) == (before == pd.Timestamp(day))

    @given(day=days, count=st.integers(1, 40))
    def test_the_next_sessions_are_as_many_as_asked_for_and_follow_each_other(self, day: date, count: int) -> None:
        found = next_sessions(day, count)
        assert len(found) == count
        assert found.equals(sessions(day + timedelta(days=1), found[-1]))

    def test_more_sessions_than_the_calendar_has_are_refused(self) -> None:
        with pytest.raises(InputError, match="100000 sessions after 2019-06-28 lie beyond the end of XNYS"):
            next_sessions("2019-06-28", 100_000)

    def test_a_weekend_is_refused_with_the_sessions_around_it(self) -> None:
        assert require_session("2019-06-28") == pd.Timestamp("2019-06-28")
        with pytest.raises(
            InputError, match=r"2019-06-29 \(Saturday\) is not a session of XNYS. Take 2019-06-28 or 2019-07-01"
        ):
            require_session("2019-06-29")


class TestCloses:
    def test_a_session_closes_at_four_in_new_york_summer_and_winter(self) -> None:
        assert session_close("2019-06-28") == datetime(2019, 6, 28, 20, tzinfo=UTC)
        assert session_close("2019-01-02") == datetime(2019, 1, 2, 21, tzinfo=UTC)

    @pytest.mark.parametrize("day", EARLY_CLOSES_2019)
    def test_early_closes_are_known(self, day: str) -> None:
        close = pd.Timestamp(session_close(day)).tz_convert("America/New_York")
        assert (close.hour, close.minute) == (13, 0)

    @pytest.mark.parametrize(
        ("now", "last"),
        [
            (datetime(2019, 6, 28, 19, 59, 59, tzinfo=UTC), "2019-06-27"),
            (datetime(2019, 6, 28, 20, 0, tzinfo=UTC), "2019-06-28"),
            (datetime(2019, 6, 30, 12, 0, tzinfo=UTC), "2019-06-28"),
            (datetime(2019, 7, 1, 3, 0, tzinfo=UTC), "2019-06-28"),
            (datetime(2019, 7, 3, 17, 0, tzinfo=UTC), "2019-07-03"),
        ],
        ids=["a second before the close", "at the close", "on Sunday", "before the open", "at an early close"],
    )
    def test_the_last_session_is_one_whose_close_has_passed(self, now: datetime, last: str) -> None:
        assert last_closed_session(now) == pd.Timestamp(last)

    def test_it_is_the_same_whatever_the_time_zone_it_is_asked_in(self) -> None:
        now = pd.Timestamp("2019-06-28 20:00", tz="UTC")
        assert last_closed_session(now.tz_convert("Asia/Tokyo").to_pydatetime()) == pd.Timestamp("2019-06-28")

    def test_a_moment_without_time_zone_is_refused(self) -> None:
        with pytest.raises(InputError, match="has no time zone"):
            last_closed_session(datetime(2019, 6, 28, 20))


class TestRebalanceDates:
    index = sessions("2019-01-01", "2019-12-31")

    @pytest.mark.parametrize(
        ("frequency", "count", "first"),
        [
            ("daily", 251, "2019-01-02"),
            ("weekly", 52, "2019-01-04"),
            ("monthly", 11, "2019-01-31"),
            ("quarterly", 3, "2019-03-29"),
        ],
    )
    def test_each_whole_period_gives_its_last_session(self, frequency, count: int, first: str) -> None:
        found = rebalance_dates(self.index, frequency)
        assert len(found) == count
        assert found[0] == pd.Timestamp(first)
        assert found.isin(self.index).all()

    def test_the_last_unfinished_period_gives_none(self) -> None:
        assert rebalance_dates(self.index, "monthly")[-1] == pd.Timestamp("2019-11-29")

    def test_a_week_that_ends_with_a_holiday_ends_the_day_before(self) -> None:
        assert pd.Timestamp("2019-04-18") in rebalance_dates(self.index, "weekly")

    @given(cut=st.integers(1, 251), frequency=st.sampled_from(["daily", "weekly", "monthly", "quarterly"]))
    def test_later_sessions_change_no_earlier_date(self, cut: int, frequency) -> None:
        early, late = rebalance_dates(self.index[:cut], frequency), rebalance_dates(self.index, frequency)
        assert early.equals(late[: len(early)])
        assert len(late[late < self.index[cut - 1]]) == len(early)

    def test_an_unknown_frequency_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(InputError, match=r"'yearly' is no rebalance frequency. Take one of .*'monthly'"):
            rebalance_dates(self.index, "yearly")  # type: ignore[arg-type]


class TestPeriodsPerYear:
    @pytest.mark.parametrize(
        ("index", "periods"),
        [
            (sessions("2019-01-01", "2019-12-31"), 252),
            (sessions("2019-12-20", "2020-01-10"), 252),
            (pd.date_range("2019-01-04", periods=30, freq="W-FRI"), 52),
            (pd.date_range("2019-01-31", periods=30, freq="ME"), 12),
            (pd.date_range("2019-01-31", periods=30, freq="BME"), 12),
            (pd.date_range("2019-03-31", periods=12, freq="QE"), 4),
            (pd.date_range("2000-12-31", periods=12, freq="YE"), 1),
            (pd.period_range("1963-07", periods=30, freq="M"), 12),
        ],
        ids=[
            "daily",
            "over New Year",
            "weekly",
            "month ends",
            "last weekdays",
            "quarterly",
            "yearly",
            "monthly periods",
        ],
    )
    def test_they_are_told_from_the_distance_of_the_dates(self, index: pd.Index, periods: int) -> None:
        assert periods_per_year(index) == periods

    @pytest.mark.parametrize("index", [pd.RangeIndex(10), pd.DatetimeIndex(["2019-01-01", "2019-01-02"])])
    def test_what_tells_nothing_is_refused(self, index: pd.Index) -> None:
        with pytest.raises(InputError, match="Pass periods_per_year"):
            periods_per_year(index)

    def test_dates_too_far_apart_are_refused(self) -> None:
        with pytest.raises(InputError, match="days apart"):
            periods_per_year(pd.date_range("1900-01-01", periods=5, freq="10YS"))

    def test_one_missing_month_does_not_matter(self) -> None:
        index = pd.date_range("2019-01-31", periods=30, freq="ME")
        assert periods_per_year(index[np.arange(30) != 7]) == 12


def test_trading_hours_are_the_exchanges_own_early_closes_included() -> None:
    hours = trading_hours("XNYS")
    for day in (*EARLY_CLOSES_2019, "2019-07-05"):
        assert hours.loc[day, "close"] == pd.Timestamp(session_close(day))
    assert not set(HOLIDAYS_2019) & set(hours.index.strftime("%Y-%m-%d"))
    assert (hours["open"] < hours["close"]).all()


def test_a_break_at_noon_splits_the_session_in_two() -> None:
    hong_kong = trading_hours("XHKG").loc["2019-06-28"]
    assert hong_kong["open"].dt.tz_convert("Asia/Hong_Kong").dt.strftime("%H:%M").tolist() == ["09:30", "13:00"]
    assert hong_kong["close"].dt.tz_convert("Asia/Hong_Kong").dt.strftime("%H:%M").tolist() == ["12:00", "16:00"]
    assert trading_hours("XHKG")["open"].is_monotonic_increasing


def test_an_exchange_whose_days_are_known_from_later_on_has_a_calendar():
    tokyo = sessions("1997-01-06", "1997-01-10", "XTKS")
    assert tokyo[0] == pd.Timestamp("1997-01-06")
    with pytest.raises(InputError, match="1990-01-04 lies outside"):
        sessions("1990-01-04", "1990-02-01", "XTKS")
