"""ARMA processes against published numbers, statsmodels' state space form, and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.forecast import ArimaForecaster, Intervals
from foliohub.forecast.arima import ArimaOrder, ArimaProcess, fit_arima


def _fit(values: np.ndarray, order: tuple[int, int]) -> ArimaProcess:
    return fit_arima(values, orders=[order]).processes[0]


@pytest.mark.parametrize(
    ("order", "criterion", "coefficients", "variance"),
    [
        ((2, 0), 213.54, [1.0441, -0.2503], 0.4789),
        ((1, 1), 212.77, [0.7446, 0.3213], 0.4750),
    ],
)
def test_lake_huron_as_brockwell_and_davis(order, criterion, coefficients, variance):
    """Brockwell and Davis (2016), examples 5.2.4 and 5.2.5: maximum likelihood of the levels of Lake Huron, 1875-1972.

    Their criterion does not count the mean, which they take from the series beforehand: ours may be a little likelier.
    """
    from statsmodels.tsa.arima.datasets.brockwell_davis_2002 import lake

    model = _fit(np.asarray(lake, dtype=float), order)
    n, k = 98, sum(order) + 1
    theirs = -2 * model.log_likelihood + 2 * k * n / (n - k - 1)
    assert criterion - 0.03 < theirs < criterion + 0.005
    assert model.coefficients == pytest.approx(coefficients, abs=0.005)
    assert model.variance == pytest.approx(variance, abs=0.001)


@pytest.mark.parametrize("order", [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (2, 1)])
def test_likelihood_is_that_of_statsmodels_state_space_form(order):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x = np.convolve(np.random.default_rng(0).normal(size=301), [1, 0.4], "valid")
    model = _fit(x, order)
    reference = SARIMAX(x - model.mean, order=(order[0], 0, order[1]))
    parameters = np.r_[model.coefficients, model.variance]
    assert model.log_likelihood == pytest.approx(reference.loglike(parameters), rel=1e-8)


@pytest.mark.parametrize("order", [(1, 0), (0, 1), (1, 1)])
def test_estimates_are_as_likely_as_the_maximum(order):
    from statsmodels.tsa.arima.estimators.innovations import innovations_mle

    shocks = np.random.default_rng(1).normal(size=1200)
    x = np.zeros(1200)
    for t in range(1, 1200):
        x[t] = 0.5 * x[t - 1] * (order[0] > 0) + shocks[t] + 0.3 * shocks[t - 1] * (order[1] > 0)
    x = x[200:] - x[200:].mean()
    best, _ = innovations_mle(x, order=(order[0], 0, order[1]), demean=False)
    from statsmodels.tsa.innovations.arma_innovations import arma_loglike

    maximum = arma_loglike(x, best.ar_params, best.ma_params, best.sigma2)
    ours = fit_arima(x, orders=[order], mean="zero").processes[0].log_likelihood
    assert maximum - 1e-6 < ours <= maximum + 1e-3


def test_forecasts_of_log_prices_are_those_of_statsmodels_arima():
    """An ARIMA(2, 1, 1) of log prices: level forecasts, and their variance by the Kalman filter."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    generator = np.random.default_rng(2)
    e = generator.normal(0, 0.01, 402)
    x = np.zeros(402)
    for t in range(2, 402):
        x[t] = 0.4 * x[t - 1] - 0.2 * x[t - 2] + e[t] + 0.3 * e[t - 1]
    model = fit_arima(x[2:], orders=[(2, 1)], mean="zero").processes[0]
    prices = np.r_[0.0, np.cumsum(x[2:])]
    reference = SARIMAX(prices, order=(2, 1, 1)).smooth(np.r_[model.coefficients, model.variance])
    prediction = reference.get_forecast(21)
    ahead = prices[-1] + np.cumsum(model.see(x[2:], 21).ahead)
    assert ahead == pytest.approx(prediction.predicted_mean, rel=1e-6)
    variances = [model.variance * np.sum(model.responses(horizon) ** 2) for horizon in range(1, 22)]
    assert variances == pytest.approx(prediction.var_pred_mean, rel=1e-6)


def test_sums_of_a_known_autoregression_spread_as_the_formula_and_a_simulation_say():
    """x[t] = 0.6 x[t-1] + e[t]: an innovation k from the end of the sum counts (1 - 0.6**k) / 0.4 times."""
    model = ArimaProcess(ArimaOrder(1, 0, 0), np.array([0.6]), 0.0, 4.0, 0.0, 0.0, 1)
    formula = 4 * sum(((1 - 0.6**k) / 0.4) ** 2 for k in range(1, 11))
    assert model.variance * np.sum(model.responses(10) ** 2) == pytest.approx(formula)
    generator = np.random.default_rng(3)
    x, sums = np.full(200_000, 1.5), np.zeros(200_000)
    for _ in range(10):
        x = 0.6 * x + generator.normal(0, 2, 200_000)
        sums += x
    assert np.var(sums) == pytest.approx(formula, rel=0.01)
    assert np.mean(sums) == pytest.approx(model.see(np.array([1.5]), 10).ahead.sum(), abs=0.05)


def test_intervals_of_the_textbook_model_cover_what_they_promise():
    """Normal innovations of constant variance: simulated futures fall inside as often as promised."""
    generator = np.random.default_rng(4)

    def paths(start, sessions, n):
        x, total, logs = np.full(n, start), np.zeros(n), []
        for _ in range(sessions):
            x = 0.3 * x + generator.normal(0, 0.01, n)
            total += x
            logs.append(x)
        return total, np.array(logs)

    _, past = paths(0.0, 2000, 1)
    days = pd.bdate_range("2010-01-04", periods=2000)
    returns = pd.DataFrame(np.expm1(past), index=days, columns=["A"])
    model = ArimaForecaster(window=None, orders=[(1, 0)], intervals=Intervals(half_life=None, shape="normal"))
    row = model.fit(returns).predict([10]).iloc[0]
    total, _ = paths(past[-1, 0], 10, 200_000)
    future = np.expm1(total)
    assert np.mean((future >= row["lo_80"]) & (future <= row["hi_80"])) == pytest.approx(0.80, abs=0.015)
    assert np.mean((future >= row["lo_95"]) & (future <= row["hi_95"])) == pytest.approx(0.95, abs=0.01)
    assert row["mean"] == pytest.approx(future.mean(), abs=0.002)
