"""Numbers that Bailey and López de Prado printed.

2012: The Sharpe ratio efficient frontier. Journal of Risk 15(2). 2014: The deflated Sharpe ratio. Journal of Portfolio
Management 40(5).
"""

from __future__ import annotations

import numpy as np
import pytest

from foliohub import metrics
from foliohub.metrics import SharpeMoments


def test_the_hedge_fund_whose_months_are_not_normal():
    """2012: 24 months, Sharpe ratio 0.458 a month, skewness -2.448, kurtosis 10.164."""
    assert SharpeMoments(0.458, 0.0, 3.0, 24).probability_above(0) == pytest.approx(0.982, abs=5e-4)
    assert SharpeMoments(0.458, -2.448, 10.164, 24).probability_above(0) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(
    ("periods", "skewness", "kurtosis", "years"),
    [(252, 0, 3, 2.73), (52, 0, 3, 2.83), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_years_it_takes_to_show_a_sharpe_ratio_of_two_is_above_one(periods, skewness, kurtosis, years):
    """2012, section on the minimum track record length: at 95 %, by frequency and shape."""
    moments = SharpeMoments(2 / periods**0.5, skewness, kurtosis, 1000)
    assert moments.periods_needed(1 / periods**0.5, 0.95) / periods == pytest.approx(years, abs=5e-3)


def test_the_deflated_example():
    """2014: Sharpe ratio 2.5 over 5 years of 250 days, skewness -3, kurtosis 10, the best of 100 of variance 1/2."""
    highest = metrics.expected_maximum_sharpe(100, 0.5 / 250)
    assert highest == pytest.approx(0.1132, abs=5e-5)
    moments = SharpeMoments(2.5 / 250**0.5, -3.0, 10.0, 1250)
    assert moments.probability_above(highest) == pytest.approx(0.9004, abs=5e-4)
    fewer = metrics.expected_maximum_sharpe(46, 0.5 / 250)
    assert moments.probability_above(fewer) == pytest.approx(0.9505, abs=5e-4)


def test_the_expected_maximum_is_that_of_draws():
    rng = np.random.default_rng(0)
    for trials in (5, 45, 200):
        drawn = rng.normal(0, 0.3, (20_000, trials)).max(axis=1).mean()
        assert metrics.expected_maximum_sharpe(trials, 0.09) == pytest.approx(drawn, rel=0.03)


def test_the_probability_is_that_of_draws():
    """Of 500 skewed returns whose true ratio is 0.05, the test at 5 % against 0.05 rejects one time in twenty."""
    rng = np.random.default_rng(1)
    rejected = 0
    for _ in range(2000):
        returns = 0.05 - (rng.exponential(1.0, 500) - 1.0)
        rejected += metrics.probabilistic_sharpe_ratio(returns, 0.05, periods_per_year=1) > 0.95
    assert rejected / 2000 == pytest.approx(0.05, abs=0.015)
