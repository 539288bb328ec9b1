"""What every forecaster promises: the frame's contract, refusals, repeatability."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import next_sessions
from foliohub.errors import ContractError, InputError, ModelError
from foliohub.frames import FORECAST_COLUMNS, check_forecasts
from foliohub.types import Forecaster
from tests.forecasters import ready

HORIZONS = [1, 5, 21]
every_model = pytest.mark.parametrize("model", forecast.names())


@pytest.fixture(scope="module", params=forecast.names())
def fitted(request, returns, features):
    """Each forecaster, fitted once."""
    return ready(request.param).fit(returns, features)


def test_a_frame_of_forecasts_keeps_its_contract(fitted, returns):
    frame = fitted.predict(HORIZONS)
    assert isinstance(fitted, Forecaster)
    assert tuple(check_forecasts(frame).columns) == FORECAST_COLUMNS
    assert len(frame) == 3 * len(HORIZONS)
    assert (frame["cutoff"] == returns.index[-1]).all()
    assert frame["model"].unique().tolist() == [fitted.name]
    assert frame["ticker"].tolist() == list(returns.columns) * len(HORIZONS)
    ahead = next_sessions(returns.index[-1], 21)
    assert (frame["date"] == [ahead[horizon - 1] for horizon in frame["horizon"]]).all()
    assert (frame[["mean", "lo_95"]] > -1).all(axis=None)


def test_the_same_data_give_the_same_forecasts(fitted, returns, features):
    first = fitted.predict(HORIZONS)
    again = ready(fitted.name).fit(returns.copy(), features.sample(frac=1, random_state=0)).predict(HORIZONS)
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_horizons_do_not_influence_each_other(fitted):
    alone = fitted.predict([5])
    together = fitted.predict([21, 5, 1])
    pd.testing.assert_frame_equal(alone, together[together["horizon"] == 5].reset_index(drop=True), check_exact=True)


@every_model
def test_a_window_looks_no_further_back(model, returns, features):
    windowed = ready(model, window=300).fit(returns, features).predict([1, 5])
    cut = ready(model, window=None).fit(returns.iloc[-300:], features).predict([1, 5])
    pd.testing.assert_frame_equal(windowed, cut, check_exact=True)


def test_longer_horizons_are_less_certain(fitted):
    frame = fitted.predict(HORIZONS)
    width = (frame["hi_95"] - frame["lo_95"]).to_numpy().reshape(len(HORIZONS), -1)
    assert (np.diff(width, axis=0) > 0).all()


@every_model
def test_fitting_changes_no_input(model, returns, features):
    given, known = returns.copy(), features.copy()
    ready(model).fit(given, known).predict([1])
    pd.testing.assert_frame_equal(given, returns)
    pd.testing.assert_frame_equal(known, features)


@pytest.mark.parametrize("horizons", [[], [0], [1, 1], [1.5], [True], [-1], ["5"]])
def test_senseless_horizons_are_refused(horizons, returns):
    with pytest.raises(InputError, match=r"horizon"):
        forecast.get("zero").fit(returns).predict(horizons)


def test_predicting_before_fitting_is_refused():
    with pytest.raises(InputError, match=r"not fitted.*Call fit"):
        forecast.get("mean").predict([1])


def test_a_horizon_too_long_for_the_history_is_refused(returns):
    with pytest.raises(ModelError, match=r"600 sessions.*forecast over 200.*1046"):
        forecast.get("zero").fit(returns).predict([200])


def _broken(returns, how):
    frame = returns.copy()
    how(frame)
    return frame


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda f: f.__setitem__("AAA", f["AAA"].where(f.index != f.index[400])), "AAA has no return on 2016-08-04"),
        (lambda f: f.__setitem__("BBB", f["BBB"].where(f.index != f.index[-1])), "BBB has no return on 2017-05-19"),
        (lambda f: f.__setitem__("CCC", f["CCC"].where(f.index > f.index[520])), "CCC has fewer than 100 returns"),
        (lambda f: f.__setitem__("CCC", np.nan), "CCC has fewer than 100 returns"),
        (lambda f: f.__setitem__("AAA", 0.001), "AAA never changed its return up to 2017-05-19"),
        (lambda f: f.__setitem__("BBB", f["BBB"].where(f.index != f.index[300], -1.0)), "BBB lost everything on 2016"),
    ],
)
def test_a_ticker_that_cannot_be_forecast_is_named(how, message, returns):
    with pytest.raises(ModelError, match=f"{message}.*Leave it out"):
        forecast.get("zero").fit(_broken(returns, how))


def test_frames_that_hold_no_returns_are_refused(returns):
    with pytest.raises(InputError, match="shape"):
        forecast.get("zero").fit(returns.iloc[:0])
    with pytest.raises(ContractError, match=r"-1\.5"):
        forecast.get("zero").fit(_broken(returns, lambda f: f.__setitem__("AAA", -1.5)))
    with pytest.raises(InputError, match="window is 20"):
        forecast.get("zero", window=20).fit(returns)


def test_an_unknown_name_or_parameter_is_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"no forecaster 'arma'.*zero, mean, ewma, arima, .*, lstm, garch, har"):
        forecast.get("arma")
    with pytest.raises(InputError, match=r"no parameter 'halflife'.*half_life"):
        forecast.get("ewma", halflife=3)


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        ("ewma", {"half_life": 0}, "half_life is 0"),
        ("arima", {"orders": []}, "no orders"),
        ("arima", {"orders": [(1, 0, 1)]}, r"\(1, 0, 1\) is no order"),
        ("arima", {"orders": [(9, 0)]}, r"\(9, 0\) is no order"),
        ("gradient_boosting", {"trees": 0}, "trees is 0"),
        ("gradient_boosting", {"validation": 1.0}, "validation is 1.0"),
    ],
)
def test_senseless_parameters_are_refused(model, parameters, message):
    with pytest.raises(InputError, match=message):
        forecast.get(model, **parameters)


def test_every_forecaster_bears_its_name():
    assert [forecast.get(name).name for name in forecast.names()] == list(forecast.names())
