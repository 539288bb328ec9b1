"""The scorecard of allocators: each column is what its function says, and the verdict is plain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest, metrics
from foliohub.backtest.allocator_scorecard import (
    ALLOCATOR_SCORECARD_COLUMNS,
    allocator_scorecard,
    allocator_verdict,
    holm,
)
from foliohub.costs import CostModel
from foliohub.errors import InputError


def results(better: float = 0.0, rows: int = 800) -> dict[str, backtest.BacktestResult]:
    rng = np.random.default_rng(8)
    days = pd.bdate_range("2015-01-01", periods=rows)
    values = rng.normal(0.0004, 0.01, (rows, 3))
    values[:, 2] += better
    returns = pd.DataFrame(values, days, ["A", "B", "C"])
    monthly = days[21:-1:21]
    costs = CostModel(commission_bps=2, half_spread_bps=3)
    equal = pd.DataFrame(1 / 3, monthly, returns.columns)
    tilted = pd.DataFrame([[0.1, 0.1, 0.8]] * len(monthly), monthly, returns.columns)
    return {
        "equal_weight": backtest.simulate(returns, equal, costs, name="equal_weight"),
        "tilted": backtest.simulate(returns, tilted, costs, name="tilted"),
        "index": backtest.buy_and_hold(returns["A"].rename("index"), start=monthly[0], name="index"),
    }


def test_each_column_is_what_its_function_says():
    found = results()
    card = allocator_scorecard(found, index="index", other_sharpe_ratios=[0.1, 0.9], trials=10, draws=200)
    assert tuple(card.columns) == ALLOCATOR_SCORECARD_COLUMNS
    assert list(card.index) == ["equal_weight", "tilted", "index"]
    net = found["tilted"].net_returns
    row = card.loc["tilted"]
    assert row["sharpe_ratio"] == pytest.approx(metrics.sharpe_ratio(net))
    assert row["probabilistic_sharpe"] == pytest.approx(metrics.probabilistic_sharpe_ratio(net))
    tried = [card.loc["equal_weight", "sharpe_ratio"], row["sharpe_ratio"], 0.1, 0.9]
    assert row["deflated_sharpe"] == pytest.approx(metrics.deflated_sharpe_ratio(net, tried, 10))
    test = metrics.ledoit_wolf_sharpe_test(net, found["equal_weight"].net_returns)
    assert row["p_value"] == pytest.approx(test.p_value)
    assert row["sharpe_difference"] == pytest.approx(row["sharpe_ratio"] - card.loc["equal_weight", "sharpe_ratio"])
    assert row["sharpe_lower"] < row["sharpe_ratio"] < row["sharpe_upper"]
    assert np.isnan(card.loc["equal_weight", "p_value"])
    assert np.isnan(card.loc["index", "deflated_sharpe"])
    assert np.isnan(row["capacity_impact"])  # nobody knows the volume


def test_capacity_needs_volume():
    found = results(better=0.001)
    returns_index = found["equal_weight"].net_returns.index.insert(0, found["equal_weight"].start)
    volume = pd.DataFrame(1e7, returns_index, ["A", "B", "C"])
    volatility = pd.DataFrame(0.01, returns_index, ["A", "B", "C"])
    card = allocator_scorecard(found, index="index", dollar_volume=volume, volatility=volatility, draws=50)
    assert 0 < card.loc["tilted", "capacity_participation"] < np.inf
    assert 0 < card.loc["tilted", "capacity_impact"] < np.inf
    assert card.loc["equal_weight", "capacity_impact"] == 0


def test_the_verdict_says_plainly_when_nothing_beats_the_baseline():
    card = allocator_scorecard(results(), index="index", draws=50)
    assert allocator_verdict(card).startswith("Nothing here beats equal_weight: of 2 compared")
    strong = allocator_scorecard(results(better=0.003), index="index", draws=50)
    assert allocator_verdict(strong).startswith("tilted: a higher Sharpe ratio than equal_weight")


def test_a_strategy_that_is_the_baseline_differs_by_nothing():
    found = results()
    card = allocator_scorecard({"equal_weight": found["equal_weight"], "same": found["equal_weight"]}, draws=50)
    assert card.loc["same", ["sharpe_difference", "p_value"]].tolist() == [0, 1]


def test_holm_keeps_order_and_gaps():
    adjusted = holm(pd.Series({"a": 0.02, "b": np.nan, "c": 0.01, "d": 0.9}))
    assert adjusted["c"] == pytest.approx(0.03)
    assert adjusted["a"] == pytest.approx(0.04)
    assert adjusted["d"] == pytest.approx(0.9)
    assert np.isnan(adjusted["b"])


def test_an_absent_baseline_is_named():
    with pytest.raises(InputError, match="no 'cash' among"):
        allocator_scorecard(results(), baseline="cash")
