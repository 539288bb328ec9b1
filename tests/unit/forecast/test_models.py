"""Each model's own promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError


def test_zero_forecasts_nothing_with_an_interval_around_it(returns):
    frame = forecast.get("zero").fit(returns).predict([1, 21])
    assert (frame["mean"] == 0).all()
    assert (frame["lo_80"] < 0).all()
    assert (frame["hi_80"] > 0).all()


def test_mean_compounds_the_historical_mean_of_the_returns_there_are(returns):
    frame = forecast.get("mean").fit(returns).predict([5])
    assert frame["mean"].to_numpy() == pytest.approx((1 + returns.mean().to_numpy()) ** 5 - 1)


def test_ewma_equals_pandas_ewm(returns):
    frame = forecast.get("ewma", half_life=30).fit(returns).predict([5])
    slow = returns.ewm(halflife=30).mean().iloc[-1].to_numpy()
    assert frame["mean"].to_numpy() == pytest.approx((1 + slow) ** 5 - 1)


def test_the_seen_volatility_sets_the_width(returns):
    calm = returns.copy()
    calm.iloc[-60:] *= 0.25
    wide = forecast.get("zero").fit(returns).predict([1])
    narrow = forecast.get("zero").fit(calm).predict([1])
    ratio = (narrow["hi_95"] - narrow["lo_95"]) / (wide["hi_95"] - wide["lo_95"])
    assert (ratio < 0.6).all()


def test_gradient_boosting_wants_features_of_every_ticker_at_the_cutoff(returns, features):
    with pytest.raises(InputError, match="needs features"):
        forecast.get("gradient_boosting").fit(returns)
    with pytest.raises(ModelError, match="BBB has no features on 2017-05-19"):
        forecast.get("gradient_boosting").fit(returns, features.drop(index=(returns.index[-1], "BBB")))
    late = features.copy()
    late[late.index.get_level_values("date") < returns.index[-1]] = np.nan
    model = forecast.get("gradient_boosting").fit(returns, late)
    with pytest.raises(ModelError, match="No feature has a value"):
        model.predict([1])


def test_gradient_boosting_finds_what_is_there_and_leaves_alone_what_is_not():
    generator = np.random.default_rng(5)
    days = sessions("2010-01-04", "2016-12-30")[:900].rename("date")
    signal = generator.normal(size=(901, 8))
    noise = generator.normal(size=(901, 8))
    tickers = [f"T{i}" for i in range(8)]
    values = 0.01 * (0.5 * signal[:-1] + noise[1:])
    returns = pd.DataFrame(values, index=days, columns=tickers)
    # What is known at the close of a day moves the next one.
    panel = pd.DataFrame(
        {
            "signal": pd.DataFrame(signal[1:], days, tickers).stack(future_stack=True),
            "noise": pd.DataFrame(generator.normal(size=(900, 8)), days, tickers).stack(future_stack=True),
        }
    ).rename_axis(["date", "ticker"])
    good = forecast.get("gradient_boosting").fit(returns, panel[["signal"]])
    means = good.predict([1])["mean"].to_numpy()
    assert good.validation_[1].skill > 0.12
    assert good.validation_[1].trees > 20
    assert np.corrcoef(means, signal[-1])[0, 1] > 0.9
    bad = forecast.get("gradient_boosting").fit(returns, panel[["noise"]])
    bad.predict([1])
    assert bad.validation_[1].skill < 0.005


def test_gradient_boosting_is_the_same_for_any_number_of_threads(returns, features):
    from threadpoolctl import threadpool_limits

    model = forecast.get("gradient_boosting", smallest_leaf=20).fit(returns, features)
    frames = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            frames.append(model.predict([1, 5]))
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_gradient_boosting_purges_training_rows_that_reach_into_the_validation(returns, features, monkeypatch):
    model = forecast.get("gradient_boosting").fit(returns, features)
    parts = []
    rows = type(model)._rows
    monkeypatch.setattr(
        type(model), "_rows", lambda self, dates, targets: parts.append(dates) or rows(self, dates, targets)
    )
    model.predict([10])
    early, late, everything = parts
    assert early.max() + 10 <= late.min()
    assert everything.max() + 10 == len(returns) - 1 == late.max() + 10
    assert np.diff(everything).min() == 2, "over ten sessions every second date is enough"
