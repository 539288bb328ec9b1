"""Accuracy: each measure against a slow twin of one line, and against published numbers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm, spearmanr

from foliohub.errors import InputError
from foliohub.metrics import accuracy

numbers = st.floats(-1, 1).map(lambda x: round(x, 3))
pairs = st.integers(1, 20).flatmap(
    lambda n: st.tuples(arrays(float, n, elements=numbers), arrays(float, n, elements=numbers))
)


@given(pairs)
def test_point_measures_equal_their_slow_twins(pair):
    y, f = pair
    n = len(y)
    assert accuracy.mean_absolute_error(y, f) == pytest.approx(sum(abs(a - b) for a, b in zip(y, f, strict=True)) / n)
    assert accuracy.root_mean_squared_error(y, f) == pytest.approx(
        math.sqrt(sum((a - b) ** 2 for a, b in zip(y, f, strict=True)) / n)
    )
    assert accuracy.bias(y, f) == pytest.approx(sum(b - a for a, b in zip(y, f, strict=True)) / n)
    directed = [(a, b) for a, b in zip(y, f, strict=True) if a * b != 0]
    hits = sum(a * b > 0 for a, b in directed) / len(directed) if directed else math.nan
    assert accuracy.hit_rate(y, f) == pytest.approx(hits, nan_ok=True)
    reference = sum(a**2 for a in y)
    skill = 1 - sum((a - b) ** 2 for a, b in zip(y, f, strict=True)) / reference if reference else math.nan
    assert accuracy.skill_score(y, f) == pytest.approx(skill, nan_ok=True)


@given(pairs, st.floats(0.01, 0.99))
def test_interval_measures_equal_their_slow_twins(pair, level):
    lower, upper = np.minimum(*pair), np.maximum(*pair)
    y = np.roll(pair[0], 1)
    rows = list(zip(y, lower, upper, strict=True))
    assert accuracy.interval_coverage(y, lower, upper) == pytest.approx(
        sum(lo <= a <= hi for a, lo, hi in rows) / len(y)
    )
    assert accuracy.interval_width(lower, upper) == pytest.approx(sum(hi - lo for _, lo, hi in rows) / len(y))
    alpha = 1 - level
    slow = sum(
        (hi - lo) + (2 / alpha * (lo - a) if a < lo else 0) + (2 / alpha * (a - hi) if a > hi else 0)
        for a, lo, hi in rows
    )
    assert accuracy.interval_score(y, lower, upper, level) == pytest.approx(slow / len(y))
    pinball = sum(level * (a - lo) if a >= lo else (1 - level) * (lo - a) for a, lo, _ in rows)
    assert accuracy.pinball_loss(y, lower, level) == pytest.approx(pinball / len(y))


@given(pairs, st.floats(0.05, 0.95))
def test_interval_score_is_the_pinball_losses_of_its_bounds(pair, level):
    """Bracher, J. et al. (2021). Evaluating epidemic forecasts in an interval format. PLOS Comp. Biol. 17(2)."""
    lower, upper, y = np.minimum(*pair), np.maximum(*pair), pair[1][::-1]
    alpha = 1 - level
    losses = accuracy.pinball_loss(y, lower, alpha / 2) + accuracy.pinball_loss(y, upper, 1 - alpha / 2)
    assert accuracy.interval_score(y, lower, upper, level) == pytest.approx(2 / alpha * losses)


def test_published_examples():
    """scikit-learn's user guide (MAE, RMSE, pinball), sktime's docstring (MASE), scoringRules' closed form (CRPS)."""
    y, f = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]
    assert accuracy.mean_absolute_error(y, f) == 0.5
    assert accuracy.root_mean_squared_error(y, f) == pytest.approx(math.sqrt(0.375))
    for forecast, level, loss in (
        ([0, 2, 3], 0.1, 0.1 / 3),
        ([1, 2, 4], 0.1, 0.3),
        ([0, 2, 3], 0.9, 0.3),
        ([1, 2, 4], 0.9, 0.1 / 3),
    ):
        assert accuracy.pinball_loss([1, 2, 3], forecast, level) == pytest.approx(loss)
    scaled = accuracy.mean_absolute_scaled_error([3, -0.5, 2, 7, 2], [2.5, 0.0, 2, 8, 1.25], [5, 0.5, 4, 6, 3, 5, 2])
    assert scaled == pytest.approx(0.18333333333333335)
    assert accuracy.crps_normal([0.0], [0.0], [1.0]) == pytest.approx((math.sqrt(2) - 1) / math.sqrt(math.pi))


def test_crps_is_the_integral_of_the_squared_distance_of_distributions():
    y, mean, std = 0.7, 0.2, 0.5
    grid = np.linspace(-6, 6, 200_001)
    slow = np.trapezoid((norm.cdf(grid, mean, std) - (grid >= y)) ** 2, grid)
    assert accuracy.crps_normal([y], [mean], [std]) == pytest.approx(slow, abs=1e-4)


def test_skill_against_itself_is_none_and_against_zero_is_the_out_of_sample_r_squared():
    y, f = np.array([1.0, -2.0, 3.0]), np.array([0.5, 0.5, 0.5])
    assert accuracy.skill_score(y, f, benchmark=f) == 0
    assert accuracy.skill_score(y, f) == pytest.approx(1 - 12.75 / 14)


def test_rank_information_coefficient_equals_scipys_spearman_row_by_row():
    generator = np.random.default_rng(0)
    actual = pd.DataFrame(generator.integers(0, 6, (20, 8)).astype(float))
    forecast = pd.DataFrame(generator.normal(size=(20, 8))).round(1)
    actual.iloc[3, :4] = np.nan
    forecast.iloc[3, 5] = np.nan
    fast = accuracy.rank_information_coefficient(actual, forecast)
    for row in actual.index:
        kept = actual.loc[row].notna() & forecast.loc[row].notna()
        slow = spearmanr(actual.loc[row, kept], forecast.loc[row, kept]).statistic
        assert fast[row] == pytest.approx(slow)


def test_rank_information_coefficient_of_a_cross_section_that_does_not_vary_is_missing():
    frame = pd.DataFrame([[0.0, 0.0, 0.0]])
    assert accuracy.rank_information_coefficient(pd.DataFrame([[1.0, 2.0, 3.0]]), frame).isna().all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy.mean_absolute_error([1.0], [1.0, 2.0]), r"forecast has the shape \(2,\)"),
        (lambda: accuracy.mean_absolute_error([], []), "actual is empty"),
        (lambda: accuracy.bias([1.0, np.nan], [1.0, 2.0]), "actual holds nan at position 1"),
        (lambda: accuracy.bias(pd.Series([1.0], index=[1]), pd.Series([1.0], index=[2])), "another index"),
        (lambda: accuracy.interval_coverage([0.0], [1.0], [0.0]), "position 0 runs from 1.0 down to 0.0"),
        (lambda: accuracy.interval_score([0.0], [0.0], [1.0], 80), "level is 80"),
        (lambda: accuracy.pinball_loss([0.0], [0.0], 0), "level is 0"),
        (lambda: accuracy.crps_normal([0.0], [0.0], [0.0]), "std holds 0.0"),
        (lambda: accuracy.mean_absolute_scaled_error([1.0], [1.0], [2.0, 2.0]), "no naive error"),
        (lambda: accuracy.mean_absolute_scaled_error([1.0], [1.0], [2.0, 3.0], season=0), "no naive error"),
        (
            lambda: accuracy.rank_information_coefficient(pd.DataFrame([[1.0]]), pd.DataFrame([[1.0, 2.0]])),
            "other cutoffs or tickers",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
