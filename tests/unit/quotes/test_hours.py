"""Age is counted in open seconds: nights, weekends, holidays and early closes make no quote old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub import calendars
from foliohub.errors import InputError
from foliohub.quotes import Quote, next_opening, session_at, trading_seconds

MOMENTS = st.datetimes(datetime(2019, 6, 24), datetime(2019, 7, 8), timezones=st.just(UTC))


def utc(text: str) -> datetime:
    return pd.Timestamp(text, tz="UTC").to_pydatetime()


def naive_seconds(start: datetime, end: datetime, calendar: str) -> float:
    """The slow, obvious twin: what each stretch of trading shares with the time between."""
    hours = calendars.trading_hours(calendar).loc["2019-06-01":"2019-07-31"]
    shared = [
        (min(pd.Timestamp(end), row.close) - max(pd.Timestamp(start), row.open)).total_seconds()
        for row in hours.itertuples()
    ]
    return sum(seconds for seconds in shared if seconds > 0)


@given(MOMENTS, MOMENTS, st.sampled_from(["XNYS", "XHKG", "XLON", "24/7"]))
def test_trading_seconds_are_those_each_stretch_shares_with_the_time_between(start, end, calendar) -> None:
    assert trading_seconds(start, end, calendar) == pytest.approx(naive_seconds(start, end, calendar))


@given(MOMENTS, st.sampled_from(["XNYS", "XHKG", "24/7"]))
def test_a_session_is_traded_between_its_opening_and_its_close(moment, calendar) -> None:
    session = session_at(moment, calendar)
    hours = calendars.trading_hours(calendar)
    around = hours[(hours["open"] <= moment) & (moment < hours["close"])]
    assert session == (around.index[0] if len(around) else None)
    assert next_opening(moment, calendar) == hours["open"][hours["open"] > moment].iloc[0]


def quote_at(time: datetime) -> Quote:
    return Quote(ticker="KO", price=50.0, time=time, received=time, market="regular")


@pytest.mark.parametrize(
    ("made", "now", "stale"),
    [
        ("2019-07-02 14:00:00", "2019-07-02 14:02:00", False),
        ("2019-07-02 14:00:00", "2019-07-02 14:02:01", True),
        ("2019-06-28 19:59:30", "2019-06-30 12:00:00", False),  # over the weekend
        ("2019-06-28 19:59:30", "2019-07-01 13:31:00", False),  # the first minute of Monday
        ("2019-06-28 19:59:30", "2019-07-01 13:31:31", True),
        ("2019-07-03 16:59:00", "2019-07-05 13:29:59", False),  # early close, holiday
        ("2019-06-28 22:30:00", "2019-07-01 13:32:00", False),  # in the evening, after the close
        ("2019-06-27 19:59:59", "2019-06-28 21:00:00", True),  # a whole session without a quote
    ],
)
def test_a_quote_is_stale_when_the_exchange_has_traded_for_two_minutes_since(made, now, stale) -> None:
    assert quote_at(utc(made)).is_stale(utc(now)) is stale


def test_ages_are_by_the_clock_on_the_wall_and_never_negative() -> None:
    quote = quote_at(utc("2019-06-28 19:59:30"))
    assert quote.age(utc("2019-06-30 19:59:30")) == timedelta(days=2)
    assert quote.age(utc("2019-06-28 19:59:29")) == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(InputError, match="time zone"):
        trading_seconds(datetime(2019, 7, 1), datetime(2019, 7, 2))
