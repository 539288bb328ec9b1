"""Intervals: slow twins of the spread, the lognormal's identities, and nesting whatever comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.errors import InputError, ModelError
from foliohub.forecast.intervals import TAILS, Intervals, Shape, around, mean_simple_return

NORMAL = Shape(np.array([-1.959964, -1.281552, 1.281552, 1.959964]), 1.0)


def _innovations(n=300, k=2, seed=0):
    return np.random.default_rng(seed).standard_t(5, (n, k)) * 0.01


def test_variances_equal_their_slow_twin():
    e = _innovations()
    e[:40, 1] = np.nan
    spread = Intervals(half_life=10, persistence=0.9).learn(e)
    for column, first in ((0, 0), (1, 40)):
        for t in (150, 299):
            past = e[first : t + 1, column] ** 2
            weights = 0.5 ** (np.arange(len(past))[::-1] / 10)
            current, long_run = np.sum(weights * past) / np.sum(weights), np.mean(past)
            slow = sum(long_run + (current - long_run) * 0.9**k for k in range(5))
            assert spread.variances(5)[t, column] == pytest.approx(slow)
    assert spread.variance(5) == pytest.approx(spread.variances(5)[-1])


def test_responses_weigh_each_sessions_variance():
    spread = Intervals(half_life=10, persistence=0.9).learn(_innovations())
    responses = np.array([[3.0, 1.0], [2.0, 1.0]])
    ahead = [spread.variance(1), spread.variance(2) - spread.variance(1)]
    assert spread.variance(2, responses) == pytest.approx(
        9 * ahead[0] * [1, 0] + 4 * ahead[1] * [1, 0] + sum(ahead) * [0, 1]
    )


def test_without_half_life_the_variance_is_constant_and_grows_with_the_horizon():
    e = _innovations()
    spread = Intervals(half_life=None).learn(e)
    assert spread.variance(7) == pytest.approx(7 * np.mean(e**2, axis=0))


def test_persistence_of_one_scales_with_the_square_root_of_time():
    spread = Intervals(persistence=1.0).learn(_innovations())
    assert spread.variance(9) == pytest.approx(9 * spread.variance(1))


def test_standardised_returns_equal_their_slow_twin():
    e = _innovations()
    spread = Intervals().learn(e)
    fast = spread.standardised(4)
    assert np.isnan(fast[:45]).all()
    for t in (45, 200, 295):
        assert fast[t] == pytest.approx(e[t + 1 : t + 5].sum(axis=0) / np.sqrt(spread.variances(4)[t]))
    assert len(fast) == 296


def test_a_ticker_that_hardly_moved_says_nothing_of_tails():
    """One that lay still for a hundred sessions and then jumped would else be a move of ten thousand deviations."""
    e = _innovations()
    e[:100, 0] = 1e-7
    assert np.nanmax(np.abs(Intervals().learn(e).standardised(1)[:, 0])) < 30


def test_the_empirical_shape_of_normal_returns_is_normal():
    e = np.random.default_rng(1).normal(size=(4000, 10)) * 0.01
    shape = Intervals(half_life=200).learn(e).shape(3)
    assert shape.quantiles == pytest.approx(NORMAL.quantiles, abs=0.06)
    assert shape.variance == pytest.approx(1, abs=0.04)


def test_a_history_too_short_for_the_horizon_says_how_much_is_needed():
    with pytest.raises(ModelError, match=r"300 sessions of history are too few for a forecast over 60.*346 or more"):
        Intervals().learn(_innovations()).shape(60)


def test_quantiles_and_mean_are_those_of_the_lognormal():
    from scipy.stats import lognorm

    mean, variance = np.array([0.02]), np.array([0.03])
    interval = around(mean, variance, NORMAL)
    deviation = np.sqrt(0.03)
    exact = lognorm(s=deviation, scale=np.exp(np.log(1.02) - 0.015))
    assert exact.mean() - 1 == pytest.approx(0.02)
    bounds = [interval.lo_95, interval.lo_80, interval.hi_80, interval.hi_95]
    assert np.concatenate(bounds) == pytest.approx(exact.ppf(TAILS) - 1, abs=1e-6)
    assert mean_simple_return(np.array([np.log(1.02) - 0.015]), variance, NORMAL) == pytest.approx(mean)


@given(
    st.floats(-0.99, 5),
    st.floats(0, 100),
    st.lists(st.floats(-20, 20), min_size=4, max_size=4).map(sorted),
    st.floats(0, 10),
)
def test_intervals_nest_around_the_mean_whatever_comes(mean, variance, quantiles, scale):
    interval = around(np.array([mean]), np.array([variance]), Shape(np.array(quantiles), scale))
    bounds = np.array([interval.lo_95, interval.lo_80, interval.mean, interval.hi_80, interval.hi_95])
    assert (np.diff(bounds, axis=0) >= 0).all()
    assert (bounds >= -1).all()


@pytest.mark.parametrize(
    "parameters", [{"half_life": 0}, {"persistence": 1.1}, {"persistence": -0.1}, {"shape": "student"}]
)
def test_senseless_parameters_are_refused(parameters):
    with pytest.raises(InputError, match=next(iter(parameters))):
        Intervals(**parameters)
