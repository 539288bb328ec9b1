"""Probabilistic and deflated Sharpe ratios: their limits, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import metrics
from foliohub.errors import InputError


@pytest.fixture
def returns() -> pd.Series:
    values = np.random.default_rng(5).normal(0.0008, 0.01, 750)
    return pd.Series(values, pd.bdate_range("2018-01-01", periods=750))


def test_one_trial_deflates_nothing(returns):
    alone = metrics.deflated_sharpe_ratio(returns, [1.0])
    assert alone == metrics.probabilistic_sharpe_ratio(returns)


def test_more_trials_leave_less(returns):
    ratios = [1.2, 0.4, 0.8, -0.1]
    found = [metrics.deflated_sharpe_ratio(returns, ratios, trials) for trials in (None, 20, 500)]
    assert found == sorted(found, reverse=True)
    assert 0 < found[-1] < found[0] < metrics.probabilistic_sharpe_ratio(returns)


def test_the_benchmark_is_annualised_as_the_ratio_is(returns):
    own = metrics.sharpe_ratio(returns)
    assert metrics.probabilistic_sharpe_ratio(returns, own) == pytest.approx(0.5)
    assert metrics.minimum_track_record_length(returns, own) == float("inf")


def test_a_record_of_the_minimum_length_is_just_long_enough(returns):
    years = metrics.minimum_track_record_length(returns, 0.2)
    moments = metrics.SharpeMoments.of(returns)
    n = round(years * 252)
    as_long = metrics.SharpeMoments(moments.sharpe, moments.skewness, moments.kurtosis, n)
    assert as_long.probability_above(0.2 / 252**0.5) == pytest.approx(0.95, abs=1e-3)


def test_what_does_not_vary_has_no_ratio():
    assert np.isnan(metrics.probabilistic_sharpe_ratio(np.full(50, 0.01), periods_per_year=252))
    assert np.isnan(metrics.probabilistic_sharpe_ratio(np.array([0.01, 0.02]), periods_per_year=252))


def test_fewer_trials_than_ratios_are_refused(returns):
    with pytest.raises(InputError, match="2 trials with 3 Sharpe ratios"):
        metrics.deflated_sharpe_ratio(returns, [1.0, 0.5, 0.2], trials=2)
    with pytest.raises(InputError, match=r"0\.5 and 1"):
        metrics.minimum_track_record_length(returns, level=0.3)
