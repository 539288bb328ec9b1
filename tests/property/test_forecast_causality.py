"""No forecast looks ahead: whatever happens after the cutoff changes nothing said at it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foliohub import forecast
from foliohub.backtest.forecasts import evaluate_forecasters
from foliohub.calendars import sessions
from tests.forecasters import VARIANTS, ready

MODELS = (*forecast.names(), *VARIANTS)
HORIZONS = [1, 5, 10]
N = 400


def _market() -> tuple[pd.DataFrame, pd.DataFrame]:
    generator = np.random.default_rng(21)
    days = sessions("2012-01-03", "2015-12-31")[:N].rename("date")
    values = generator.standard_t(5, (N, 3)) * [0.01, 0.015, 0.02]
    values[:120, 2] = np.nan
    returns = pd.DataFrame(values, index=days, columns=["AAA", "BBB", "CCC"])
    return returns, _features(returns)


def _features(returns: pd.DataFrame) -> pd.DataFrame:
    wide = {"return_1": returns, "return_5": returns.rolling(5).sum()}
    panel = pd.DataFrame({name: frame.stack(future_stack=True) for name, frame in wide.items()})
    return panel.rename_axis(["date", "ticker"])


RETURNS, FEATURES = _market()

futures = st.sampled_from(
    [
        lambda later: later * 0.0,
        lambda later: later * -3.0,
        lambda later: later * np.nan,
        lambda later: later + 0.5,
        lambda later: later.iloc[:0],
    ]
)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=4, deadline=None)
@given(position=st.integers(300, N - 2), future=futures)
def test_another_future_changes_no_forecast_at_the_cutoff(model, position, future):
    known, later = RETURNS.iloc[: position + 1], RETURNS.iloc[position + 1 :]
    other = pd.concat([known, future(later)]).clip(lower=-0.9)
    cutoff = [RETURNS.index[position]]
    said = [
        evaluate_forecasters(returns, _features(returns), [ready(model)], cutoff, HORIZONS, minimum_history=150)
        for returns in (RETURNS, other)
    ]
    first, second = (one.forecasts.drop(columns="outcome") for one in said)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=3, deadline=None)
@given(position=st.integers(300, N - 2), factor=st.sampled_from([-7.0, 0.0, np.nan]))
def test_features_after_the_cutoff_are_not_looked_at(model, position, factor):
    known = RETURNS.iloc[: position + 1]
    other = FEATURES.copy()
    other[other.index.get_level_values("date") > known.index[-1]] *= factor
    first, second = (ready(model).fit(known, features).predict(HORIZONS) for features in (FEATURES, other))
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@settings(max_examples=4, deadline=None)
@given(last=st.integers(0, 5), future=futures)
def test_an_arima_walk_says_at_a_cutoff_what_it_says_when_nothing_follows(last, future):
    cutoffs = RETURNS.index[300::16]
    known = RETURNS.loc[: cutoffs[last]]
    other = pd.concat([known, future(RETURNS.loc[cutoffs[last] :].iloc[1:])]).clip(lower=-0.9).fillna(0.0)
    other.iloc[:120, 2] = np.nan
    asked = forecast.get("arima", window=250)
    walked = asked.walk(other, None, [day for day in cutoffs if day in other.index], HORIZONS)
    alone = asked.walk(known, None, cutoffs[: last + 1], HORIZONS)
    first = walked[walked["cutoff"] <= cutoffs[last]]
    pd.testing.assert_frame_equal(first, alone, check_exact=True)


@pytest.mark.parametrize("model", MODELS)
def test_the_property_can_fail(model):
    """Changing the last known return does change the forecasts: the comparison above is not blind."""
    other = RETURNS.copy()
    other.iloc[-1] *= -4
    first, second = (ready(model).fit(r, _features(r)).predict(HORIZONS) for r in (RETURNS, other))
    assert not first.equals(second)
