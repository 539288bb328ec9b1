"""Whatever a vendor sends, cleaning the rows up to a day gives the rows up to that day of cleaning all."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foliohub.clean import Thresholds, clean_prices
from foliohub.frames import check_prices
from foliohub.proofs import assert_no_look_ahead, trial_panel

DIRT = (
    "spike",
    "level",
    "gap",
    "zero",
    "negative",
    "split",
    "forgotten",
    "dividend",
    "upside_down",
    "outside",
    "volume",
)
LIMITS = Thresholds(carried_sessions=3, stale_run=2)


@st.composite
def dirty_panels(draw):
    """A panel of 40 sessions and 3 tickers with up to a dozen vendor errors, and which fields are given at all."""
    panel = {name: frame.copy() for name, frame in trial_panel(40, 3, seed=draw(st.integers(0, 50))).items()}
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(DIRT))
        row, column = draw(st.integers(0, 39)), draw(st.integers(0, 2))
        size = draw(st.sampled_from([0.01, 0.1, 0.37, 0.5, 2 / 3, 1.2, 2.0, 10.0, 100.0]))
        length = draw(st.integers(1, 6))
        _spoil(panel, kind, slice(row, row + length), column, size)
    absent = draw(st.sets(st.sampled_from(["open", "high", "low", "adjusted_close", "volume", "dividend", "split"])))
    return {name: frame for name, frame in panel.items() if name not in absent}


def _spoil(panel, kind, rows, column, size):
    prices = ("open", "high", "low", "close")
    if kind in ("spike", "level"):
        end = rows.stop if kind == "spike" else None
        for name in prices:
            panel[name].iloc[rows.start : end, column] *= size
    elif kind == "gap":
        for frame in panel.values():
            frame.iloc[rows, column] = np.nan
    elif kind == "negative":
        panel["close"].iloc[rows, column] = -1.0
    elif kind == "split":
        panel["split"].iloc[rows.start, column] = 1 / size
    elif kind == "forgotten":
        for name in prices:
            panel[name].iloc[rows.start :, column] /= 2
    elif kind == "dividend":
        panel["dividend"].iloc[rows.start, column] = 40.0
    elif kind == "upside_down":
        panel["high"].iloc[rows, column] = panel["low"].iloc[rows, column] * 0.9
    elif kind == "outside":
        panel["close"].iloc[rows, column] *= 1.2
    else:
        panel["volume"].iloc[rows, column] = np.nan


def _clean(panel):
    return clean_prices(panel, sessions=panel["close"].index, thresholds=LIMITS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dirty_panels(), st.integers(1, 39))
def test_cleaning_up_to_a_day_is_the_start_of_cleaning_all(panel, row):
    whole = _clean(panel)
    day = panel["close"].index[row]
    until = _clean({name: frame.loc[:day] for name, frame in panel.items()})
    pd.testing.assert_frame_equal(until.adjusted, whole.adjusted.loc[:day], check_exact=True, check_freq=False)
    assert set(until.panel) == set(whole.panel)
    for name, frame in until.panel.items():
        pd.testing.assert_frame_equal(frame, whole.panel[name].loc[:day], check_exact=True, check_freq=False)
    events = whole.quality.events
    pd.testing.assert_frame_equal(until.quality.events, events[events["date"] <= day].reset_index(drop=True))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dirty_panels())
def test_whatever_comes_in_the_contract_holds_and_every_change_is_an_event(panel):
    result = _clean(panel)
    check_prices(result.adjusted)
    events = result.quality.events
    told = set(zip(events["ticker"], events["date"], strict=True))
    end = events[events["rule"] == "quarantine"].set_index("ticker")["date"].to_dict()
    for name, frame in panel.items():
        if name == "adjusted_close":
            continue
        changed = ~((frame == result.panel[name]) | (frame.isna() & result.panel[name].isna()))
        for row, column in np.argwhere(changed.to_numpy()):
            ticker, date = frame.columns[column], frame.index[row]
            gone = ticker in end and date >= end[ticker]
            listed = result.adjusted[ticker].loc[:date].notna().any()
            assert (ticker, date) in told or gone or not listed, f"{name} of {ticker} on {date}"


def _slow_twin(closes, limits):
    """The walk for closes alone, as its documentation tells it: anchors, holding, booking, quarantine."""
    index, anchor, second, carried = [], None, None, 0
    for close in closes:
        if anchor is None:
            index.append(close)
            anchor = close if not math.isnan(close) else None
            continue
        if math.isnan(index[-1]):
            index.append(math.nan)
            continue
        believed = None
        if not math.isnan(close):
            choices = [(anchor, "real")] + ([second] if second else [])
            level, kind = min(choices, key=lambda choice: abs(math.log(close / choice[0])))
            move = math.log(close / level)
            if abs(move) <= limits.unevidenced_move:
                believed = close / level if kind == "break" else close / anchor
            else:
                unit = any(abs(abs(move) - k * math.log(10)) <= limits.split_tolerance for k in (1, 2, 3))
                second = (close, "break" if unit else "real")
        if believed is None:
            carried += 1
            index.append(index[-1] if carried <= limits.carried_sessions else math.nan)
        else:
            index.append(index[-1] * believed)
            anchor, second, carried = close, None, 0
    return index


closes = st.lists(
    st.tuples(st.floats(0.9, 1.1), st.sampled_from([1.0] * 8 + [0.01, 0.1, 6.0, 100.0, math.nan])),
    min_size=2,
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(closes)
def test_the_walk_over_closes_alone_equals_its_slow_twin(steps):
    level, made = 100.0, []
    for growth, error in steps:
        level *= growth
        made.append(level * error)
    frame = pd.DataFrame({"AAA": made}, index=pd.bdate_range("2020-01-01", periods=len(made)))
    limits = Thresholds(carried_sessions=3, bridged_share=1.0, stale_run=100, suspicious_sigmas=0.0)
    result = clean_prices({"close": frame}, sessions=frame.index, thresholds=limits)
    np.testing.assert_allclose(result.adjusted["AAA"], _slow_twin(made, limits), rtol=1e-9)


@pytest.mark.parametrize("part", ["panel", "events"])
def test_no_future_changes_what_cleaning_said(part):
    def cleaned(panel):
        result = clean_prices(panel, sessions=panel["close"].index)
        if part == "events":
            return result.quality.events.set_index(["date", "ticker", "rule"])
        return result.panel

    panel = trial_panel(120, 3, seed=4)
    _spoil(panel, "spike", slice(30, 31), 1, 0.1)
    _spoil(panel, "forgotten", slice(60, 61), 2, 0.5)
    _spoil(panel, "gap", slice(80, 83), 0, 0)
    assert_no_look_ahead(cleaned, panel)
