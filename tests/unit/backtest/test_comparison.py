import math

import numpy as np
import pandas as pd
import pytest

from foliohub import metrics
from foliohub.backtest import buy_and_hold, common_periods, compare, simulate
from foliohub.costs import CostModel
from foliohub.errors import InputError


@pytest.fixture
def results(returns):
    equal = pd.DataFrame(0.2, returns.index[10:-1:5], returns.columns)
    return {
        "equal": simulate(returns, equal, CostModel(5)),
        "A": buy_and_hold(returns["A"]),
        "index": buy_and_hold(returns.mean(axis=1).rename("index"), start=returns.index[5]),
    }


def test_strategies_are_compared_over_the_periods_they_share(results, returns):
    table = compare(results, benchmark="index")
    assert table.index.tolist() == ["equal", "A", "index"]
    assert (table["n_observations"] == 109).all()
    market = results["index"].net_returns.loc[returns.index[11] :]
    for name in ("equal", "A"):
        mine = results[name].net_returns.loc[returns.index[11] :]
        assert table.loc[name, "sharpe_ratio"] == pytest.approx(metrics.sharpe_ratio(mine), rel=1e-12)
        for measure in ("tracking_error", "information_ratio", "active_return", "alpha"):
            assert table.loc[name, measure] == pytest.approx(getattr(metrics, measure)(mine, market), rel=1e-12)
        for measure in ("beta", "up_capture", "down_capture", "correlation"):
            assert table.loc[name, measure] == pytest.approx(getattr(metrics, measure)(mine, market), rel=1e-12)
    assert math.isnan(table.loc["index", "beta"])
    assert table.dtypes.eq(np.float64).all()


def test_without_a_benchmark_there_are_no_relative_measures(results):
    table = compare(results)
    assert "beta" not in table
    assert "sharpe_ratio" in table


def test_a_benchmark_alone_still_makes_a_table(results):
    table = compare({"index": results["index"]}, benchmark="index")
    assert math.isnan(table.loc["index", "tracking_error"])


def test_what_cannot_be_compared_is_refused(results, returns):
    with pytest.raises(InputError, match="benchmark 'SP500' is not among"):
        compare(results, benchmark="SP500")
    with pytest.raises(InputError, match="nothing to compare"):
        compare({})
    early = buy_and_hold(returns["A"].iloc[:5])
    with pytest.raises(InputError, match="share no period"):
        compare({**results, "early": early})
    holey = buy_and_hold(returns["A"].drop(returns.index[50]))
    with pytest.raises(InputError, match=r"2018-03-13.* that another strategy lacks"):
        common_periods({**results, "holey": holey})
