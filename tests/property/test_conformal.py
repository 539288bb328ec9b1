"""Calibrated intervals: they hold what they promise out of sample, and know nothing later than their cutoff."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from foliohub.errors import InputError
from foliohub.forecast import calibrate, conformal_factors
from foliohub.frames import FORECAST_COLUMNS, check_forecasts


def simulated(
    seed: int, *, cutoffs: int = 400, horizon: int = 1, tickers: int = 8, width: float = 1.0, shift: float = 0.0
) -> pd.DataFrame:
    """Returns with a common factor, changing volatility and heavy tails, forecast with intervals of a wrong width.

    `width` multiplies the right one; `shift` moves the mean by so many standard deviations.
    """
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2015-01-01", periods=cutoffs + horizon)
    volatility = 0.01 * np.exp(0.5 * np.sin(np.arange(cutoffs + horizon) / 60))[:, None] * rng.uniform(0.5, 2, tickers)
    shocks = 0.6 * rng.standard_t(5, (cutoffs + horizon, 1)) + 0.8 * rng.standard_t(5, (cutoffs + horizon, tickers))
    steps = volatility * shocks * np.sqrt(3 / 5)
    sums = np.vstack([np.zeros(tickers), np.cumsum(steps, axis=0)])
    outcome = np.expm1(sums[horizon : cutoffs + horizon] - sums[:cutoffs])
    spread = volatility[:cutoffs] * np.sqrt(horizon) * width
    mean = shift * spread
    frame = {
        "cutoff": np.repeat(days[:cutoffs], tickers),
        "date": np.repeat(days[horizon:], tickers),
        "ticker": np.tile([f"T{number}" for number in range(tickers)], cutoffs),
        "model": "any",
        "horizon": horizon,
        "mean": mean.ravel(),
    }
    for name, z in (("lo_80", -1.28), ("hi_80", 1.28), ("lo_95", -1.96), ("hi_95", 1.96)):
        frame[name] = np.expm1(np.log1p(mean) + z * spread).ravel()
    return pd.DataFrame({**frame, "outcome": outcome.ravel()})[[*FORECAST_COLUMNS, "outcome"]]


def coverage(history: pd.DataFrame, level: int, after: int = 60) -> float:
    late = history[history["cutoff"] > sorted(history["cutoff"].unique())[after]]
    return float(late["outcome"].between(late[f"lo_{level}"], late[f"hi_{level}"]).mean())


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize(("width", "shift"), [(0.4, 0.0), (2.5, 0.0), (1.0, 0.8), (0.7, -0.5)])
def test_misspecified_intervals_cover_within_two_points_out_of_sample(width, shift, horizon):
    history = simulated(4, width=width, shift=shift, horizon=horizon, cutoffs=500 if horizon == 1 else 1200)
    calibrated = calibrate(history)
    assert abs(coverage(history, 80) - 0.80) > 0.04
    assert coverage(calibrated, 80, after=60 * horizon) == pytest.approx(0.80, abs=0.02)
    assert coverage(calibrated, 95, after=60 * horizon) == pytest.approx(0.95, abs=0.02)


def test_adapting_follows_a_break_that_split_conformal_prediction_averages_away():
    history = simulated(8, cutoffs=600)
    broken = history["cutoff"] > sorted(history["cutoff"].unique())[300]
    history.loc[broken, "outcome"] = history.loc[broken, "outcome"].clip(-0.3, 0.3) * 2.5
    assert coverage(calibrate(history, rate=0.0, window=None), 80, after=320) < 0.76
    assert coverage(calibrate(history), 80, after=320) == pytest.approx(0.80, abs=0.02)


@given(seed=st.integers(0, 10_000), position=st.integers(0, 39), change=st.floats(-0.9, 9))
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
def test_no_outcome_after_a_cutoff_changes_anything_at_it(seed, position, change):
    history = simulated(seed, cutoffs=40, horizon=3, tickers=3, width=0.6)
    cutoff = sorted(history["cutoff"].unique())[position]
    later = history.copy()
    later.loc[later["date"] > cutoff, "outcome"] = change
    before, after = (
        frame[frame["cutoff"] <= cutoff].drop(columns="outcome") for frame in (calibrate(history), calibrate(later))
    )
    assert_frame_equal(before, after, check_exact=True)
    only = calibrate(history[history["cutoff"] <= cutoff])
    assert_frame_equal(before, only.drop(columns="outcome"), check_exact=True)


@given(seed=st.integers(0, 10_000), width=st.floats(0.01, 20), shift=st.floats(-3, 3))
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
def test_bounds_nest_around_an_unchanged_mean(seed, width, shift):
    history = simulated(seed, cutoffs=30, tickers=2, width=width, shift=shift)
    calibrated = calibrate(history)
    check_forecasts(calibrated[list(FORECAST_COLUMNS)])
    assert (calibrated["lo_95"] > -1).all()
    unmoved = ["cutoff", "date", "ticker", "model", "horizon", "mean", "outcome"]
    assert_frame_equal(calibrated[unmoved], history[unmoved], check_exact=True)


def test_the_order_of_rows_changes_nothing():
    history = simulated(2, cutoffs=40, horizon=3)
    shuffled = calibrate(history.sample(frac=1, random_state=1)).sort_index()
    assert_frame_equal(shuffled, calibrate(history), check_exact=True)


def test_intervals_stay_as_they_are_before_anything_is_known():
    history = simulated(2, cutoffs=30, horizon=5)
    first = history["cutoff"] < sorted(history["cutoff"].unique())[5]
    assert_frame_equal(calibrate(history)[first], history[first], check_exact=True)
    unknown = history.assign(outcome=np.nan)
    assert_frame_equal(calibrate(unknown), unknown, check_exact=True)


@pytest.mark.parametrize("window", [None, 20])
def test_factors_are_quantiles_of_past_scores_by_hand(window):
    history = simulated(6, cutoffs=50, tickers=4).round(3)
    factors = conformal_factors(history, rate=0.0, window=window, prior=0.0)
    cutoffs = sorted(history["cutoff"].unique())
    past = history[(history["date"] <= cutoffs[-1]) & (history["cutoff"] >= cutoffs[-1 - (window or 49)])]
    log = np.log1p(past[["mean", "lo_95", "outcome"]])
    scores = (log["mean"] - log["outcome"]) / (log["mean"] - log["lo_95"])
    assert factors.iloc[-1]["lo_95"] == pytest.approx(np.quantile(scores, 0.975))
    assert factors.iloc[-1]["evidence"] == pytest.approx(49)


def test_overlapping_cutoffs_count_as_the_part_of_one_that_they_are():
    factors = conformal_factors(simulated(6, cutoffs=45, horizon=5))
    assert factors["evidence"].iloc[-1] == pytest.approx(40 / 5)


def test_wrong_parameters_are_named():
    history = simulated(1, cutoffs=5)
    for name, value in (("rate", -1), ("window", 0), ("prior", -1)):
        with pytest.raises(InputError, match=name):
            calibrate(history, **{name: value})
