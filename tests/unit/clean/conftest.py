from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ALPHA_VANTAGE = Path(__file__).resolve().parents[4] / "shared" / "data" / "alphavantage"
VENDOR_NAMES = {"adjusted_close": "adjusted_close", "dividend_amount": "dividend", "split_coefficient": "split"}


@pytest.fixture
def make_panel() -> Callable[..., dict[str, pd.DataFrame]]:
    """Builds a one-ticker panel of ordinary bars around the closes given; fields given replace those made."""

    def build(close: list[float], **fields: list[float]) -> dict[str, pd.DataFrame]:
        closes = np.array(close, dtype=float)
        made = {
            "open": closes,
            "high": closes * 1.01,
            "low": closes * 0.99,
            "close": closes,
            "volume": np.full(len(closes), 1e6),
            "dividend": np.zeros(len(closes)),
            "split": np.ones(len(closes)),
        }
        made |= {name: np.array(values, dtype=float) for name, values in fields.items()}
        dates = pd.bdate_range("2020-01-02", periods=len(closes), name="date")
        return {name: pd.DataFrame({"AAA": values}, index=dates) for name, values in made.items()}

    return build


@pytest.fixture(scope="session")
def alpha_vantage() -> dict[str, pd.DataFrame]:
    """The 29 readable files of the shared folder as a panel."""
    if not ALPHA_VANTAGE.is_dir():
        pytest.skip("the shared market data are not here")
    bars = {
        path.stem: pd.read_csv(path, index_col="timestamp", parse_dates=True).rename(columns=VENDOR_NAMES).astype(float)
        for path in sorted(ALPHA_VANTAGE.glob("*.csv"))
        if path.stem != "BF.B"
    }
    fields = next(iter(bars.values())).columns
    return {
        field: pd.DataFrame({ticker: frame[field] for ticker, frame in bars.items()}).rename_axis("date").sort_index()
        for field in fields
    }
