"""The ARIMA forecaster and the batch behind it: choice, refusals, splitting, gaps, walking forward."""

from __future__ import annotations

import pickle
import threading

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.errors import InputError, ModelError
from foliohub.forecast import Intervals
from foliohub.forecast.arima import ArimaOrder, ArimaProcess, batch, fit_arima


def _moving_averages(n: int = 300, series: int = 4) -> pd.DataFrame:
    shocks = np.random.default_rng(0).normal(0, 0.01, (n + 1, series))
    return pd.DataFrame(shocks[1:] + 0.5 * shocks[:-1], columns=[f"S{place}" for place in range(series)])


def test_the_forecaster_sums_its_processes_forecasts(returns):
    model = forecast.get("arima", orders=[(1, 0)], intervals=Intervals(half_life=None, shape="normal"))
    frame = model.fit(returns).predict([3])
    for ticker, row in frame.set_index("ticker").iterrows():
        logs = np.log1p(returns[ticker].dropna().to_numpy())
        fitted = fit_arima(logs, orders=[(1, 0)])
        slope, mean = fitted.processes[0].ar[0], fitted.processes[0].mean
        total = 3 * mean + (logs[-1] - mean) * (slope + slope**2 + slope**3)
        variance = np.mean(fitted.innovations() ** 2) * ((1 + slope + slope**2) ** 2 + (1 + slope) ** 2 + 1)
        assert row["mean"] == pytest.approx(np.exp(total + variance / 2) - 1)
        assert row["hi_95"] == pytest.approx(np.exp(total + 1.959964 * np.sqrt(variance)) - 1, abs=1e-7)


def test_the_forecaster_takes_the_order_of_the_least_criterion_and_records_all(returns):
    table = forecast.get("arima").fit(returns).selection_
    assert len(table) == 3 * 21
    assert (table.groupby("ticker")["chosen"].sum() == 1).all()
    best = table.loc[table.groupby("ticker")["aicc"].idxmin()]
    assert best["chosen"].all()
    assert best["refined"].all()
    assert table["converged"].all()


def test_what_does_not_come_to_rest_is_passed_over_and_the_ticker_named_where_nothing_does(returns, monkeypatch):
    monkeypatch.setattr("foliohub.forecast.arima.fitting.STEPS", 0)
    table = forecast.get("arima", orders=[(0, 0), (0, 1)]).fit(returns).selection_
    assert table.groupby("q")["converged"].all()[0]
    assert (table.query("chosen")["q"] == 0).all()
    with pytest.raises(ModelError, match=r"orders \[\(0, 1\)\] came to rest on AAA up to 2017-05-19.*more orders"):
        forecast.get("arima", orders=[(0, 1)]).fit(returns)


def test_estimates_stay_stationary_and_invertible_on_what_is_neither():
    """A series that swings from day to day has its maximum at a moving average of minus one."""
    swing = np.tile([0.02, -0.02], 150) + np.random.default_rng(0).normal(0, 1e-4, 300)
    trend = np.cumsum(np.random.default_rng(1).normal(size=300))
    overdifferenced = np.diff(np.random.default_rng(2).normal(size=300))
    for values in (swing, trend, overdifferenced):
        for process in fit_arima(values, margin=1e9).fits[0].processes:
            assert np.isfinite(process.log_likelihood)
            for coefficients in (-process.ar, process.ma):
                assert (np.abs(np.roots(np.r_[1, coefficients])) < 1 + 1e-6).all()


def test_responses_are_the_cumulated_moving_average_weights():
    from statsmodels.tsa.arima_process import arma2ma

    model = ArimaProcess(ArimaOrder(2, 0, 1), np.array([0.5, -0.3, 0.4]), 0.0, 1.0, 0.0, 0.0, 9)
    weights = arma2ma([1, -0.5, 0.3], [1, 0.4], 6)
    assert model.weights(6) == pytest.approx(weights)
    assert model.responses(6) == pytest.approx(np.cumsum(weights)[::-1])


def test_a_larger_process_is_never_less_likely():
    fit = fit_arima(_moving_averages(), margin=1e9, mean="zero").fits[0]
    heights = {(one.order.p, one.order.q): one.log_likelihood for one in fit.processes}
    for (p, q), height in heights.items():
        assert height >= max(heights.get((p - 1, q), -np.inf), heights.get((p, q - 1), -np.inf)) - 1e-4


def test_how_series_are_split_and_who_fits_them_changes_no_bit():
    series = _moving_averages()
    whole = fit_arima(series, threads=2)
    halves = [fit_arima(series.iloc[:, part], threads=1) for part in (slice(0, 1), slice(1, 4))]
    apart = pd.concat([half.parameters for half in halves])
    pd.testing.assert_frame_equal(whole.parameters, apart[whole.parameters.columns], check_exact=True)


def test_a_batch_travels():
    batch = fit_arima(_moving_averages(200, 2), orders=[(0, 1)])
    there = pickle.loads(pickle.dumps(batch))
    pd.testing.assert_frame_equal(there.parameters, batch.parameters, check_exact=True)
    assert there.forecast(3)[1] == pytest.approx(batch.forecast(3)[1], rel=1e-15)


def test_going_on_from_a_fit_reaches_the_same_maximum():
    series = _moving_averages(301)
    before = fit_arima(series.iloc[:-1], orders=[(1, 1)])
    warm, cold = fit_arima(series.iloc[1:], warm=before), fit_arima(series.iloc[1:], orders=[(1, 1)])
    heights = [[process.log_likelihood for process in batch.processes] for batch in (warm, cold)]
    assert heights[0] == pytest.approx(heights[1], abs=1e-6)


