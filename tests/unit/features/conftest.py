import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def prices() -> pd.DataFrame:
    """Random walks of four tickers; the second is listed late, the third leaves early."""
    rng = np.random.default_rng(5)
    dates = pd.bdate_range("2017-01-02", periods=420, name="date")
    values = 50 * np.exp(np.cumsum(rng.normal(0.0003, 0.015, (420, 4)), axis=0))
    frame = pd.DataFrame(values, index=dates, columns=["AAA", "BBB", "CCC", "DDD"])
    frame.iloc[:60, 1] = np.nan
    frame.iloc[380:, 2] = np.nan
    return frame
