"""The ARIMA engine's likelihood, forecasts and standard errors against statsmodels and published numbers."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foliohub.forecast.arima import ArimaOrder, ArimaProcess, fit_arima
from foliohub.forecast.arima.differences import differenced
from foliohub.forecast.arima.fitting import fit_series

# Box, G. E. P. and Jenkins, G. M. (1976), series G: international airline passengers in thousands, 1949-1960. The same
# numbers are R's `AirPassengers` and `statsforecast.utils.AirPassengers`.
AIRLINE = np.array(
    [
        [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118],
        [115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140],
        [145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166],
        [171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194],
        [196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201],
        [204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229],
        [242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278],
        [284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306],
        [315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336],
        [340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337],
        [360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405],
        [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432],
    ],
    dtype=float,
).ravel()


@st.composite
def processes(draw, seasonal: bool, integrated: bool):
    """A process, by coefficients inside the region, and a series of some length with values missing."""
    p, q = draw(st.integers(0, 5 if not seasonal else 2)), draw(st.integers(0, 5 if not seasonal else 2))
    sp, sq = (draw(st.integers(0, 2)), draw(st.integers(0, 2))) if seasonal else (0, 0)
    d, sd = (draw(st.integers(0, 2)), draw(st.integers(0, 1)) if seasonal else 0) if integrated else (0, 0)
    order = ArimaOrder(p, d, q, sp, sd, sq, draw(st.sampled_from([4, 12])) if seasonal else 1, mean=False)
    free = draw(st.lists(st.floats(-1.5, 1.5), min_size=sum(order.sizes), max_size=sum(order.sizes)))
    seed = draw(st.integers(0, 999))
    return order, np.array(free), seed


def _process(order: ArimaOrder, free: np.ndarray) -> ArimaProcess:
    from foliohub.forecast.arima.engine.search import settled_coefficients

    coefficients = np.zeros(len(free))
    settled_coefficients(free, np.array([*order.sizes, order.period]), coefficients)
    return ArimaProcess(order, coefficients, 0.0, 1.3, np.nan, np.nan, 0)


def _reference(order: ArimaOrder, y: np.ndarray, **options):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    seasonal = (order.seasonal_p, order.seasonal_d, order.seasonal_q, order.period if order.period > 1 else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SARIMAX(y, order=(order.p, order.d, order.q), seasonal_order=seasonal, **options)
    model.ssm.tolerance = 0
    return model


def _series(order: ArimaOrder, seed: int, n: int = 120, missing: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    y = generator.normal(0.2, 1.1, n)
    for _ in range(order.d):
        y = np.cumsum(y)
    y[generator.choice(n, missing, replace=False)] = np.nan
    return y


@settings(max_examples=25, deadline=None)
@given(case=processes(seasonal=False, integrated=False), missing=st.sampled_from([0, 0, 25]))
def test_likelihood_of_any_process_is_that_of_statsmodels(case, missing):
    order, free, seed = case
    process, y = _process(order, free), _series(order, seed, missing=missing)
    reference = _reference(order, y).loglike(np.r_[process.coefficients, process.variance])
    assert process.see(y).log_likelihood == pytest.approx(reference, abs=1e-8, rel=1e-8)


@settings(max_examples=15, deadline=None)
@given(case=processes(seasonal=True, integrated=True), missing=st.sampled_from([0, 0, 12]))
def test_diffuse_likelihood_and_forecasts_are_those_of_statsmodels_with_seasons_and_differences(case, missing):
    """Statsmodels' exact diffuse likelihood counts ``log(2 pi) / 2`` for every value that differencing takes."""
    order, free, seed = case
    process, y = _process(order, free), _series(order, seed, missing=missing)
    reference = _reference(order, y, use_exact_diffuse=True)
    smoothed = reference.smooth(np.r_[process.coefficients, process.variance])
    seen = process.see(y, 15)
    taken = order.d + order.seasonal_d * order.period
    assert seen.log_likelihood - 0.5 * taken * np.log(2 * np.pi) == pytest.approx(smoothed.llf, rel=1e-8, abs=1e-7)
    ahead = smoothed.get_forecast(15)
    assert seen.ahead == pytest.approx(ahead.predicted_mean, rel=1e-6, abs=1e-6)
    assert seen.ahead_variance == pytest.approx(ahead.var_pred_mean, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(case=processes(seasonal=False, integrated=False))
def test_the_two_ways_to_the_exact_likelihood_agree(case):
    """The fast one for complete series, which is maximised, and the Kalman filter."""
    order, free, seed = case
    y = _series(order, seed, 200)
    fitted = fit_series(y, [order], warm=_process(order, free), steps=1).processes[0]
    seen = fitted.see(y, free_variance=True)
    assert seen.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-7)
    assert seen.variance == pytest.approx(fitted.variance, rel=1e-9)


