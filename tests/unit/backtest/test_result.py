import dataclasses
import math
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from foliohub import metrics
from foliohub.backtest import simulate
from foliohub.costs import CostModel
from foliohub.errors import InputError


@pytest.fixture
def result(returns):
    rng = np.random.default_rng(4)
    dates = returns.index[5:-1:10]
    targets = rng.dirichlet(np.ones(5), len(dates))
    return simulate(returns, pd.DataFrame(targets, dates, returns.columns), CostModel(10, 10), name="random")


def test_wealth_starts_at_one_and_compounds_net_returns(result):
    assert result.wealth.iloc[0] == 1.0
    assert result.wealth.index[0] == result.start == result.trades.index[0]
    assert result.wealth.index[1:].equals(result.net_returns.index)
    assert result.wealth.iloc[-1] == pytest.approx((1 + result.net_returns).prod(), rel=1e-12)


def test_the_cost_of_a_trade_is_in_the_return_of_the_period_it_opens(result):
    charged = result.costs.reindex(result.wealth.index[:-1], fill_value=0.0).to_numpy()
    expected = (1 - charged) * (1 + result.gross_returns.to_numpy()) - 1
    np.testing.assert_allclose(result.net_returns, expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(result.costs, 2 * result.turnover * 0.002, rtol=1e-12)


def test_weights_after_a_trade_are_the_target(result):
    later = result.trades.index[1:]
    after = result.drifted_weights.loc[later] + result.trades.loc[later]
    np.testing.assert_allclose(after, result.target_weights.iloc[1:], rtol=0, atol=1e-15)


def test_turnover_is_measured_against_drifted_weights(result):
    for date in result.trades.index[1:]:
        drifted, target = result.drifted_weights.loc[date], result.target_weights.loc[date]
        assert result.turnover[date] == pytest.approx(metrics.turnover(drifted, target), rel=1e-12)


def test_metrics_are_those_of_the_net_returns(result):
    net, years = result.net_returns, len(result.net_returns) / 252
    found = result.metrics
    assert found["n_observations"] == len(net)
    assert found["sharpe_ratio"] == metrics.sharpe_ratio(net)
    assert found["sortino_ratio"] == metrics.sortino_ratio(net)
    assert found["annual_return"] == metrics.annual_return(net)
    assert found["annual_volatility"] == metrics.annual_volatility(net)
    assert found["max_drawdown"] == metrics.max_drawdown(net) == result.drawdowns.min()
    assert found["calmar_ratio"] == metrics.calmar_ratio(net)
    assert found["value_at_risk"] == metrics.value_at_risk(net)
    assert found["conditional_value_at_risk"] == metrics.conditional_value_at_risk(net)
    assert found["hit_rate"] == metrics.win_rate(net)
    assert found["annual_turnover"] == pytest.approx(result.turnover.sum() / years)
    assert found["annual_cost"] == pytest.approx(result.costs.sum() / years)
    assert found["cost_drag"] == metrics.cost_drag(result.gross_returns, net)
    summary = result.summary()
    assert list(summary) == ["gross", "net"]
    assert summary["net"].equals(found.rename("net"))
    assert summary.loc["cost_drag", "gross"] == 0.0
    assert summary.loc["total_return", "gross"] > summary.loc["total_return", "net"]


def test_a_risk_free_return_is_subtracted_in_ratios(returns):
    targets = pd.DataFrame(0.2, returns.index[:-1], returns.columns)
    with_free = simulate(returns, targets, risk_free=1e-4)
    assert with_free.metrics["sharpe_ratio"] == metrics.sharpe_ratio(with_free.net_returns, 1e-4)
    rolled = with_free.rolling_sharpe_ratio(20)
    assert rolled.iloc[-1] == pytest.approx(metrics.sharpe_ratio(with_free.net_returns.iloc[-20:], 1e-4), rel=1e-9)


def test_without_periods_per_year_only_annualised_metrics_are_missing(returns):
    undated = simulate(returns.reset_index(drop=True), pd.DataFrame(0.2, range(5), returns.columns))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = undated.metrics
        assert undated.rolling_sharpe_ratio(10).isna().all()
    assert math.isnan(found["annual_return"])
    assert math.isnan(found["annual_turnover"])
    assert found["n_observations"] == 119
    assert found["max_drawdown"] < 0


def test_results_are_frozen_and_survive_pickling(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.name = "other"
    again = pickle.loads(pickle.dumps(result))
    assert again.net_returns.equals(result.net_returns)
    assert again.metrics.equals(result.metrics)


def test_the_representation_says_the_essentials(result):
    assert repr(result).startswith("<BacktestResult 'random': 114 periods 2018-01-10")
    assert "12 trades, net Sharpe ratio" in repr(result)


def test_a_part_of_a_result_is_the_same_strategy_over_fewer_periods(result):
    dates = result.net_returns.index
    part = result.between(dates[20], dates[59])
    assert part.net_returns.equals(result.net_returns.iloc[20:60])
    assert part.start == dates[19]
    assert part.wealth.index[0] == dates[19]
    charged = (1 + part.gross_returns).prod() * (1 - part.costs).prod()
    assert part.wealth.iloc[-1] == pytest.approx(charged, rel=1e-12)
    assert part.target_weights.index[0] <= part.start < part.target_weights.index[1]
    assert part.metrics["n_observations"] == 40
    assert result.between().net_returns.equals(result.net_returns)
    assert result.between().trades.equals(result.trades)


def test_an_empty_part_is_refused(result):
    with pytest.raises(InputError, match="'random' has no period from 2030-01-01 to None"):
        result.between("2030-01-01")
