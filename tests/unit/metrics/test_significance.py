"""Tests of significance: published numbers, slow twins, and the right number of false alarms."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from foliohub.errors import InputError
from foliohub.metrics.bootstrap import optimal_block_length, sharpe_confidence_interval, stationary_bootstrap
from foliohub.metrics.sharpe_tests import jobson_korkie_test, ledoit_wolf_sharpe_test
from foliohub.metrics.significance import diebold_mariano_test, long_run_variance


@pytest.mark.parametrize(
    ("power", "statistic", "p_value"),
    [
        (1, 1.3275742446369585, 0.18737195617455585),
        (2, 1.2112523589452902, 0.22868210381769466),
        (4, 0.9124498079287283, 0.36374861695187799),
    ],
)
def test_diebold_mariano_gives_the_published_example(power, statistic, p_value):
    """README of John Tsang's dm_test, whose data are three shuffles of 0..99 by Python 2's random.sample."""
    random.seed(123)

    def shuffled(n=100):
        pool, drawn = list(range(n)), []
        for i in range(n):
            j = int(random.random() * (n - i))
            drawn.append(pool[j])
            pool[j] = pool[n - i - 1]
        return np.array(drawn, dtype=float)

    actual, first, second = shuffled(), shuffled(), shuffled()
    test = diebold_mariano_test(np.abs(actual - first) ** power, np.abs(actual - second) ** power)
    assert test.statistic == pytest.approx(statistic, rel=1e-12)
    assert test.p_value == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(("horizon", "lags"), [(1, None), (3, None), (5, 4), (1, 7)])
def test_diebold_mariano_equals_its_slow_twin(horizon, lags):
    generator = np.random.default_rng(horizon)
    model, benchmark = generator.exponential(size=60), generator.exponential(size=60)
    test = diebold_mariano_test(model, benchmark, horizon=horizon, lags=lags)
    d, n = model - benchmark, 60
    cut = 2 * (horizon - 1) if lags is None else lags
    variance = 0.0
    for i in range(n):
        for j in range(n):
            variance += max(0.0, 1 - abs(i - j) / (cut + 1)) * (d[i] - d.mean()) * (d[j] - d.mean()) / n
    slow = d.mean() / np.sqrt(variance / n) * np.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    assert test.statistic == pytest.approx(slow)
    assert test.p_value == pytest.approx(2 * student.cdf(-abs(slow), n - 1))


def test_long_run_variance_equals_statsmodels_newey_west():
    """Variance of a mean = HAC variance of the constant of a regression on nothing else."""
    import statsmodels.api as sm

    x = np.cumsum(np.random.default_rng(1).normal(size=200)) / 10
    fit = sm.OLS(x, np.ones(200)).fit(cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": False})
    assert long_run_variance(x, 6) / 200 == pytest.approx(fit.cov_params()[0, 0])


@pytest.mark.parametrize("horizon", [1, 5])
def test_diebold_mariano_rejects_equal_forecasts_about_as_often_as_it_says(horizon):
    generator = np.random.default_rng(7)
    rejected = []
    for _ in range(600):
        shocks = generator.normal(size=(2, 150 + horizon))
        losses = [np.convolve(row, np.ones(horizon), "valid")[:150] ** 2 for row in shocks]
        rejected.append(diebold_mariano_test(*losses, horizon=horizon).p_value < 0.05)
    assert 0.02 < np.mean(rejected) < 0.12


def test_identical_forecasts_are_no_evidence_of_anything():
    test = diebold_mariano_test([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert (test.estimate, test.standard_error) == (0, 0)
    assert np.isnan(test.statistic)
    assert np.isnan(test.p_value)


def test_jobson_korkie_equals_memmels_formula_in_means_and_deviations():
    generator = np.random.default_rng(3)
    a = generator.normal(0.01, 0.05, 120)
    b = 0.5 * a + generator.normal(0.004, 0.03, 120)
    (va, c), (_, vb) = np.cov(a, b)
    sa, sb, ma, mb = np.sqrt(va), np.sqrt(vb), a.mean(), b.mean()
    theta = 2 * va * vb - 2 * sa * sb * c + ma**2 * vb / 2 + mb**2 * va / 2 - ma * mb / (sa * sb) * c**2
    assert jobson_korkie_test(a, b).statistic == pytest.approx((sb * ma - sa * mb) / np.sqrt(theta / 120))


def _parzen_twin(v):
    """Ledoit and Wolf (2008), sec. 3.1, with Andrews' (1991) bandwidth, element by element."""
    n, k = v.shape
    numerator = denominator = 0.0
    for column in v.T:
        slope, intercept = np.polyfit(column[:-1], column[1:], 1)
        variance = np.mean((column[1:] - intercept - slope * column[:-1]) ** 2)
        numerator += 4 * slope**2 * variance**2 / (1 - slope) ** 8
        denominator += variance**2 / (1 - slope) ** 4
    bandwidth = 2.6614 * (numerator / denominator * n) ** 0.2
    total = np.zeros((k, k))
    for i in range(n):
        for j in range(n):
            x = abs(i - j) / bandwidth
            total += (1 - 6 * x**2 + 6 * x**3 if x <= 0.5 else max(0, 2 * (1 - x) ** 3)) * np.outer(v[i], v[j])
    return total / (n - k)


