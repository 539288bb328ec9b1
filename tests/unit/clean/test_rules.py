import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from foliohub.clean import RULES, Thresholds
from foliohub.clean.rules import (
    Verdict,
    duplicate_dates,
    forgotten_split,
    high_below_low,
    invalid_dividend,
    invalid_split,
    invalid_volume,
    is_unit_change,
    judge_move,
    missing_sessions,
    missing_volume,
    non_positive_price,
    non_sessions,
    outside_range,
    stale_run,
    unordered_dates,
    zero_volume,
)
from foliohub.clean.rules.agreement import adjusted_close_disagrees, convention_gap, last_known
from foliohub.errors import InputError

NAN = math.nan
column = lambda *values: np.array(values, dtype=float)[:, None]  # noqa: E731
few_levels = npst.arrays(np.float64, (30, 3), elements=st.sampled_from([1.0, 2.0, NAN]))


def test_every_rule_has_a_meaning_and_names_a_real_threshold_and_real_fields():
    from foliohub.frames import FIELDS

    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.meaning.endswith(".")
        assert not rule.threshold or hasattr(Thresholds(), rule.threshold)
        assert set(rule.needs) <= set(FIELDS)


@pytest.mark.parametrize(
    ("rule", "arguments", "expected"),
    [
        (non_positive_price, (column(0, -1, np.inf, 5, NAN),), [True, True, True, False, False]),
        (high_below_low, (column(9, 10, NAN), column(10, 10, 10)), [True, False, False]),
        (outside_range, (column(11.0001, 11.1, 9.9, 10, NAN), column(*[11] * 5), column(*[10] * 5)), [1, 1, 1, 0, 0]),
        (outside_range, (column(11.05, 11.5, 9.9, 9.5), column(*[11] * 4), column(*[10] * 4), 0.01), [0, 1, 1, 1]),
        (zero_volume, (column(0, 0, 5, NAN), column(1, NAN, 1, 1)), [True, False, False, False]),
        (invalid_volume, (column(-1, np.inf, 0, NAN),), [True, True, False, False]),
        (missing_volume, (column(NAN, 5, NAN, NAN), column(1, 1, 1, NAN)), [False, False, True, False]),
        (invalid_split, (column(0, -2, 2, NAN),), [True, True, False, False]),
        (invalid_dividend, (column(-0.1, np.inf, 0, NAN),), [True, True, False, False]),
        (missing_sessions, (column(NAN, 5, NAN, 6), np.ones((4, 1), bool)), [False, False, True, False]),
        (missing_sessions, (column(5, NAN, NAN), np.array([[True], [True], [False]])), [False, True, False]),
    ],
)
def test_one_day_rules_mark_what_they_name(rule, arguments, expected):
    assert rule(*arguments).ravel().tolist() == [bool(mark) for mark in expected]


def test_a_close_is_not_outside_its_range_by_rounding():
    close = np.array([[0.1 + 0.2]])
    assert not outside_range(close, high=np.array([[0.3]]), low=np.array([[0.3]])).any()


def test_dates_rules_speak_of_bars():
    days = pd.DatetimeIndex(["2020-01-03", "2020-01-02", "2020-01-03", "2020-01-04"])
    assert duplicate_dates(days).tolist() == [True, False, False, False]
    assert unordered_dates(days).tolist() == [False, True, False, False]
    assert non_sessions(days, sessions=days[:2]).tolist() == [False, False, False, True]
    assert unordered_dates(days[:0]).tolist() == []


@given(few_levels, st.integers(1, 6))
def test_stale_run_equals_its_slow_twin(close, length):
    expected = np.zeros(close.shape, dtype=bool)
    for row in range(length, len(close)):
        window = close[row - length : row + 1]
        expected[row] = (window == window[0]).all(axis=0)
    np.testing.assert_array_equal(stale_run(close, length), expected)


@given(few_levels)
def test_last_known_equals_its_slow_twin(values):
    expected = pd.DataFrame(values).ffill().shift().to_numpy()
    np.testing.assert_array_equal(last_known(values), expected)


