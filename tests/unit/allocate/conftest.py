"""Returns the allocator tests share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def returns() -> pd.DataFrame:
    """Daily returns (120, 6) with a market, of unlike volatilities and positive means."""
    rng = np.random.default_rng(7)
    market = rng.normal(0.0004, 0.01, size=(120, 1))
    own = rng.normal(0.0, 1.0, size=(120, 6)) * [0.004, 0.008, 0.012, 0.016, 0.02, 0.024]
    drift = [0.0006, 0.0005, 0.0009, 0.0004, 0.0012, 0.0003]
    values = market + own
    values += drift - values.mean(axis=0)
    dates = pd.bdate_range("2019-01-02", periods=120)
    return pd.DataFrame(values, index=dates, columns=["AAPL", "JNJ", "JPM", "KO", "MSFT", "XOM"])
