"""Each model's own promises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError
from foliohub.forecast import Intervals
from foliohub.forecast.arma import Arma, fit_arma


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


def test_arima_sums_its_processes_forecasts(returns):
    model = forecast.get("arima", orders=[(1, 0)], intervals=Intervals(half_life=None, shape="normal"))
    frame = model.fit(returns).predict([3])
    for ticker, row in frame.set_index("ticker").iterrows():
        logs = np.log1p(returns[ticker].dropna().to_numpy())
        x = logs - logs.mean()
        slope = (x[1:] @ x[:-1]) / (x[:-1] @ x[:-1])
        total = 3 * logs.mean() + x[-1] * (slope + slope**2 + slope**3)
        errors = fit_arma(logs, (1, 0)).innovations
        variance = np.mean(errors**2) * ((1 + slope + slope**2) ** 2 + (1 + slope) ** 2 + 1)
        assert row["mean"] == pytest.approx(np.exp(total + variance / 2) - 1)
        assert row["hi_95"] == pytest.approx(np.exp(total + 1.959964 * np.sqrt(variance)) - 1, abs=1e-7)


def test_arima_takes_the_order_of_the_least_criterion_and_records_all(returns):
    model = forecast.get("arima").fit(returns)
    table = model.selection_
    assert len(table) == 3 * 5
    assert (table.groupby("ticker")["chosen"].sum() == 1).all()
    best = table.loc[table.groupby("ticker")["aicc"].idxmin()]
    assert best["chosen"].all()
    assert table["converged"].all()


def test_arima_passes_over_what_does_not_converge_and_names_the_ticker_where_nothing_does(returns, monkeypatch):
    monkeypatch.setattr("foliohub.forecast.arma._STEPS", 0)
    table = forecast.get("arima", orders=[(0, 0), (0, 1)]).fit(returns).selection_
    assert table.groupby("q")["converged"].all().to_dict() == {0: True, 1: False}
    assert (table.query("chosen")["q"] == 0).all()
    with pytest.raises(ModelError, match=r"orders \[\(0, 1\)\] came to rest on AAA up to 2017-05-19.*more orders"):
        forecast.get("arima", orders=[(0, 1)]).fit(returns)


def test_arma_estimates_stay_stationary_and_invertible_on_what_is_neither():
    """A series that swings from day to day has its least squares at a moving average of minus one."""
    swing = np.tile([0.02, -0.02], 150) + np.random.default_rng(0).normal(0, 1e-4, 300)
    trend = np.cumsum(np.random.default_rng(1).normal(size=300))
    for values in (swing, trend):
        for order in ((1, 0), (0, 1), (1, 1), (2, 1)):
            model = fit_arma(values, order)
            assert np.isfinite(model.log_likelihood)
            for coefficients in (-model.ar, model.ma):
                assert (np.abs(np.roots(np.r_[1, coefficients])) < 1).all()


def test_arma_responses_are_the_cumulated_moving_average_weights():
    from statsmodels.tsa.arima_process import arma2ma

    model = Arma(0.0, 1.0, 0.0, np.zeros(9), np.zeros(9), ar=np.array([0.5, -0.3]), ma=np.array([0.4]))
    weights = arma2ma([1, -0.5, 0.3], [1, 0.4], 6)
    assert model.responses(6) == pytest.approx(np.cumsum(weights)[::-1])


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
