"""Tests of exceedances against published statistics, likelihoods by hand, and simulated series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foliohub.errors import InputError
from foliohub.metrics import christoffersen_test, kupiec_test


def exceedances(singles: int, pairs: int, without: int) -> np.ndarray:
    """Runs of one and of two exceedances, apart from each other, days without before, between and after."""
    runs = [[True]] * singles + [[True, True]] * pairs
    spread = [day for run in runs for day in (False, *run)]
    return np.array([*spread, *[False] * (without - len(runs))])


def test_both_statistics_of_jp_morgan_in_1998_are_those_of_jorion():
    """Jorion, P. (2006). Value at Risk, 3rd ed., ch. 6: 20 exceptions in 252 days at 95 %, LR 3.91; of them 6 the day
    after one (6/20 against 14/232), LR 9.53."""
    assert kupiec_test([True] * 20 + [False] * 232, 0.95).statistic == pytest.approx(3.91, abs=0.005)
    days = exceedances(singles=8, pairs=6, without=233)
    before, after = days[:-1], days[1:]
    assert (int((before & after).sum()), int((~before & after).sum()), int((~before).sum())) == (6, 14, 232)
    assert christoffersen_test(days).statistic == pytest.approx(9.53, abs=0.005)


@pytest.mark.parametrize(("periods", "level", "fewest", "most"), [(255, 0.99, 0, 7), (510, 0.99, 1, 11)])
def test_the_numbers_of_failures_not_rejected_are_those_of_kupiec(periods, level, fewest, most):
    """Kupiec (1995), table 3, as in Jorion (2006), table 6-2: N < 7 in 255 days, 1 < N < 11 in 510, at 5 %."""
    kept = [
        many for many in range(40) if kupiec_test([True] * many + [False] * (periods - many), level).statistic < 3.841
    ]
    assert set(range(fewest + 1, most)) <= set(kept) <= set(range(fewest, most + 1))


def test_likelihood_ratios_by_hand():
    exceeded = np.array([True, True, False, True, False, False, False, True, False, False])
    log = math.log
    free = 4 * log(0.4) + 6 * log(0.6)
    assert kupiec_test(exceeded, 0.8).statistic == pytest.approx(2 * (free - 4 * log(0.2) - 6 * log(0.8)))
    # After an exceedance: 1 of 4; after none: 2 of 5; in all: 3 of 9.
    apart = log(1 / 4) + 3 * log(3 / 4) + 2 * log(2 / 5) + 3 * log(3 / 5)
    together = 3 * log(3 / 9) + 6 * log(6 / 9)
    assert christoffersen_test(exceeded).statistic == pytest.approx(2 * (apart - together))


def test_no_exceedance_at_all_tells_of_coverage_and_not_of_independence():
    never = np.zeros(500, dtype=bool)
    assert kupiec_test(never, 0.99).statistic == pytest.approx(-2 * 500 * math.log(0.99))
    assert math.isnan(christoffersen_test(never).p_value)
    assert math.isnan(kupiec_test(never[:0], 0.99).p_value)
    assert kupiec_test(~never, 0.99).p_value < 1e-300


def test_p_values_are_right_where_the_value_at_risk_is():
    days = np.random.default_rng(2).random((400, 1000)) < 0.05
    rejected = np.mean(
        [[kupiec_test(one, 0.95).p_value < 0.1, christoffersen_test(one).p_value < 0.1] for one in days], 0
    )
    assert rejected == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize("wrong", [[0, 1], [[True]], [0.01, -0.02]])
def test_what_is_no_series_of_exceedances_is_refused(wrong):
    with pytest.raises(InputError, match="one bool per period"):
        christoffersen_test(wrong)
    with pytest.raises(InputError, match="level is 99"):
        kupiec_test([True], 99)
