"""Undoing splits, against a slow twin and real numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.data.yahoo_chart import Actions, as_traded, read_actions
from foliohub.errors import MalformedAnswerError

TODAY = ["open", "high", "low", "close", "adjusted_close", "volume"]


def series(values):
    index = pd.DatetimeIndex([pd.Timestamp(day) for day in values])
    return pd.Series(list(values.values()), index=index, dtype=float)


def slow_twin(today, actions):
    """Restate one bar after the other, one split after the other."""
    rows = []
    for day, row in today.iterrows():
        traded = dict(row) | {"dividend": 0.0, "split": 1.0}
        for when, ratio in actions.splits.items():
            if when > day:
                for field in ("open", "high", "low", "close"):
                    traded[field] *= ratio
                traded["volume"] /= ratio
        for when, amount in actions.dividends.items():
            if when == day:
                traded["dividend"] += amount
                for other, ratio in actions.splits.items():
                    traded["dividend"] *= ratio if other > day else 1
        traded["split"] = actions.splits.get(day, 1.0)
        rows.append(traded)
    return pd.DataFrame(rows, index=today.index)


days = pd.date_range("2020-01-01", periods=12, freq="D")
events = st.dictionaries(st.sampled_from(list(days[1:])), st.sampled_from([0.05, 0.5, 1.5, 2.0, 3.0, 4.0, 7.0]))


@given(splits=events, dividends=events, seed=st.integers(0, 9), count=st.integers(1, 12))
def test_undoing_splits_equals_the_slow_twin(splits, dividends, seed, count):
    values = np.random.default_rng(seed).uniform(1, 100, (count, 6))
    today = pd.DataFrame(values, index=days[:count], columns=TODAY)
    actions = Actions(series(dict(sorted(splits.items()))), series(dict(sorted(dividends.items()))))
    bars = as_traded(today, actions)
    pd.testing.assert_frame_equal(bars, slow_twin(today, actions)[list(bars.columns)], check_freq=False)


def test_apples_dividend_and_volume_of_2014_come_back():
    # Apple's dividend of 8 May 2014 was 3.29 a share; splits of 7:1 on 9 June 2014 and 4:1 on 31 August 2020 make it
    # 0.1175. The volume of 6 June 2014 was 12,497,800 shares (as traded), 349,938,400 of today's.
    index = pd.DatetimeIndex(["2014-05-08", "2014-06-06", "2014-06-09"])
    today = pd.DataFrame(1.0, index=index, columns=TODAY).assign(
        close=[20.999, 23.056, 23.425], volume=[230297200, 349938400, 301660000]
    )
    actions = Actions(series({"2014-06-09": 7, "2020-08-31": 4}), series({"2014-05-08": 0.1175}))
    bars = as_traded(today, actions)
    assert bars["dividend"].iloc[0] == pytest.approx(3.29)
    assert bars["volume"].tolist() == [230297200 / 28, 12497800, 75415000]
    assert bars["close"].tolist() == pytest.approx([587.97, 645.57, 93.70], abs=0.01)
    assert bars["split"].tolist() == [1, 1, 7]


def test_asked_before_and_after_a_split_a_bar_is_the_same():
    before = pd.DataFrame([[100.0, 110.0, 90.0, 105.0, 104.0, 1000.0]], index=days[:1], columns=TODAY)
    after = before / [4, 4, 4, 4, 4, 1 / 4]
    nothing = series({})
    first = as_traded(before, Actions(nothing, nothing))
    second = as_traded(after, Actions(series({"2020-01-09": 4}), nothing))
    pd.testing.assert_frame_equal(first.drop(columns="adjusted_close"), second.drop(columns="adjusted_close"))


def test_events_before_the_first_bar_change_nothing():
    today = pd.DataFrame(1.0, index=days[5:7], columns=TODAY)
    actions = Actions(series({"2020-01-02": 4}), series({"2020-01-03": 1}))
    bars = as_traded(today, actions)
    assert (bars["split"] == 1).all()
    assert (bars["dividend"] == 0).all()
    assert (bars["close"] == 1).all()


def test_two_events_of_a_day_are_one():
    stamp = pd.Timestamp("2020-01-02 14:30", tz="UTC").timestamp()
    later = stamp + 60
    result = {
        "meta": {"currency": "USD", "exchangeTimezoneName": "America/New_York"},
        "events": {
            "splits": {
                "a": {"date": stamp, "numerator": 2, "denominator": 1},
                "b": {"date": later, "numerator": 3, "denominator": 1},
            },
            "dividends": {"a": {"date": stamp, "amount": 1.0}, "b": {"date": later, "amount": 0.5, "currency": ""}},
        },
    }
    actions = read_actions(result, "A")
    assert actions.splits.to_dict() == {pd.Timestamp("2020-01-02"): 6.0}
    assert actions.dividends.to_dict() == {pd.Timestamp("2020-01-02"): 1.5}


def test_the_day_of_an_event_is_the_exchanges():
    stamp = pd.Timestamp("2020-01-06 00:00", tz="Asia/Tokyo").timestamp()
    result = {
        "meta": {"currency": "JPY", "exchangeTimezoneName": "Asia/Tokyo"},
        "events": {"dividends": {"a": {"date": stamp, "amount": 1.0}}},
    }
    assert read_actions(result, "7203.T").dividends.index[0] == pd.Timestamp("2020-01-06")


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf"), "one", None])
def test_a_senseless_dividend_is_named(amount):
    result = {
        "meta": {"currency": "USD", "exchangeTimezoneName": "America/New_York"},
        "events": {"dividends": {"a": {"date": 0, "amount": amount}}},
    }
    with pytest.raises(MalformedAnswerError, match="AAPL has a split or dividend that cannot be read"):
        read_actions(result, "AAPL")