def test_airline_model_of_the_textbook():
    """Box and Jenkins' ARIMA(0,1,1)(0,1,1)12 on the logs; maximum likelihood as R's and every later text's.

    Brockwell and Davis (1991) and R's `arima` documentation: theta -0.4018 (0.0896), Theta -0.5569 (0.0731),
    innovations' variance 0.001348, log-likelihood 244.70, AIC -483.40.
    """
    batch = fit_arima(
        np.log(AIRLINE), orders=[(0, 1)], seasonal_orders=[(0, 1)], seasonal_period=12, d=1, seasonal_d=1, mean="zero"
    )
    model = batch.processes[0]
    assert model.ma[0] == pytest.approx(-0.4018, abs=5e-5)
    assert model.seasonal_ma[0] == pytest.approx(-0.5569, abs=5e-5)
    assert model.variance == pytest.approx(0.001348, abs=5e-7)
    assert model.log_likelihood == pytest.approx(244.70, abs=5e-3)
    errors = batch.standard_errors().iloc[0]
    assert errors["ma_1"] == pytest.approx(0.0896, abs=2e-4)
    assert errors["seasonal_ma_1"] == pytest.approx(0.0731, abs=2e-4)


def test_differences_are_chosen_for_the_airline_series():
    batch = fit_arima(
        np.log(AIRLINE),
        orders=[(0, 0), (0, 1), (1, 0), (1, 1)],
        seasonal_orders=[(0, 0), (0, 1)],
        seasonal_period=12,
        d="kpss",
        seasonal_d=None,
        mean="choose",
    )
    assert str(batch.processes[0].order) == "ARIMA(0,1,1)(0,1,1)[12]"


def test_missing_airline_months_are_estimated_around():
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    y = np.log(AIRLINE)
    y[[5, 20, 21, 60, 143]] = np.nan
    model = fit_arima(
        y, orders=[(0, 1)], seasonal_orders=[(0, 1)], seasonal_period=12, d=1, seasonal_d=1, mean="zero"
    ).processes[0]
    reference = SARIMAX(y, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12), use_exact_diffuse=True)
    best = reference.fit(disp=0).llf + 6.5 * np.log(2 * np.pi)
    assert best - 1e-3 < model.log_likelihood < best + 1e-2
    assert model.values == 126


@pytest.mark.parametrize("orders", [(1, 0), (0, 1), (1, 1), (2, 1)])
def test_estimates_and_errors_are_those_of_statsmodels(orders):
    from statsmodels.tsa.arima.model import ARIMA

    y = np.convolve(np.random.default_rng(3).normal(0, 0.01, 601), [1, 0.5], "valid") + 0.001
    batch = fit_arima(y, orders=[orders])
    model = batch.processes[0]
    reference = ARIMA(y * 100, order=(orders[0], 0, orders[1]), trend="c").fit(cov_type="approx")
    assert model.log_likelihood == pytest.approx(reference.llf + 600 * np.log(100), abs=1e-3)
    assert np.r_[model.mean * 100, model.coefficients] == pytest.approx(reference.params[:-1], abs=0.01)
    errors = batch.standard_errors().iloc[0]
    theirs = np.r_[reference.bse[1:-1], reference.bse[0] / 100]
    assert errors.to_numpy() == pytest.approx(theirs, rel=0.05)
    outer = batch.standard_errors("opg").iloc[0]
    assert outer.to_numpy() == pytest.approx(theirs, rel=0.35)


def test_unit_root_statistics_are_those_of_statsmodels():
    from statsmodels.tsa.stattools import adfuller, kpss

    from foliohub.forecast.arima.differences import adf_statistic, kpss_statistic

    generator = np.random.default_rng(0)
    y = np.column_stack([generator.normal(size=300), 1000 + np.cumsum(generator.normal(size=300))])
    for lags in (0, 3, 8):
        ours = kpss_statistic(y, lags), adf_statistic(y, lags)
        for column in range(2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = kpss(y[:, column], "c", nlags=lags)[0]
            assert ours[0][column] == pytest.approx(theirs, rel=1e-8)
            unit_root = adfuller(y[:, column], maxlag=lags, autolag=None)[0]
            assert ours[1][column] == pytest.approx(unit_root, rel=1e-6)


def test_differencing_takes_a_trend_and_a_season_away():
    t = np.arange(60.0)
    y = (3 * t + np.tile([5.0, -1.0, 2.0, 0.0], 15))[:, None]
    assert differenced(y, 1, 1, 4) == pytest.approx(np.zeros((55, 1)), abs=1e-9)
