import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.features import build_features, targets, training_rows


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_targets_equal_their_slow_twin(prices, horizon):
    result = targets(prices, horizon)
    expected = {}
    for ticker in prices:
        for row in range(len(prices) - horizon):
            now, then = prices[ticker].iloc[row], prices[ticker].iloc[row + horizon]
            if not np.isnan(now) and not np.isnan(then):
                expected[prices.index[row], ticker] = then / now - 1, prices.index[row + horizon]
    assert result.to_dict("index").keys() == expected.keys()
    for key, (target, known) in expected.items():
        assert result.at[key, "target"] == pytest.approx(target)
        assert result.at[key, "known_on"] == known


def test_no_row_has_a_target_that_is_not_yet_known(prices):
    result = targets(prices, 21)
    assert result["target"].notna().all()
    assert result["known_on"].max() == prices.index[-1]
    assert result.index.get_level_values("date").max() == prices.index[-22]
    assert result.xs("CCC", level="ticker").index.max() == prices.index[379 - 21]


def test_a_horizon_longer_than_the_data_gives_no_rows(prices):
    assert len(targets(prices, 1000)) == 0


def test_a_model_learns_only_from_what_was_known_at_its_cutoff(prices):
    names = ["return_1", "return_5"]
    features = build_features({"close": prices}, names=names)
    cutoff = prices.index[200]
    X, y = training_rows(features, targets(prices, 5), cutoff)
    assert X.index.equals(y.index)
    assert y.index.get_level_values("date").max() == prices.index[195]
    until = prices.loc[:cutoff]
    X_then, y_then = training_rows(build_features({"close": until}, names=names), targets(until, 5), cutoff)
    pd.testing.assert_frame_equal(X, X_then)
    pd.testing.assert_series_equal(y, y_then)


def test_a_horizon_below_one_is_refused(prices):
    with pytest.raises(InputError, match="horizon of 0"):
        targets(prices, 0)
