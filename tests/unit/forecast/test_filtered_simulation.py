"""Filtered historical simulation: its walk against fits one by one, and that it knows nothing of what comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError
from foliohub.forecast.garch import fit_garch

WINDOW = 300


@pytest.fixture(scope="module")
def returns() -> pd.Series:
    generator = np.random.default_rng(8)
    days = sessions("2010-01-04", "2013-12-31")[:420].rename("date")
    values, variance = np.empty(420), 1e-4
    for day, shock in enumerate(generator.standard_t(6, 420) / np.sqrt(1.5)):
        values[day] = 4e-4 + np.sqrt(variance) * shock
        variance = 4e-6 + (0.05 + 0.08 * (values[day] < 4e-4)) * (values[day] - 4e-4) ** 2 + 0.87 * variance
    return pd.Series(values, index=days)


def test_a_process_follows_later_returns_as_it_did_those_it_was_fitted_to(returns):
    process = fit_garch(returns.to_numpy(), asymmetric=True)
    half = process.next_variance[:200]
    early = type(process)(*[getattr(process, name) for name in process.__slots__][:5], half, 0.0, True)
    assert early.follow(returns.to_numpy()[200:]) == pytest.approx(process.next_variance[200:], rel=1e-9)


def test_value_at_risk_is_the_quantile_of_past_shocks_at_the_volatility_to_come(returns):
    past = returns.to_numpy()
    centre = past.mean()
    process = fit_garch(past - centre, asymmetric=True)
    shocks = [(past[day] - centre) / process.next_variance[day - 1] ** 0.5 for day in range(1, len(past))]
    worst = sorted(-np.array(shocks))[int(np.ceil(0.95 * len(shocks))) - 1]
    expected = worst * process.next_variance[-1] ** 0.5 - centre
    assert forecast.filtered_value_at_risk(returns, 0.95) == pytest.approx(expected, rel=1e-12)


def test_it_rises_with_the_market_where_plain_simulation_cannot(returns):
    wild = returns.copy()
    wild.iloc[-5:] = [-0.04, 0.03, -0.05, 0.04, -0.05]
    assert forecast.filtered_value_at_risk(wild) > 2 * forecast.filtered_value_at_risk(returns)


def test_the_walk_says_what_a_fit_of_each_window_says(returns):
    walked = forecast.walk_filtered_value_at_risk(returns.iloc[:304], 0.95, window=WINDOW, refit=1)
    alone = [forecast.filtered_value_at_risk(returns.iloc[end - WINDOW : end], 0.95) for end in range(WINDOW, 305)]
    assert walked.to_numpy() == pytest.approx(np.array(alone), rel=1e-9)
    assert walked.index.equals(returns.index[WINDOW - 1 : 304])


def test_between_fits_the_parameters_stay_and_the_variance_moves(returns):
    walked = forecast.walk_filtered_value_at_risk(returns, 0.95, window=WINDOW, refit=50)
    assert len(walked) == len(returns) - WINDOW + 1
    at_fit = forecast.filtered_value_at_risk(returns.iloc[50 : 50 + WINDOW], 0.95)
    assert walked.iloc[50] == pytest.approx(at_fit, rel=1e-9)
    assert walked.iloc[51:99].std() > 0


@pytest.mark.parametrize("cut", [WINDOW + 3, WINDOW + 50, WINDOW + 90])
def test_no_later_return_changes_what_was_said(returns, cut):
    later = returns.copy()
    later.iloc[cut:] *= -7
    before, after = (
        forecast.walk_filtered_value_at_risk(one, 0.95, window=WINDOW, refit=50).iloc[: cut - WINDOW + 1]
        for one in (returns, later)
    )
    pd.testing.assert_series_equal(before, after, check_exact=True)


def test_what_cannot_be_fitted_is_named(returns):
    with pytest.raises(ModelError, match="249 sessions are too few for GARCH"):
        forecast.filtered_value_at_risk(returns.iloc[:249])
    with pytest.raises(ModelError, match="no return differs"):
        forecast.filtered_value_at_risk(returns * 0)
    with pytest.raises(InputError, match="holds nan"):
        forecast.filtered_value_at_risk(returns.where(returns.index != returns.index[7]))
    for wrong in ({"window": 100}, {"refit": 0}):
        with pytest.raises(InputError, match=f"{next(iter(wrong))} is"):
            forecast.walk_filtered_value_at_risk(returns, **wrong)
