import math
import statistics
import warnings

import numpy as np
import pytest

from foliohub.errors import InputError
from foliohub.metrics import performance, relative


def test_bacon_s_worked_examples(bacon):
    # Specific risk 0.0329 and Jensen's alpha -0.014: as printed in the documentation of R's PerformanceAnalytics
    # (SpecificRisk, SFM.jensenAlpha), which cites Bacon (2008), pp. 72-75.
    portfolio, benchmark = bacon["portfolio"], bacon["benchmark"]
    slope = relative.beta(portfolio, benchmark)
    specific = (portfolio - slope * benchmark).std(ddof=0) * math.sqrt(12)
    assert specific == pytest.approx(0.0329, abs=5e-5)
    compounded = performance.annual_return(portfolio) - slope * performance.annual_return(benchmark)
    assert compounded == pytest.approx(-0.014, abs=5e-4)


def test_relative_metrics_equal_their_slow_twins(returns, benchmark):
    mine, market = returns.tolist(), benchmark.tolist()
    active = [a - b for a, b in zip(mine, market, strict=True)]
    assert relative.active_return(returns, benchmark) == pytest.approx(statistics.fmean(active) * 252, rel=1e-10)
    assert relative.tracking_error(returns, benchmark) == pytest.approx(
        statistics.stdev(active) * math.sqrt(252), rel=1e-10
    )
    assert relative.information_ratio(returns, benchmark) == pytest.approx(
        statistics.fmean(active) / statistics.stdev(active) * math.sqrt(252), rel=1e-10
    )
    slope, intercept = statistics.linear_regression(market, mine)
    assert relative.beta(returns, benchmark) == pytest.approx(slope, rel=1e-10)
    assert relative.alpha(returns, benchmark) == pytest.approx(intercept * 252, rel=1e-9)
    assert relative.correlation(returns, benchmark) == pytest.approx(statistics.correlation(mine, market), rel=1e-10)


def test_captures_equal_their_slow_twin(returns, benchmark):
    for capture, chosen in ((relative.up_capture, benchmark > 0), (relative.down_capture, benchmark < 0)):
        mine = math.prod(1 + r for r in returns[chosen]) ** (1 / chosen.sum()) - 1
        market = math.prod(1 + r for r in benchmark[chosen]) ** (1 / chosen.sum()) - 1
        assert capture(returns, benchmark) == pytest.approx(mine / market, rel=1e-9)


def test_a_benchmark_against_itself(benchmark):
    assert relative.beta(benchmark, benchmark) == pytest.approx(1.0, rel=1e-12)
    assert relative.alpha(benchmark, benchmark) == pytest.approx(0.0, abs=1e-15)
    assert relative.tracking_error(benchmark, benchmark) == 0.0
    assert relative.correlation(benchmark, benchmark) == pytest.approx(1.0, rel=1e-12)
    assert relative.up_capture(benchmark, benchmark) == pytest.approx(1.0)
    assert relative.down_capture(benchmark, benchmark) == pytest.approx(1.0)


def test_what_has_no_meaning_is_nan_without_a_warning():
    rising, flat = np.array([0.01, 0.02, 0.03]), np.full(3, 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(relative.information_ratio(rising, rising, 12))
        assert math.isnan(relative.beta(rising, flat))
        assert math.isnan(relative.alpha(rising, flat, periods_per_year=12))
        assert math.isnan(relative.correlation(rising, flat))
        assert math.isnan(relative.down_capture(rising, rising))
        assert math.isnan(relative.active_return(np.array([]), np.array([]), 12))


def test_a_risk_free_return_is_taken_from_both(returns, benchmark):
    free = np.linspace(0, 3e-4, len(returns))
    expected = relative.beta(returns - free, benchmark - free)
    assert relative.beta(returns, benchmark, free) == pytest.approx(expected, rel=1e-12)


def test_differing_dates_are_an_error(returns, benchmark):
    with pytest.raises(InputError, match="700 periods, benchmark 699"):
        relative.beta(returns, benchmark.iloc[1:])
    with pytest.raises(InputError, match="2015-01-02 00:00:00 against 2015-01-05"):
        relative.beta(returns.iloc[:-1], benchmark.iloc[1:])
