"""Nothing looks ahead: every feature, forecaster and allocator there is (cleaning has a file of its own).

The lists are taken from the registries, so that whatever is added is tried too, with the variants of forecasters.
"""

from __future__ import annotations

from importlib import resources

import pandas as pd
import pytest

from foliohub import allocate, features, forecast
from foliohub.proofs import assert_no_look_ahead, of_allocator, of_forecaster, trial_panel
from tests.allocators import ready
from tests.forecasters import VARIANTS
from tests.forecasters import ready as small

TICKERS = ["AAPL", "AMD", "JPM", "KO", "RRC", "XOM"]


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    """Real closes, 2007 to 2009: with the worst days there are."""
    file = resources.files("skfolio.datasets.data") / "sp500_dataset.csv.gz"
    with resources.as_file(file) as path:
        closes = pd.read_csv(path, index_col=0, parse_dates=True)
    return closes.loc["2007-06":"2009-06", TICKERS]


@pytest.fixture(scope="module")
def returns(prices) -> pd.DataFrame:
    return prices.pct_change().iloc[1:]


@pytest.mark.parametrize("name", features.feature_names())
def test_feature(name, prices):
    panel = trial_panel()

    def build(data):
        return features.build_features(data, names=[name])

    build.__name__ = name
    report = assert_no_look_ahead(build, panel)
    assert report.values > 100


@pytest.mark.parametrize("name", [*forecast.names(), *VARIANTS])
def test_forecaster(name, returns):
    panel = features.build_features({"close": (1 + returns).cumprod()})
    function = of_forecaster(small(name), horizons=(1, 5), window=300, every=100)
    cutoffs = returns.index[[310, 450]]
    report = assert_no_look_ahead(function, {"returns": returns, "features": panel}, cutoffs=cutoffs, gaps=False)
    assert report.values > 10
    assert not report.skipped


@pytest.mark.parametrize("name", allocate.names())
def test_allocator(name, returns):
    expected = pd.DataFrame.mean if name == "max_sharpe" else None
    function = of_allocator(ready(name), window=250, every=60, expected_returns=expected)
    report = assert_no_look_ahead(function, returns, gaps=False)
    assert report.values > 10
    assert all(each.startswith("missing at ") for each in report.skipped), "missing returns alone are refused"
