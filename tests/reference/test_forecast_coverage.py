"""Whether intervals keep their promise on real returns: 20 stocks of the S&P 500, 1990-2022, out of sample.

The data are skfolio's `sp500_dataset`. Cutoffs lie 63 sessions or more apart, so that no two forecasts overlap.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

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
