"""Light figures that still show what happened."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.reporting.sampling import POINTS, thin


def wealth(days, columns):
    index = pd.bdate_range("1990-01-02", periods=days)
    return pd.DataFrame(np.random.default_rng(1).normal(size=(days, columns)).cumsum(axis=0), index=index)


@pytest.mark.parametrize(
    ("days", "columns", "step"),
    [(500, 3, "daily"), (8000, 4, "weekly"), (8000, 11, "monthly"), (8000, 60, "quarterly"), (8000, 400, "yearly")],
)
def test_the_finest_step_that_fits_is_taken(days, columns, step):
    sampled, word = thin(wealth(days, columns))
    assert word == step
    if word != "yearly":
        assert sampled.size <= POINTS + columns


@given(st.integers(3, 900), st.integers(1, 4), st.integers(10, 400))
def test_sampled_rows_are_rows_and_both_ends_stay(days, columns, points):
    frame = wealth(days, columns)
    sampled, _ = thin(frame, points=points)
    pd.testing.assert_frame_equal(sampled, frame.loc[sampled.index])
    assert sampled.index[0] == frame.index[0]
    assert sampled.index[-1] == frame.index[-1]
    assert sampled.index.is_monotonic_increasing


def test_each_period_ends_with_its_last_session():
    frame = wealth(300, 1)
    sampled, step = thin(frame, points=20)
    assert step == "monthly"
    by_hand = [group.index[-1] for _, group in frame.groupby(frame.index.to_period("M"))]
    assert list(sampled.index) == [frame.index[0], *by_hand]


def test_no_trough_is_lost():
    frame = wealth(5000, 2) * -1
    sampled, step = thin(frame, how="min", points=500)
    assert step == "monthly"
    pd.testing.assert_series_equal(sampled.min(), frame.min())