def test_a_drift_is_the_mean_of_the_differences():
    steps = np.random.default_rng(1).normal(0.5, 1, 200)
    batch = fit_arima(np.cumsum(steps), orders=[(0, 0)], d=1)
    assert batch.processes[0].mean == pytest.approx(steps[1:].mean())
    ahead, variance = batch.forecast(3)
    assert ahead[:, 0] == pytest.approx(steps.sum() + steps[1:].mean() * np.arange(1, 4))
    assert variance[:, 0] == pytest.approx(steps[1:].var() * np.arange(1, 4))


def test_values_missing_at_the_end_widen_the_forecast():
    series = _moving_averages(200, 1)
    known = fit_arima(series, orders=[(0, 1)]).forecast(1)[1][0, 0]
    series.iloc[-1] = np.nan
    assert fit_arima(series, orders=[(0, 1)]).forecast(1)[1][0, 0] > known * 1.1


@pytest.mark.parametrize(
    ("values", "options", "error", "message"),
    [
        (np.ones(50), {}, ModelError, "never move"),
        (np.r_[np.inf, np.arange(50.0)], {}, ModelError, "infinite"),
        (np.arange(5.0) ** 2, {"orders": [(3, 2)]}, ModelError, "too few"),
        (np.arange(50.0) ** 2, {"orders": [(6, 0)]}, InputError, r"\(6, 0\) is no order"),
        (np.arange(50.0) ** 2, {"seasonal_orders": [(1, 0)]}, InputError, "period 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(values, options, error, message):
    with pytest.raises(error, match=message):
        fit_arima(values, **options)


class TestWalk:
    """One pass over many cutoffs."""

    ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1))

    def test_choosing_at_every_cutoff_says_what_fitting_at_each_says(self, returns):
        cutoffs = returns.index[[400, 401, 450, 590]]
        model = forecast.get("arima", window=300, orders=self.ORDERS, reselect=1)
        walked = model.walk(returns, None, cutoffs, [1, 5])
        apart = [
            forecast.get("arima", window=300, orders=self.ORDERS).fit(returns.loc[:cutoff]).predict([1, 5])
            for cutoff in cutoffs
        ]
        pd.testing.assert_frame_equal(walked, pd.concat(apart, ignore_index=True), check_exact=True)

    def test_going_on_from_the_day_before_reaches_the_likeliest_of_the_same_order(self, returns):
        """Within a thousandth of the spread of a day's returns, where the likelihood has one summit."""
        cutoffs = returns.index[400:412]
        options = {"window": 300, "orders": [(0, 1)]}
        warm = forecast.get("arima", reselect=100, **options).walk(returns, None, cutoffs, [1, 5])
        cold = forecast.get("arima", reselect=1, **options).walk(returns, None, cutoffs, [1, 5])
        figures = ["mean", "lo_80", "hi_80", "lo_95", "hi_95"]
        assert (warm[figures] - cold[figures]).abs().to_numpy().max() < 1e-3 * float(np.nanstd(returns))

    def test_another_future_changes_nothing_said_before_it(self, returns):
        cutoffs = returns.index[400:430:3]
        other = returns.copy()
        other.iloc[416:] *= -3
        model = forecast.get("arima", window=300, orders=self.ORDERS, reselect=7)
        first, second = (model.walk(frame, None, cutoffs, [1]) for frame in (returns, other))
        before = first["cutoff"] < returns.index[416]
        pd.testing.assert_frame_equal(first[before], second[before], check_exact=True)
        assert not first.equals(second)

    def test_a_late_starter_is_walked_as_it_is_fitted(self, returns):
        late = returns.copy()
        late.iloc[:290, 0] = np.nan
        model = forecast.get("arima", window=300, orders=self.ORDERS, reselect=1)
        walked = model.walk(late, None, late.index[[400, 595]], [1])
        apart = [model.fit(late.loc[:cutoff]).predict([1]) for cutoff in late.index[[400, 595]]]
        pd.testing.assert_frame_equal(walked, pd.concat(apart, ignore_index=True), check_exact=True)

    @pytest.mark.parametrize(
        ("rows", "value", "message"),
        [
            (slice(410, 411), -1.0, "lost everything"),
            (slice(410, 411), np.nan, "has no return on"),
            (slice(330, 590), 0.0, "never changed"),
        ],
    )
    def test_what_cannot_be_forecast_is_refused_at_its_cutoff_and_not_before(self, returns, rows, value, message):
        other = returns.copy()
        other.iloc[rows, 0] = value
        model = forecast.get("arima", window=200, orders=[(0, 0)])
        model.walk(other, None, other.index[[400, 409]], [1])
        with pytest.raises(ModelError, match=f"{other.columns[0]} {message}"):
            model.walk(other, None, other.index[[400, 560]], [1])

    def test_cutoffs_out_of_order_or_unknown_are_refused(self, returns):
        model = forecast.get("arima", orders=[(0, 0)])
        with pytest.raises(InputError, match="not in order"):
            model.walk(returns, None, returns.index[[410, 400]], [1])
        with pytest.raises(InputError, match="1999-01-01 is no session"):
            model.walk(returns, None, ["1999-01-01"], [1])
        with pytest.raises(InputError, match="reselect is 0"):
            forecast.get("arima", reselect=0)


def test_by_default_there_are_no_more_threads_than_cores_this_process_may_use(monkeypatch):
    monkeypatch.setattr(batch.os, "sched_getaffinity", lambda _: {3}, raising=False)
    monkeypatch.setattr(batch.os, "cpu_count", lambda: 64)
    assert batch.usable_cores() == 1
    here = threading.get_ident()
    assert batch.over_threads(lambda _: threading.get_ident(), range(4), None) == [here] * 4
    monkeypatch.delattr(batch.os, "sched_getaffinity")
    assert batch.usable_cores() == 64
