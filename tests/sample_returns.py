"""Real returns for tests: 20 stocks of the S&P 500, 1990 to 2022, which skfolio ships as `sp500_dataset`."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pandas as pd


@cache
def sample_returns() -> pd.DataFrame:
    """Simple returns per session (8312, 20); not to be changed."""
    folder = Path(importlib.util.find_spec("skfolio").submodule_search_locations[0])  # importing it takes seconds
    prices = pd.read_csv(folder / "datasets" / "data" / "sp500_dataset.csv.gz", index_col=0, parse_dates=True)
    return prices.pct_change().iloc[1:].rename_axis("date")
