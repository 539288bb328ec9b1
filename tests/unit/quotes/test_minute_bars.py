"""Minute bars are those of the ticks, whatever order they come in, and no minute is given away twice."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from foliohub.quotes import MinuteBars, Tick
from foliohub.quotes.minute_store import COLUMNS

START = datetime(2019, 6, 28, 13, 30, tzinfo=UTC)
SPAN = 6 * 60


def tick(seconds: float, price: float = 10.0, ticker: str = "KO", volume: int | None = None) -> Tick:
    return Tick(ticker, START + timedelta(seconds=seconds), price, volume)


@st.composite
def streams(draw):
    """Ticks at different moments, each with the moment it comes at, in the order of coming."""
    moments = draw(st.lists(st.integers(0, SPAN * 1000), min_size=1, max_size=60, unique=True))
    stream = []
    for millisecond in moments:
        price = draw(st.floats(1, 1000).map(lambda value: round(value, 2)))
        delay = draw(st.sampled_from([0, 0, 0.1, 3, 4.9, 30, 90]))
        made = tick(millisecond / 1000, price, draw(st.sampled_from(["KO", "PG"])), millisecond * 7)
        stream.append((made.time + timedelta(seconds=delay), made))
    return sorted(stream, key=lambda pair: pair[0])


def in_time(stream, grace):
    """The ticks that come before their minute is given away; sealing is tried at every coming."""
    taken, sealed_until = [], START
    for came, made in stream:
        sealed_until = max(sealed_until, pd.Timestamp(came - timedelta(seconds=grace)).floor("min"))
        if pd.Timestamp(made.time).floor("min") >= sealed_until:
            taken.append(made)
    return taken


def naive(ticks):
    """The slow, obvious twin: group by minute and ticker."""
    frame = pd.DataFrame([(t.ticker, pd.Timestamp(t.time), t.price, t.day_volume) for t in ticks])
    frame.columns = ["ticker", "time", "price", "day_volume"]
    frame = frame.sort_values("time", kind="stable")
    groups = frame.groupby([frame["time"].dt.floor("min").rename("minute"), "ticker"])
    bars = (
        groups["price"]
        .agg(["first", "max", "min", "last", "count"])
        .set_axis(["open", "high", "low", "close", "ticks"], axis=1)
    )
    until = groups["day_volume"].max()
    bars["volume"] = until - until.groupby("ticker").shift()
    return bars.reset_index().sort_values(["minute", "ticker"], ignore_index=True)


@given(streams())
def test_bars_are_those_of_the_ticks_that_came_in_time(stream) -> None:
    grace = 5.0
    bars, taken = MinuteBars(START, grace), []
    sealed = []
    for came, made in stream:
        sealed += bars.seal(came)
        if bars.add(made):
            taken.append(made)
    sealed += bars.seal(START + timedelta(seconds=SPAN + 300))
    assert taken == in_time(stream, grace)
    assert len(bars) == 0
    if not taken:
        assert sealed == []
        return
    expected = naive(taken)
    got = pd.DataFrame([astuple(bar) for bar in sealed], columns=list(COLUMNS))
    assert not got.duplicated(["minute", "ticker"]).any()
    assert got["minute"].is_monotonic_increasing
    pd.testing.assert_frame_equal(
        got[["minute", "ticker", "open", "high", "low", "close", "ticks"]],
        expected[["minute", "ticker", "open", "high", "low", "close", "ticks"]],
        check_dtype=False,
    )
    full = got["complete"].to_numpy()  # all but the minute in which the feed began
    assert full.tolist() == (got["minute"] > START).tolist()
    np.testing.assert_array_equal(got["volume"][full], expected["volume"][full])


@given(streams())
def test_what_is_kept_is_bounded_by_the_tickers_and_the_open_minutes(stream) -> None:
    bars = MinuteBars(START)
    for came, made in stream:
        bars.seal(came)
        bars.add(made)
        assert len(bars) <= 2 * 2  # two tickers; the minute before may still wait for stragglers


def test_a_minute_given_away_is_never_given_again() -> None:
    bars = MinuteBars(START)
    assert bars.add(tick(61, 10.0))
    assert [bar.close for bar in bars.seal(START + timedelta(seconds=126))] == [10.0]
    assert not bars.add(tick(62, 11.0))
    assert bars.seal(START + timedelta(seconds=126)) == []
    assert bars.seal(START + timedelta(minutes=9)) == []


def test_a_clock_that_is_set_back_gives_nothing_again() -> None:
    bars = MinuteBars(START)
    bars.add(tick(61))
    assert len(bars.seal(START + timedelta(minutes=5))) == 1
    assert bars.seal(START) == []
    assert not bars.add(tick(61))


def test_ticks_from_before_the_feed_are_late() -> None:
    assert not MinuteBars(START).add(tick(-1))


def test_an_interrupted_minute_is_not_complete_and_no_volume_reaches_across() -> None:
    bars, told = MinuteBars(START), []
    for second, volume in ((70, 1000), (130, 1500), (190, 1900), (250, 2600), (310, 2700)):
        told += bars.seal(START + timedelta(seconds=second))
        bars.add(tick(second, volume=volume))
        if second == 130:
            bars.interrupt(START + timedelta(seconds=140))
            bars.interrupt(START + timedelta(seconds=185))
    told += bars.seal(START + timedelta(minutes=9))
    assert [bar.complete for bar in told] == [True, False, False, True, True]
    np.testing.assert_array_equal([bar.volume for bar in told], [np.nan, np.nan, np.nan, 700, 100])


def test_the_volume_of_another_day_is_not_subtracted() -> None:
    bars = MinuteBars(START)
    bars.add(tick(70, volume=5000))
    bars.add(tick(130, volume=40))
    assert np.isnan([bar.volume for bar in bars.seal(START + timedelta(minutes=5))]).all()


def test_any_number_of_ticks_of_one_minute_take_the_room_of_one() -> None:
    bars = MinuteBars(START)
    for number in range(200_000):
        bars.add(tick(70, 10 + number % 7))
    assert len(bars) == 1
    (bar,) = bars.seal(START + timedelta(minutes=3))
    assert (bar.ticks, bar.low, bar.high) == (200_000, 10, 16)
