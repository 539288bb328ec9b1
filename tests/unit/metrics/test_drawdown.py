import math

import numpy as np
import pandas as pd
import pytest

from foliohub.metrics import drawdown, performance


def slow_drawdown(returns):
    wealth, highest, depths = 1.0, 1.0, []
    for r in returns:
        wealth *= 1 + r
        highest = max(highest, wealth)
        depths.append(wealth / highest - 1)
    return depths


def test_drawdown_equals_its_slow_twin_and_is_never_positive(returns):
    fast = drawdown.drawdowns(returns)
    np.testing.assert_allclose(fast, slow_drawdown(returns), rtol=0, atol=1e-12)
    assert (fast <= 0).all()
    assert (fast >= -1).all()
    assert drawdown.max_drawdown(returns) == fast.min()


def test_a_loss_on_the_first_day_is_a_drawdown():
    assert drawdown.max_drawdown(np.array([-0.2, 0.1])) == pytest.approx(-0.2)


def test_a_series_that_never_falls_has_none():
    rising = np.array([0.0, 0.1, 0.0])
    assert drawdown.max_drawdown(rising) == 0.0
    assert math.isnan(drawdown.calmar_ratio(rising, 12))
    assert drawdown.drawdown_episodes(pd.Series(rising)).empty


def test_ruin_is_a_drawdown_of_everything():
    assert drawdown.max_drawdown(np.array([0.1, -1.2, 0.5])) == -1.0
    assert drawdown.calmar_ratio(np.array([0.1, -1.2, 0.5]), 12) == -1.0


def test_bacon_s_worked_examples(bacon):
    # Martin ratio 1.70 and pain index 0.04: as printed in the documentation of R's PerformanceAnalytics (MartinRatio,
    # PainIndex), which cites Bacon (2008), pp. 89-91.
    portfolio = bacon["portfolio"]
    martin = performance.annual_return(portfolio) / drawdown.ulcer_index(portfolio)
    assert martin == pytest.approx(1.70, abs=6e-3)
    assert -drawdown.drawdowns(portfolio).mean() == pytest.approx(0.04, abs=5e-5)


def test_the_financial_crisis_of_the_sp_500():
    # S&P Dow Jones Indices: closing high 1565.15 on 2007-10-09, low 676.53 on 2009-03-09 (-56.8 %), back above the
    # high on 2013-03-28. The series ships inside skfolio.
    datasets = pytest.importorskip("skfolio.datasets")
    index = datasets.load_sp500_index().iloc[:, 0]
    worst = drawdown.drawdown_episodes(index.pct_change().iloc[1:], start=index.index[0]).iloc[0]
    assert worst["depth"] == pytest.approx(676.53 / 1565.15 - 1, abs=1e-4)
    assert worst["peak"] == pd.Timestamp("2007-10-09")
    assert worst["trough"] == pd.Timestamp("2009-03-09")
    assert worst["recovery"] == pd.Timestamp("2013-03-28")


def test_episodes_are_the_stretches_below_a_high():
    dates = pd.date_range("2020-01-31", periods=6, freq="ME")
    returns = pd.Series([-0.1, 0.2, -0.05, -0.05, 0.2, -0.01], index=dates)
    start = pd.Timestamp("2019-12-31")
    episodes = drawdown.drawdown_episodes(returns, start=start)
    assert episodes["depth"].round(4).tolist() == [-0.1, -0.0975, -0.01]
    assert episodes["peak"].tolist() == [start, dates[1], dates[4]]
    assert episodes["trough"].tolist() == [dates[0], dates[3], dates[5]]
    assert episodes["recovery"].tolist()[:2] == [dates[1], dates[4]]
    assert pd.isna(episodes["recovery"].iloc[2])
    assert episodes["periods_to_trough"].tolist() == [1, 2, 1]
    assert episodes["periods_under_water"].tolist() == [2, 3, 1]


def test_calmar_ratio_is_annual_return_over_depth(returns):
    expected = performance.annual_return(returns) / -drawdown.max_drawdown(returns)
    assert drawdown.calmar_ratio(returns) == pytest.approx(expected, rel=1e-12)
