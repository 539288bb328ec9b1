"""Whether intervals keep their promise on real returns: 20 stocks of the S&P 500, 1990-2022, out of sample.

The data are skfolio's `sp500_dataset`. Cutoffs lie 63 sessions or more apart, so that no two forecasts overlap.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.backtest.forecasts import evaluate_forecasters
from tests.sample_returns import sample_returns

MODELS = ["zero", "mean", "ewma", "har", "arima"]
"""Those that are cheap, ARIMA of four orders; `python -m benchmarks coverage` measures all."""
HORIZONS = [1, 5, 10, 21]
JUDGED = pd.Timestamp("2000-01-01")
"""Calibration learns from the forecasts before and goes on learning; two crashes, a crisis and a pandemic follow."""


@cache
def made(model: str) -> pd.DataFrame:
    """Forecasts at every 63rd session since 1994, each from a window of 1,000 as in the nightly run, and outcomes."""
    returns = sample_returns()
    cutoffs = returns.index[1000:-22:63]
    options = {"orders": [(0, 0), (1, 0), (0, 1), (1, 1)], "threads": 1} if model == "arima" else {}
    return evaluate_forecasters(
        returns, None, [forecast.get(model, **options)], cutoffs, HORIZONS, window=1000
    ).forecasts


def held(forecasts: pd.DataFrame, level: int) -> np.ndarray:
    """Share of outcomes inside the intervals, by horizon."""
    inside = forecasts["outcome"].between(forecasts[f"lo_{level}"], forecasts[f"hi_{level}"])
    return inside.groupby(forecasts["horizon"]).mean().to_numpy()


@pytest.mark.parametrize("model", MODELS)
def test_intervals_hold_about_as_many_outcomes_as_they_promise(model):
    assert held(made(model), 80) == pytest.approx(0.80, abs=0.045)
    assert held(made(model), 95) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("model", MODELS)
def test_calibrated_they_hold_within_two_points_of_it(model):
    calibrated = forecast.calibrate(made(model))
    judged = calibrated[calibrated["cutoff"] >= JUDGED]
    assert judged["cutoff"].nunique() == 91
    assert held(judged, 80) == pytest.approx(0.80, abs=0.02)
    assert held(judged, 95) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_calibrated_intervals_cover_within_two_points_of_what_they_promise(horizon):
    """Normal intervals of half the right width, made every fifth session; judged after a hundred cutoffs."""
    returns = sample_returns()
    log = np.log1p(returns)
    spread = 0.5 * np.sqrt(horizon * (log**2).ewm(halflife=23).mean())
    made = np.arange(250, len(returns) - horizon, 5)
    sums = log.cumsum()
    outcome = np.expm1(sums.iloc[made + horizon].to_numpy() - sums.iloc[made].to_numpy())
    count = returns.shape[1]
    history = pd.DataFrame(
        {
            "cutoff": np.repeat(returns.index[made], count),
            "date": np.repeat(returns.index[made + horizon], count),
            "ticker": np.tile(returns.columns, len(made)),
            "model": "timid",
            "horizon": horizon,
            "mean": 0.0,
            "outcome": outcome.ravel(),
        }
    )
    for name, z in (("lo_80", -1.2816), ("hi_80", 1.2816), ("lo_95", -1.96), ("hi_95", 1.96)):
        history[name] = np.expm1(z * spread.iloc[made].to_numpy()).ravel()
    judged = forecast.calibrate(history)[history["cutoff"] > returns.index[made[100]]]
    for level in (80, 95):
        inside = judged["outcome"].between(judged[f"lo_{level}"], judged[f"hi_{level}"]).mean()
        assert inside == pytest.approx(level / 100, abs=0.02)
    assert history["outcome"].between(history["lo_80"], history["hi_80"]).mean() < 0.6
