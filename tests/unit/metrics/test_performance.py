import math
import warnings

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.metrics import performance

RATIOS = [performance.sharpe_ratio, performance.sortino_ratio]


def slow_cvar(returns, level):
    """Average of the worst losses, the last one counted in part."""
    losses = sorted((-float(r) for r in returns), reverse=True)
    left = len(losses) * (1 - level)
    mass, total = left, 0.0
    for loss in losses:
        part = min(1.0, left)
        total += part * loss
        left -= part
        if left <= 0:
            break
    return total / mass


def slow_var(returns, level):
    losses = sorted(-float(r) for r in returns)
    for position, loss in enumerate(losses, start=1):
        if position / len(losses) >= level - 1e-12:
            return loss
    raise AssertionError


def test_sortino_ratio_is_the_published_one():
    # Rollinger and Hoffman (2013), "Sortino: A Sharper Ratio", Red Rock Capital: target 0, TDD 2.264 %, ratio 4.417.
    annual = np.array([0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04])
    assert performance.downside_deviation(annual) == pytest.approx(0.02264, abs=5e-6)
    assert performance.sortino_ratio(annual, periods_per_year=1) == pytest.approx(4.417, abs=5e-4)


def test_bacon_s_worked_examples(bacon):
    # Expected values as printed in the documentation of R's PerformanceAnalytics (DownsideDeviation, MSquared,
    # UpsideFrequency), which cites Bacon (2008), pp. 67-94.
    portfolio, benchmark = bacon["portfolio"], bacon["benchmark"]
    assert performance.downside_deviation(portfolio, 0.005) == pytest.approx(0.0255, abs=5e-5)
    assert performance.win_rate(portfolio - 0.005) == pytest.approx(0.542, abs=5e-4)
    volatility, market = performance.annual_volatility(portfolio), performance.annual_volatility(benchmark)
    m_squared = performance.annual_return(portfolio) / volatility * market
    assert m_squared == pytest.approx(0.10062, abs=5e-6)


def test_sharpe_ratio_is_mean_over_deviation_times_root_of_periods(returns):
    mean = sum(returns) / len(returns)
    variance = sum((r - mean) ** 2 for r in returns) / (len(returns) - 1)
    assert performance.sharpe_ratio(returns) == pytest.approx(mean / math.sqrt(variance) * math.sqrt(252), rel=1e-12)
    assert performance.sharpe_ratio(returns, periods_per_year=1) == pytest.approx(mean / math.sqrt(variance), rel=1e-12)


def test_a_risk_free_series_equals_handing_in_excess_returns(returns):
    free = pd.Series(np.linspace(0, 2e-4, len(returns)), index=returns.index)
    assert performance.sharpe_ratio(returns, free) == performance.sharpe_ratio(returns - free)


def test_sharpe_ratio_does_not_change_with_scale(returns):
    assert performance.sharpe_ratio(3 * returns) == pytest.approx(performance.sharpe_ratio(returns), rel=1e-12)


def test_a_constant_series_has_no_ratio_and_no_warning():
    flat = np.full(30, 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(performance.sharpe_ratio(flat, periods_per_year=12))
        assert math.isnan(performance.sharpe_ratio(np.zeros(5), periods_per_year=12))
        assert math.isnan(performance.sortino_ratio(flat, periods_per_year=12))
        assert performance.annual_volatility(flat, periods_per_year=12) == 0.0
        rolled = performance.rolling_sharpe_ratio(pd.Series(flat), 5, periods_per_year=12)
    assert rolled.isna().all()


@pytest.mark.parametrize("length", [0, 1])
def test_too_few_periods_give_nan_without_a_warning(length):
    few = np.full(length, 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for ratio in RATIOS:
            assert math.isnan(ratio(few, periods_per_year=12))
        assert math.isnan(performance.annual_volatility(few, periods_per_year=12))
        if not length:
            assert math.isnan(performance.value_at_risk(few))
            assert math.isnan(performance.conditional_value_at_risk(few))
            assert math.isnan(performance.win_rate(few))
            assert math.isnan(performance.annual_return(few, 12))
            assert performance.total_return(few) == 0.0


def test_wealth_compounds_from_one(returns):
    path, grown = performance.wealth(returns, start="start"), 1.0
    assert path.iloc[0] == 1.0
    assert path.index[0] == "start"
    for value, r in zip(path.iloc[1:], returns, strict=True):
        grown *= 1 + r
        assert value == pytest.approx(grown, rel=1e-12)
    assert performance.total_return(returns) == pytest.approx(grown - 1, rel=1e-12)
    assert performance.annual_return(returns) == pytest.approx(grown ** (252 / 700) - 1, rel=1e-12)


def test_wealth_never_comes_back_from_zero():
    path = performance.wealth(np.array([0.5, -1.5, 2.0]))
    assert path.tolist() == [1.5, 0.0, 0.0]
    assert performance.annual_return(np.array([0.5, -1.5, 2.0]), 12) == -1.0


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("length", [1, 7, 20, 333])
def test_value_at_risk_and_its_tail_mean_equal_their_slow_twins(returns, level, length):
    sample = returns.iloc[:length].round(3)  # rounded: with ties
    assert performance.value_at_risk(sample, level) == pytest.approx(slow_var(sample, level), abs=1e-15)
    tail = performance.conditional_value_at_risk(sample, level)
    assert tail == pytest.approx(slow_cvar(sample, level), rel=1e-9)
    assert tail >= performance.value_at_risk(sample, level) - 1e-15


def test_conditional_value_at_risk_agrees_with_skfolio(returns):
    measures = pytest.importorskip("skfolio.measures")
    assert performance.conditional_value_at_risk(returns, 0.95) == pytest.approx(
        float(measures.cvar(returns.to_numpy(), beta=0.95)), rel=1e-9
    )


def test_rolling_sharpe_ratio_is_the_plain_one_of_each_window(returns):
    rolled = performance.rolling_sharpe_ratio(returns, 60)
    assert rolled.iloc[:59].isna().all()
    for end in (60, 61, 400, 700):
        expected = performance.sharpe_ratio(returns.iloc[end - 60 : end], periods_per_year=252)
        assert rolled.iloc[end - 1] == pytest.approx(expected, rel=1e-12)


def test_rolling_sharpe_ratio_of_a_short_series_is_nan():
    assert performance.rolling_sharpe_ratio(pd.Series([0.1, 0.2]), 3, periods_per_year=1).isna().all()


def test_a_gap_is_refused_with_its_date(returns):
    broken = returns.copy()
    broken.iloc[5] = np.nan
    with pytest.raises(InputError, match=r"nan at 2015-01-09"):
        performance.sharpe_ratio(broken)


def test_arguments_out_of_range_are_refused(returns):
    with pytest.raises(InputError, match="periods_per_year is 0"):
        performance.sharpe_ratio(returns, periods_per_year=0)
    with pytest.raises(InputError, match="Pass periods_per_year"):
        performance.sharpe_ratio(returns.to_numpy())
    with pytest.raises(InputError, match="level is 1"):
        performance.value_at_risk(returns, 1)
    with pytest.raises(InputError, match="window is 1"):
        performance.rolling_sharpe_ratio(returns, 1)
    with pytest.raises(InputError, match="2 dimensions"):
        performance.win_rate(returns.to_frame())
