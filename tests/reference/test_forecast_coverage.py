"""Whether intervals keep their promise on real returns: 20 stocks of the S&P 500, 1990-2022, out of sample.

The data are skfolio's `sp500_dataset`. Cutoffs lie 63 sessions or more apart, so that no two forecasts overlap.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.backtest.forecasts import evaluate_forecasters


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    folder = Path(importlib.util.find_spec("skfolio").submodule_search_locations[0])  # importing it takes seconds
    prices = pd.read_csv(folder / "datasets" / "data" / "sp500_dataset.csv.gz", index_col=0, parse_dates=True)
    return prices.pct_change().iloc[1:].rename_axis("date")


@pytest.mark.parametrize("model", ["zero", "mean", pytest.param("arima", marks=pytest.mark.slow)])
def test_intervals_hold_about_as_many_outcomes_as_they_promise(model, returns):
    step = 189 if model == "arima" else 63
    cutoffs = returns.index[1300:-22:step]
    models = [forecast.get(model)]
    board = evaluate_forecasters(returns, None, models, cutoffs, [1, 5, 10, 21]).scorecard
    assert board["coverage_80"].to_numpy() == pytest.approx(0.80, abs=0.045)
    assert board["coverage_95"].to_numpy() == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_calibrated_intervals_cover_within_two_points_of_what_they_promise(returns, horizon):
    """Normal intervals of half the right width, made every fifth session; judged after a hundred cutoffs."""
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
