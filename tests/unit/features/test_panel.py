import numpy as np
import pandas as pd
import pytest

from foliohub.clean import clean_prices
from foliohub.errors import InputError
from foliohub.features import FEATURES, build_features, feature_names, simple_returns
from foliohub.frames import check_features
from foliohub.proofs import trial_panel


@pytest.fixture(scope="module")
def panel():
    return trial_panel(320, 4, seed=2)


def test_the_catalogue_explains_every_column():
    assert len(set(feature_names())) == len(FEATURES) == 25
    assert all(feature.meaning for feature in FEATURES)


def test_there_is_a_row_per_ticker_and_session_with_a_price(panel):
    panel = {name: frame.copy() for name, frame in panel.items()}
    for frame in panel.values():
        frame.iloc[:100, 2] = np.nan
    features = build_features(panel)
    check_features(features)
    assert tuple(features.columns) == feature_names()
    assert len(features) == 320 * 4 - 100
    assert features.index.get_level_values("date").is_monotonic_increasing
    last = features.loc[panel["close"].index[-1]]
    assert last.drop("CCC").notna().all(axis=None)
    assert np.isnan(last.loc["CCC", "return_252"])


def test_columns_hold_what_the_catalogue_says(panel):
    clean = clean_prices(panel, sessions=panel["close"].index)
    features = build_features(clean)
    wide = features["return_21"].unstack("ticker")
    pd.testing.assert_frame_equal(wide, simple_returns(clean.adjusted, 21), check_freq=False, check_names=False)
    market = clean.returns().mean(axis=1)
    together = features["market_return_21"].unstack("ticker")["AAA"]
    assert together.iloc[-1] == pytest.approx((1 + market.iloc[-21:]).prod() - 1)


def test_the_benchmark_of_clean_prices_is_the_market(panel):
    clean = clean_prices(panel, sessions=panel["close"].index, benchmark="DDD")
    features = build_features(clean)
    assert "DDD" not in features.index.get_level_values("ticker")
    date = panel["close"].index[-1]
    assert features.loc[(date, "AAA"), "market_return_1"] == pytest.approx(clean.benchmark.pct_change().iloc[-1])


def test_features_without_their_fields_are_left_out_and_said_so(panel):
    closes = {"close": panel["close"], "volume": panel["volume"] * np.nan}
    features = build_features(closes)
    assert set(features.attrs["left_out"]) == set(feature_names()) - set(features.columns)
    assert features.attrs["left_out"]["volatility_parkinson"] == ["high", "low"]
    assert features.attrs["left_out"]["relative_volume"] == ["volume"]
    assert "return_1" in features


def test_names_choose_columns(panel):
    assert list(build_features(panel, names=["rsi_14", "return_1"]).columns) == ["return_1", "rsi_14"]
    with pytest.raises(InputError, match="no feature 'sharpe'"):
        build_features(panel, names=["sharpe"])