@pytest.mark.parametrize("prewhiten", [False, True])
def test_ledoit_wolf_equals_its_slow_twin(prewhiten):
    generator = np.random.default_rng(4)
    a = np.convolve(generator.standard_t(4, 61), [1, 0.5], "valid") / 30 + 0.01
    b = 0.7 * a + generator.normal(0, 0.02, 60)
    moments = np.column_stack([a, b, a**2, b**2])
    v = moments - moments.mean(axis=0)
    if prewhiten:
        transition = np.array([np.linalg.lstsq(v[:-1], column, rcond=None)[0] for column in v[1:].T])
        assert np.linalg.svd(transition)[1].max() > 0.97, "the example should need the bound on the singular values"
        left, values, right = np.linalg.svd(transition)
        transition = left @ np.diag([min(value, 0.97) for value in values]) @ right
        recolour = np.linalg.inv(np.eye(4) - transition)
        covariance = recolour @ _parzen_twin(v[1:] - v[:-1] @ transition.T) @ recolour.T
    else:
        covariance = _parzen_twin(v)

    def difference(m):
        return m[0] / np.sqrt(m[2] - m[0] ** 2) - m[1] / np.sqrt(m[3] - m[1] ** 2)

    m = moments.mean(axis=0)
    step = 1e-7 * np.eye(4)
    gradient = np.array([(difference(m + e) - difference(m - e)) / 2e-7 for e in step])
    test = ledoit_wolf_sharpe_test(a, b, prewhiten=prewhiten)
    assert test.standard_error == pytest.approx(np.sqrt(gradient @ covariance @ gradient / 60), rel=1e-5)


def test_ledoit_wolf_agrees_with_jobson_korkie_on_independent_normal_returns():
    generator = np.random.default_rng(5)
    a, b = generator.multivariate_normal([0.01, 0.008], [[4e-4, 2e-4], [2e-4, 3e-4]], 5000).T
    robust, classical = ledoit_wolf_sharpe_test(a, b, prewhiten=False), jobson_korkie_test(a, b)
    assert robust.estimate == pytest.approx(classical.estimate)
    assert robust.standard_error == pytest.approx(classical.standard_error, rel=0.05)


@pytest.mark.parametrize("prewhiten", [False, True])
def test_ledoit_wolf_rejects_equal_sharpe_ratios_about_as_often_as_it_says(prewhiten):
    generator = np.random.default_rng(6)
    pairs = (generator.standard_t(6, (240, 1)) + generator.standard_t(6, (240, 2)) + 0.2 for _ in range(400))
    rejected = [ledoit_wolf_sharpe_test(*pair.T, prewhiten=prewhiten).p_value < 0.05 for pair in pairs]
    assert 0.02 < np.mean(rejected) < 0.10


