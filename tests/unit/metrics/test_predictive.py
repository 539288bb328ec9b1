"""Scores of distributions: against integrals done the slow way, closed forms of the literature, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from foliohub.errors import InputError
from foliohub.metrics import Predictive, crps_quantiles, crps_sample
from foliohub.metrics.predictive import LEVELS

BOUNDS = np.array([[-0.09, -0.03, 0.02, 0.05], [-0.02, -0.01, 0.015, 0.03], [0.1, 0.2, 0.6, 1.5]])
OUTCOMES = np.array([-0.2, 0.012, 0.7])


def test_the_distribution_goes_through_the_bounds():
    for bounds in BOUNDS:
        one = Predictive.through(*(np.repeat(bound, 4) for bound in bounds))
        assert one.cdf(bounds) == pytest.approx(LEVELS)


@pytest.mark.parametrize("row", range(3))
def test_scores_are_those_of_the_slow_integrals(row):
    one, y = Predictive.through(*BOUNDS[row][:, None]), OUTCOMES[row]
    low, high = BOUNDS[row][[0, 3]] + [-9, 9]
    edges = [float(edge) for edge in (*BOUNDS[row][1:3], y)]

    def integral(function):
        return quad(function, low, high, points=edges, limit=500)[0]

    assert one.crps([y])[0] == pytest.approx(integral(lambda x: (one.cdf([x])[0] - (x >= y)) ** 2), rel=1e-5)
    assert integral(lambda x: np.exp(one.log_density([x])[0])) == pytest.approx(1, abs=1e-6)
    step = 1e-7
    slope = (one.cdf([y + step]) - one.cdf([y - step])) / (2 * step)
    assert one.log_density([y]) == pytest.approx(np.log(slope), rel=1e-5)


def test_the_crps_of_a_logistic_is_the_published_one():
    """Jordan, Krüger and Lerch (2019), appendix A: y - 2 log F(y) - 1 for the standard logistic."""
    odds = np.log(np.array(LEVELS) / (1 - np.array(LEVELS)))
    y = np.array([-7.0, -1.0, 0.0, 0.3, 5.0])
    standard = Predictive.through(*(np.full(5, bound) for bound in odds))
    assert standard.crps(y) == pytest.approx(y - 2 * np.log(1 / (1 + np.exp(-y))) - 1)
    scaled = Predictive.through(*(np.full(5, 2 * bound + 1) for bound in odds))
    assert scaled.crps(2 * y + 1) == pytest.approx(2 * standard.crps(y))


def test_right_bounds_score_best_on_average():
    draws = np.random.default_rng(0).logistic(0, 0.01, 20_000)
    odds = 0.01 * np.log(np.array(LEVELS) / (1 - np.array(LEVELS)))

    def scores(bounds):
        one = Predictive.through(*(np.full(len(draws), bound) for bound in bounds))
        return one.crps(draws).mean(), -one.log_density(draws).mean()

    for wrong in (odds * 0.6, odds * 1.7, odds + 0.008):
        assert all(np.array(scores(odds)) < scores(wrong))


def test_bounds_that_coincide_still_score():
    one = Predictive.through([0.0], [0.0], [0.0], [0.01])
    assert np.isfinite([one.crps([0.02])[0], one.log_density([0.02])[0], one.cdf([-0.01])[0]]).all()


def test_the_crps_of_a_sample_is_the_mean_over_all_pairs():
    rng = np.random.default_rng(1)
    y, draws = rng.normal(size=3), rng.normal(size=(3, 40))
    slow = [
        np.mean([abs(x - y[i]) for x in draws[i]]) - np.mean([[abs(a - b) for a in draws[i]] for b in draws[i]]) / 2
        for i in range(3)
    ]
    assert crps_sample(y, draws) == pytest.approx(slow)


def test_many_quantiles_come_near_the_crps_of_the_whole():
    levels = (np.arange(2000) + 0.5) / 2000
    quantiles = np.log(levels / (1 - levels))
    assert crps_quantiles([0.7], [quantiles], levels)[0] == pytest.approx(
        0.7 - 2 * np.log(1 / (1 + np.exp(-0.7))) - 1, rel=1e-3
    )


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="nest"):
        Predictive.through([0.0], [-0.1], [0.1], [0.2])
    with pytest.raises(InputError, match="shape"):
        crps_quantiles([0.0], [[0.0, 1.0]], [0.5])
