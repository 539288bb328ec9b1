import numpy as np
import pandas as pd
import pytest

from foliohub.features import (
    cross_sectional_rank,
    dollar_volume_score,
    market_returns,
    relative_volume,
    rolling_beta,
    simple_returns,
)


def test_the_market_is_the_benchmark_or_the_mean_of_those_there(prices):
    returns = simple_returns(prices)
    market = market_returns(returns)
    assert market.iloc[30] == pytest.approx(returns[["AAA", "CCC", "DDD"]].iloc[30].mean())
    benchmark = prices["AAA"].rename("INDEX")
    pd.testing.assert_series_equal(market_returns(returns, benchmark), returns["AAA"], check_names=False)


def test_beta_is_the_slope_of_a_regression(prices):
    returns = simple_returns(prices)
    market = market_returns(returns)
    result = rolling_beta(returns, market, window=100, min_sessions=50)
    for row, ticker in ((99, "AAA"), (140, "BBB"), (250, "BBB"), (379, "CCC")):
        both = pd.DataFrame({"y": returns[ticker], "x": market}).iloc[row - 99 : row + 1].dropna()
        assert result[ticker].iloc[row] == pytest.approx(np.polyfit(both["x"], both["y"], 1)[0])
    assert result["BBB"].first_valid_index() == prices.index[60 + 50]
    assert result["CCC"].iloc[380:].isna().all()


def test_a_market_that_stands_still_has_no_beta(prices):
    still = pd.Series(0.0, index=prices.index)
    assert rolling_beta(simple_returns(prices), still).isna().all().all()


def test_ranks_lie_inside_zero_and_one_and_share_ties():
    frame = pd.DataFrame([[1.0, 5.0, 5.0, np.nan], [np.nan] * 4], columns=list("ABCD"))
    ranks = cross_sectional_rank(frame)
    np.testing.assert_allclose(ranks.iloc[0], [0.5 / 3, 2.0 / 3, 2.0 / 3, np.nan])
    assert ranks.iloc[1].isna().all()


def test_relative_volume_is_not_moved_by_a_split():
    volume = pd.DataFrame({"A": [100.0] * 40 + [200.0] * 40})
    split = pd.DataFrame({"A": [1.0] * 40 + [2.0] + [1.0] * 39})
    assert relative_volume(volume, split)["A"].dropna().unique().tolist() == [1.0]
    assert relative_volume(volume)["A"].max() == 2.0


def test_volume_features_are_missing_where_volume_is():
    volume = pd.DataFrame({"A": [np.nan] * 80, "B": [0.0] * 80, "C": np.arange(1.0, 81)})
    ratio, score = relative_volume(volume), dollar_volume_score(volume * 0 + 1, volume)
    assert ratio[["A", "B"]].isna().all().all()
    assert score[["A", "B"]].isna().all().all()
    assert ratio["C"].iloc[-1] == pytest.approx(80 / np.median(np.arange(18.0, 81)))
    logs = np.log(np.arange(18.0, 81))
    assert score["C"].iloc[-1] == pytest.approx((logs[-1] - logs.mean()) / logs.std(ddof=1))
