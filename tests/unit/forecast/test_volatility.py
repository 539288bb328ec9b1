"""GARCH and HAR: their variances ahead against slow twins, and what they are for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.calendars import sessions
from foliohub.errors import InputError, ModelError
from foliohub.forecast.garch import fit_garch

OMEGA, ALPHA, GAMMA, BETA = 4e-6, 0.04, 0.08, 0.88


def _simulated(n: int, seed: int) -> np.ndarray:
    """GJR-GARCH innovations with Student's t of 6 degrees of freedom."""
    generator = np.random.default_rng(seed)
    shocks = generator.standard_t(6, n) / np.sqrt(6 / 4)
    values, variance = np.empty(n), OMEGA / (1 - ALPHA - GAMMA / 2 - BETA)
    for day in range(n):
        values[day] = np.sqrt(variance) * shocks[day]
        variance = OMEGA + (ALPHA + GAMMA * (values[day] < 0)) * values[day] ** 2 + BETA * variance
    return values


def test_garch_finds_the_parameters_that_made_the_returns():
    fit = fit_garch(_simulated(6_000, 3), asymmetric=True)
    assert fit.converged
    assert (fit.alpha, fit.gamma, fit.beta) == pytest.approx((ALPHA, GAMMA, BETA), abs=0.03)
    assert fit.omega == pytest.approx(OMEGA, rel=0.3)
    assert fit.degrees_of_freedom == pytest.approx(6, abs=1)


def test_garch_knows_each_variance_at_the_close_before():
    values = _simulated(600, 4)
    fit = fit_garch(values, asymmetric=True)
    slow = fit.next_variance.copy()
    for day in range(1, 600):
        impact = fit.alpha + fit.gamma * (values[day] < 0)
        slow[day] = fit.omega + impact * values[day] ** 2 + fit.beta * slow[day - 1]
    assert fit.next_variance == pytest.approx(slow, rel=1e-9)


def test_garch_term_structure_is_that_of_arch():
    from arch.univariate import GARCH, StudentsT, ZeroMean

    values = _simulated(800, 5)
    fit = fit_garch(values, asymmetric=True)
    model = ZeroMean(values * 100, rescale=False)
    model.volatility, model.distribution = GARCH(p=1, o=1, q=1), StudentsT()
    fixed = model.fix([fit.omega * 1e4, fit.alpha, fit.gamma, fit.beta, fit.degrees_of_freedom])
    theirs = fixed.forecast(horizon=21, reindex=False).variance.to_numpy()[-1].cumsum() / 1e4
    # The two start the recursion from variances of their own, which is forgotten over 800 sessions.
    for horizon in (1, 5, 21):
        assert fit.ahead(horizon)[-1] == pytest.approx(theirs[horizon - 1], rel=1e-6)


@pytest.fixture(scope="module")
def market() -> pd.DataFrame:
    days = sessions("2010-01-04", "2014-12-31")[:1000].rename("date")
    values = np.column_stack([_simulated(1000, seed) * (1 + seed / 10) for seed in range(6)])
    return pd.DataFrame(values, index=days, columns=[f"T{number}" for number in range(6)])


@pytest.mark.parametrize("model", ["garch", "har"])
def test_intervals_follow_the_spread_and_the_mean_says_nothing(model, market):
    calm = market.copy()
    calm.iloc[-70:] *= 0.3
    wide, narrow = (forecast.get(model).fit(returns).predict([1, 10]) for returns in (market, calm))
    assert (wide["mean"] == 0).all()
    assert ((narrow["hi_95"] - narrow["lo_95"]) < 0.85 * (wide["hi_95"] - wide["lo_95"])).all()


def test_volatility_is_that_of_the_intervals(market):
    model = forecast.get("garch").fit(market)
    one, ten = model.volatility(1), model.volatility(10)
    assert one.index.tolist() == market.columns.tolist()
    assert (ten / one).between(2, 5).all()
    with pytest.raises(InputError, match="garch is not fitted"):
        forecast.get("garch").volatility(1)


def test_published_intervals_tell_the_volatilities_they_were_made_from(market):
    model = forecast.get("garch", intervals=forecast.Intervals(shape="normal")).fit(market)
    told = forecast.interval_volatility(model.predict([5]))
    pd.testing.assert_series_equal(told, model.volatility(5), check_names=False, rtol=1e-6)
    shaped = forecast.interval_volatility(forecast.get("garch").fit(market).predict([5]))
    assert (shaped / told).to_numpy() == pytest.approx((shaped / told).iloc[0])


def test_har_weighs_past_variances_by_least_squares_that_are_never_negative(market):
    model = forecast.get("har").fit(market)
    model.predict([5])
    weights = model.parameters_.loc[5].to_numpy()
    assert (weights >= 0).all()
    squares = pd.DataFrame((np.log1p(market) - np.log1p(market).mean()) ** 2)
    past = [squares.rolling(width).mean() for width in (1, 5, 22, 66)]
    last = sum(weight * term.iloc[-1] for weight, term in zip(weights[1:], past, strict=True))
    assert model.volatility(5).to_numpy() ** 2 == pytest.approx(5 * (weights[0] * squares.mean() + last).to_numpy())


def test_har_refuses_a_horizon_too_long_for_its_history(market):
    with pytest.raises(ModelError, match=r"250 sessions of history.*over 60"):
        forecast.get("har").fit(market.iloc[-250:]).predict([60])


def test_garch_names_the_ticker_that_no_process_fits(market, monkeypatch):
    def none_fits(*args, **kwargs):
        raise ModelError("No GARCH process fits.", remedy="Leave the ticker out.")

    monkeypatch.setattr("foliohub.forecast.garch.fit_garch", none_fits)
    with pytest.raises(ModelError, match=r"No GARCH process fits T0 up to 20.*Leave the ticker out"):
        forecast.get("garch").fit(market)


def test_a_covariance_takes_the_volatilities_given_and_keeps_its_correlations(market):
    covariance = market.cov()
    volatility = forecast.get("garch").fit(market).volatility(1)
    scaled = forecast.conditional_covariance(covariance, volatility.sample(frac=1, random_state=0))
    assert np.sqrt(np.diag(scaled)) == pytest.approx(volatility.to_numpy())
    ours, theirs = (one / np.sqrt(np.outer(np.diag(one), np.diag(one))) for one in (scaled, covariance))
    pd.testing.assert_frame_equal(ours, theirs)
    with pytest.raises(InputError, match="T5 has no volatility"):
        forecast.conditional_covariance(covariance, volatility.drop("T5"))
