import numpy as np
import pandas as pd
import pytest

from foliohub.errors import ModelError
from foliohub.proofs import find_look_ahead, of_allocator, of_forecaster, trial_panel

PANEL = trial_panel(200, 3, seed=3)
RETURNS = PANEL["adjusted_close"].pct_change().iloc[1:]


class MeanForecaster:
    """The mean so far, and what else a subclass adds."""

    name = "mean_so_far"

    def fit(self, returns, features=None):
        self.returns, self.features = returns, features
        return self

    def mean(self):
        return self.returns.mean()

    def predict(self, horizons):
        mean = self.mean()
        cutoff = self.returns.index[-1]
        key = {"cutoff": cutoff, "date": cutoff + pd.Timedelta(days=1), "model": self.name}
        parts = [{**key, "ticker": mean.index, "horizon": horizon, "mean": mean.to_numpy()} for horizon in horizons]
        return pd.concat([pd.DataFrame(part) for part in parts])


class RemembersTheLongest(MeanForecaster):
    """Keeps the longest history it ever saw: a cache without a key."""

    longest = None

    def fit(self, returns, features=None):
        if self.longest is None or len(returns) > len(self.longest):
            self.longest = returns
        return super().fit(returns, features)

    def mean(self):
        return self.longest.mean()


class ReadsAllFeatures(MeanForecaster):
    """Takes the last row of the features, whatever its date."""

    def mean(self):
        return self.features.groupby("ticker")["close"].last()


class ReadsFeaturesOfItsCutoff(MeanForecaster):
    def mean(self):
        return self.features.xs(self.returns.index[-1], level="date")["close"]


class EqualWeight:
    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        self.weights_ = np.full(X.shape[1], 1 / X.shape[1])
        return self


class LearnsOn(EqualWeight):
    """Adds every window to what it knows, in the order in which it is called."""

    seen = 0.0

    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        self.seen += X.to_numpy().sum()
        super().fit(X)
        self.weights_[0] += self.seen
        return self


class NeedsExpectedReturns(EqualWeight):
    def fit(self, X, y=None, *, previous_weights=None, expected_returns=None):
        if expected_returns is None:
            raise ModelError("no expected returns")
        self.weights_ = expected_returns.to_numpy() / expected_returns.abs().sum()
        return self


def with_features(returns):
    close = PANEL["close"].loc[returns.index]
    features = close.stack().to_frame("close").rename_axis(["date", "ticker"])
    return {"returns": returns, "features": features}


def test_forecasters_that_start_afresh_are_clean():
    report = find_look_ahead(of_forecaster(MeanForecaster(), horizons=(1, 5), window=60, every=35), RETURNS)
    assert report.clean
    assert report.name == "mean_so_far"
    assert report.values > 50


def test_forecasters_that_remember_are_caught():
    assert not find_look_ahead(of_forecaster(RemembersTheLongest(), window=60, every=35), RETURNS).clean


def test_forecasters_that_read_features_of_the_future_are_caught():
    adapted = of_forecaster(ReadsAllFeatures(), window=60, every=35)
    assert not find_look_ahead(adapted, with_features(RETURNS)).clean
    adapted = of_forecaster(ReadsFeaturesOfItsCutoff(), window=60, every=35)
    assert find_look_ahead(adapted, with_features(RETURNS), gaps=False).clean


def test_allocators_that_start_afresh_are_clean():
    report = find_look_ahead(of_allocator(EqualWeight(), window=60, every=35), RETURNS)
    assert report.clean
    assert report.name == "EqualWeight"


def test_allocators_that_learn_on_are_caught():
    assert not find_look_ahead(of_allocator(LearnsOn(), window=60, every=35), RETURNS).clean


def test_allocators_get_the_expected_returns_they_need():
    adapted = of_allocator(NeedsExpectedReturns(), window=60, every=35, expected_returns=lambda sample: sample.mean())
    weights = adapted(RETURNS)
    assert weights.index.equals(RETURNS.index[59::35])
    np.testing.assert_allclose(weights.abs().sum(axis=1), 1)
    assert find_look_ahead(adapted, RETURNS).clean


def test_an_estimator_that_never_answers_is_not_called_clean():
    with pytest.raises(ModelError, match="no expected returns"):
        find_look_ahead(of_allocator(NeedsExpectedReturns(), window=60), RETURNS)


def test_data_shorter_than_a_window_give_no_rows():
    assert of_allocator(EqualWeight(), window=60)(RETURNS.iloc[:50]).empty


def test_the_estimator_given_is_left_as_it_was():
    allocator = LearnsOn()
    of_allocator(allocator, window=60)(RETURNS)
    assert allocator.seen == 0.0
