"""Every forecaster and every allocator there is, by name."""

import pytest

from foliohub import allocate, forecast
from foliohub.clean import clean_prices
from foliohub.features import build_features
from foliohub.proofs import PERTURBATIONS, assert_no_look_ahead, of_allocator, of_forecaster, trial_panel
from tests.allocators import ready
from tests.forecasters import ready as small

SMALLER = {"gradient_boosting": {"trees": 10, "smallest_leaf": 20}}
SOME = {name: PERTURBATIONS[name] for name in ("scaled", "extreme")}


@pytest.fixture(scope="module")
def data():
    panel = trial_panel(560, 4, seed=6)
    clean = clean_prices(panel, sessions=panel["close"].index)
    returns = clean.returns().iloc[1:]
    return {"returns": returns, "features": build_features(clean).loc[returns.index[0] :]}


@pytest.mark.parametrize("name", forecast.names())
def test_no_forecaster_looks_ahead(name, data):
    forecaster = of_forecaster(small(name, **SMALLER.get(name, {})), horizons=(1, 5), window=480, every=26)
    late = data["returns"].index[[485, 510, 540]]
    report = assert_no_look_ahead(forecaster, data, cutoffs=late, perturbations=SOME, gaps=False)
    assert report.values > 50
    assert not report.skipped


@pytest.mark.parametrize("name", allocate.names())
def test_no_allocator_looks_ahead(name, data):
    expected = (lambda sample: sample.mean()) if name == "max_sharpe" else None
    allocator = of_allocator(ready(name), window=252, every=60, expected_returns=expected)
    report = assert_no_look_ahead(allocator, data["returns"], perturbations=SOME, gaps=False)
    assert report.values > 20
    assert not report.skipped