EVIDENCE = [
    # What happened, log move, log range, volume ratio: from the study in foliohub.clean.rules.moves.
    ("AIG 2008-09-15", -0.936, 0.825, 18.7, Verdict.BELIEVED),
    ("AAPL 2000-09-29", -0.731, 0.134, 27.4, Verdict.BELIEVED),
    ("BBY 2002-08-08", -0.455, 0.510, 10.8, Verdict.BELIEVED),
    ("NVDA 2008-07-03", -0.367, 0.057, 3.8, Verdict.BELIEVED),
    ("AMD 2016-04-22", 0.421, 0.227, 14.1, Verdict.BELIEVED),
    ("TSLA 2018-10-01", 0.160, 0.034, 2.8, Verdict.BELIEVED),
    ("ANTM 2001-10-30", -1.005, 0.014, 38.2, Verdict.BREAK),
    ("ANTM 2002-03-18", 0.717, 0.030, 0.6, Verdict.BREAK),
    ("ANTM 2004-09-30", 0.193, 0.019, 0.6, Verdict.BREAK),
    ("ANTM 2004-10-04", -0.195, 0.022, 1.1, Verdict.BREAK),
    ("ANTM 2005-06-02", -0.676, 0.023, 1.7, Verdict.BREAK),
    ("GNRC 2010-02-12", -1.149, 0.050, NAN, Verdict.BREAK),
    ("a take-over bid", 0.400, 0.010, 15.0, Verdict.BELIEVED),
    ("a unit change on a busy day", 4.605, 0.010, 15.0, Verdict.BREAK),
    ("a wrong tick", -4.605, 4.700, 1.0, Verdict.UNPROVEN),
    ("an ordinary day without a range", 0.149, 0.0, NAN, Verdict.BELIEVED),
    ("a close alone halves", -0.693, NAN, NAN, Verdict.BELIEVED),
    ("a close alone falls by 80 %", -1.609, NAN, NAN, Verdict.UNPROVEN),
    ("a close alone times 100", 4.610, NAN, NAN, Verdict.BREAK),
    ("a close alone times 6 on a busy day", 1.792, NAN, 9.0, Verdict.BELIEVED),
]


@pytest.mark.parametrize(("case", "move", "day_range", "volume_ratio", "verdict"), EVIDENCE)
def test_the_evidence_of_the_day_tells_news_from_errors(case, move, day_range, volume_ratio, verdict):
    assert judge_move(move, day_range=day_range, volume_ratio=volume_ratio) is verdict


def test_a_move_common_for_its_ticker_is_not_doubted():
    assert judge_move(0.4, day_range=0.01, sigma=0.02) is Verdict.BREAK
    assert judge_move(0.4, day_range=0.01, sigma=0.07) is Verdict.BELIEVED


@pytest.mark.parametrize(
    ("move", "ratio"),
    [
        (-math.log(2), 2.0),
        (math.log(20), 1 / 20),
        (-math.log(1.5) + 0.03, 1.5),
        (math.log(67.64 / 133.0), 2.0),
        (math.log(40.9 / 111.7), None),
        (-0.25, None),
    ],
)
def test_a_forgotten_split_is_recognised_by_its_ratio(move, ratio):
    assert forgotten_split(move, tolerance=0.05) == (pytest.approx(ratio) if ratio else None)


def test_a_unit_change_is_a_power_of_ten():
    assert all(is_unit_change(sign * math.log(10**power), 0.05) for sign in (-1, 1) for power in (1, 2, 3))
    assert not is_unit_change(math.log(20), 0.05)


def test_the_vendors_adjusted_close_may_follow_either_convention_for_dividends():
    close, dividend = column(24.06, 20.77), column(0, 6.0)
    ours = column(24.06, 20.77 + 6.0)
    gap = convention_gap(close, split=np.ones((2, 1)), dividend=dividend)
    divided = column(24.06 - 6.0, 20.77)
    ignored = column(24.06, 20.77)
    assert not adjusted_close_disagrees(ours, ours / 7, gap, 0.001).any()
    assert not adjusted_close_disagrees(ours, divided, gap, 0.001).any()
    assert adjusted_close_disagrees(ours, ignored, gap, 0.001).ravel().tolist() == [False, True]


@pytest.mark.parametrize(
    "wrong", [{"quiet_range": -0.1}, {"agreement": NAN}, {"stale_run": 0}, {"suspicious_move": 2.0}]
)
def test_impossible_thresholds_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        Thresholds(**wrong)
