"""No feature changes when the future does."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foliohub.features import build_features, feature_names, targets, training_rows
from foliohub.proofs import assert_no_look_ahead, trial_panel

PANEL = trial_panel(420, 3, seed=8)
LATE = PANEL["close"].index[[270, 330, 400, 418]]


@pytest.mark.parametrize("name", feature_names())
def test_no_feature_looks_ahead(name):
    report = assert_no_look_ahead(lambda panel: build_features(panel, names=[name]), PANEL, cutoffs=LATE)
    assert not report.skipped
    assert report.values > 500


@settings(max_examples=10, deadline=None)
@given(st.integers(260, 419), st.integers(0, 1000))
def test_features_up_to_a_day_are_the_start_of_all(row, seed):
    panel = trial_panel(420, 2, seed=seed)
    day = panel["close"].index[row]
    until = build_features({name: frame.loc[:day] for name, frame in panel.items()})
    whole = build_features(panel)
    pd.testing.assert_frame_equal(until, whole.loc[:day], rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(30, 419), st.sampled_from([1, 5, 21]), st.floats(0.1, 10))
def test_training_rows_of_a_cutoff_do_not_know_what_came_after(row, horizon, factor):
    prices = PANEL["adjusted_close"]
    cutoff = prices.index[row]
    other = prices.copy()
    other.loc[prices.index > cutoff] *= factor
    features = build_features({"close": prices}, names=["return_5"])
    X, y = training_rows(features, targets(prices, horizon), cutoff)
    features = build_features({"close": other}, names=["return_5"])
    X_other, y_other = training_rows(features, targets(other, horizon), cutoff)
    pd.testing.assert_frame_equal(X, X_other)
    pd.testing.assert_series_equal(y, y_other)