def test_optimal_block_length_is_that_of_arch():
    """arch, tests/bootstrap/test_block_length.py: 13.635665 for a first-order autoregression of 0.3."""
    shocks = np.random.RandomState(0).standard_normal(10100)
    for i in range(1, len(shocks)):
        shocks[i] = 0.3 * shocks[i - 1] + shocks[i]
    assert optimal_block_length(shocks[100:]) == pytest.approx(13.635665, rel=1e-4)
    assert optimal_block_length(np.full(50, 0.25)) == 1


def test_stationary_bootstrap_draws_blocks_of_the_mean_length_that_wrap_around():
    rows = stationary_bootstrap(50, block_length=5, draws=4000, generator=np.random.default_rng(0))
    continued = np.diff(rows, axis=1) % 50 == 1
    # A new block starts where the old one would have gone on once in fifty times.
    assert continued.mean() == pytest.approx(4 / 5 + 1 / 5 / 50, abs=0.005)
    assert np.bincount(rows.ravel(), minlength=50) == pytest.approx(np.full(50, 4000), rel=0.1)
    assert (np.diff(rows, axis=1) == -49).any(), "blocks go on at the beginning"


def test_independent_draws_have_blocks_of_one():
    rows = stationary_bootstrap(1000, block_length=1, draws=20, generator=np.random.default_rng(0))
    assert np.mean(np.diff(rows, axis=1) % 1000 == 1) < 0.005


def test_sharpe_interval_is_los_for_independent_returns_and_the_seeds_own():
    """Lo, A. W. (2002). The statistics of Sharpe ratios. FAJ 58(4): standard error sqrt((1 + SR² / 2) / n)."""
    returns = np.random.default_rng(1).normal(0.001, 0.01, 2500)
    interval = sharpe_confidence_interval(returns, 252, seed=3, block_length=1, draws=4000)
    sharpe = returns.mean() / returns.std(ddof=1)
    width = 2 * 1.96 * np.sqrt((1 + sharpe**2 / 2) / 2500) * np.sqrt(252)
    assert interval.estimate == pytest.approx(sharpe * np.sqrt(252))
    assert interval.upper - interval.lower == pytest.approx(width, rel=0.05)
    assert interval == sharpe_confidence_interval(returns, 252, seed=3, block_length=1, draws=4000)
    assert interval != sharpe_confidence_interval(returns, 252, seed=4, block_length=1, draws=4000)


def test_autocorrelated_returns_widen_the_sharpe_interval():
    shocks = np.random.default_rng(2).normal(0.0005, 0.01, 2003)
    returns = np.convolve(shocks, np.ones(4) / 2, "valid")
    naive = sharpe_confidence_interval(returns, 252, seed=1, block_length=1)
    honest = sharpe_confidence_interval(returns, 252, seed=1)
    assert honest.upper - honest.lower > 1.4 * (naive.upper - naive.lower)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diebold_mariano_test([1.0, 2.0, 3.0], [1.0, 2.0]), "shapes"),
        (lambda: diebold_mariano_test([1.0, 2.0], [1.0, 2.0]), "2 periods are too few"),
        (lambda: diebold_mariano_test([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], horizon=0), "horizon is 0"),
        (lambda: diebold_mariano_test([1.0, 2.0, 3.0], [1.0, 2.0, np.nan]), "missing"),
        (
            lambda: diebold_mariano_test(pd.Series([1.0] * 3), pd.Series([1.0] * 3, index=[2, 3, 4])),
            "indexes",
        ),
        (lambda: jobson_korkie_test([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]), "does not vary"),
        (lambda: ledoit_wolf_sharpe_test(np.full(20, 0.1), np.arange(20.0)), "does not vary"),
        (lambda: sharpe_confidence_interval(np.full(20, 0.1), 252, seed=1), "do not vary"),
        (lambda: sharpe_confidence_interval(np.arange(20.0), 252, seed=1, level=95), "level is 95"),
        (lambda: sharpe_confidence_interval([1.0, np.nan], 252, seed=1), "no block length"),
        (lambda: stationary_bootstrap(10, 0.5, 1, np.random.default_rng(0)), "block_length 0.5"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
