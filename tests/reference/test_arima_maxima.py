"""The maxima the ARIMA engine reaches are no lower than statsmodels' and statsforecast's."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub.forecast.arima import fit_arima
from foliohub.forecast.arima.fitting import fit_series

TOLERANCE = 1e-3  # of log-likelihood


def _returns() -> pd.DataFrame:
    """Log returns of 20 stocks of the S&P 500, 1990-2022: skfolio's `sp500_dataset`."""
    folder = Path(importlib.util.find_spec("skfolio").submodule_search_locations[0])  # importing it takes seconds
    prices = pd.read_csv(folder / "datasets" / "data" / "sp500_dataset.csv.gz", index_col=0, parse_dates=True)
    return np.log(prices).diff().iloc[1:]


def _seasonal(seed: int) -> np.ndarray:
    """A monthly series of the length and make of the M3 competition's: level, trend, season, noise, in logs."""
    generator = np.random.default_rng(seed)
    months = np.arange(int(generator.integers(72, 145)))
    level = np.cumsum(generator.normal(0.003, generator.uniform(0.005, 0.05), len(months)))
    season = np.tile(generator.normal(0, 0.15, 12), 13)[: len(months)]
    return 8 + level + season + generator.normal(0, generator.uniform(0.01, 0.06), len(months))


def test_where_the_best_orders_come_to_no_rest_the_best_that_does_is_chosen():
    """On Microsoft's returns up to June 2018 the highest summits lie at the edge of what is invertible."""
    fit = fit_arima(_returns().loc[:"2018-06-01", "MSFT"].iloc[-1000:]).fits[0]
    at_rest = [one.aicc for one in fit.processes if one.converged]
    assert not all(one.converged for one in fit.processes)
    assert fit.best.aicc == min(at_rest)


@pytest.mark.parametrize("order", [(1, 0), (1, 1), (2, 1), (2, 2)])
def test_on_returns_no_lower_than_statsforecast(order):
    from statsforecast.arima import arima

    logs = _returns()
    starts = range(0, 7000, 1000)
    series = [logs.iloc[start : start + 1000, place].to_numpy() for place, start in enumerate(starts)]
    for y in series:
        ours = fit_arima(y, orders=[order]).processes[0].log_likelihood
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = arima(y, order=(order[0], 0, order[1]), include_mean=True, method="CSS-ML")["loglik"]
        assert ours > theirs - TOLERANCE


@pytest.mark.slow
def test_on_returns_no_lower_than_statsmodels():
    from statsmodels.tsa.arima.model import ARIMA

    logs = _returns()
    for start, order in ((0, (1, 1)), (3000, (2, 1)), (6000, (0, 2))):
        y = logs.iloc[start : start + 1000, 3].to_numpy()
        ours = fit_arima(y, orders=[order]).processes[0].log_likelihood
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = ARIMA(100 * y, order=(order[0], 0, order[1]), trend="c").fit().llf + 1000 * np.log(100)
        assert ours > theirs - TOLERANCE


@pytest.mark.parametrize(("order", "seasonal"), [((0, 1), (0, 1)), ((1, 0), (0, 1)), ((1, 1), (1, 0))])
def test_on_seasonal_series_no_lower_than_statsforecast(order, seasonal):
    from statsforecast.arima import arima

    for seed in range(6):
        y = _seasonal(seed)
        ours = fit_arima(
            y, orders=[order], seasonal_orders=[seasonal], seasonal_period=12, d=1, seasonal_d=1, mean="zero"
        ).processes[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = arima(
                y,
                order=(order[0], 1, order[1]),
                seasonal={"order": (seasonal[0], 1, seasonal[1]), "period": 12},
                method="CSS-ML",
            )["loglik"]
        # Their diffuse start has a variance of a million, not an infinite one.
        assert ours.log_likelihood > theirs - 2e-3


def test_going_on_from_a_root_on_the_unit_circle_starts_where_it_was():
    """On Apple's returns, as on most, the likeliest (2, 2) is hardly invertible: further in it is far less likely."""
    y = _returns()["AAPL"].iloc[5500:6500].to_numpy()
    found = fit_arima(y, orders=[(2, 2)]).processes[0]
    assert found.ma[1] > 0.9999
    start = fit_series(y, [found.order], warm=found, steps=0).processes[0]
    assert start.log_likelihood > found.log_likelihood - TOLERANCE
