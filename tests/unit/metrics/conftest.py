"""Published series the metrics are checked against."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def bacon() -> pd.DataFrame:
    """Monthly portfolio and benchmark returns of the worked examples in Bacon (2008), Practical Portfolio Performance
    Measurement and Attribution, 2nd ed., chapter 4."""
    portfolio = [0.3, 2.6, 1.1, -1.0, 1.5, 2.5, 1.6, 6.7, -1.4, 4.0, -0.5, 8.1]
    portfolio += [4.0, -3.7, -6.1, 1.7, -4.9, -2.2, 7.0, 5.8, -6.5, 2.4, -0.5, -0.9]
    benchmark = [0.2, 2.5, 1.8, -1.1, 1.4, 1.8, 1.4, 6.5, -1.5, 4.2, -0.6, 8.3]
    benchmark += [3.9, -3.8, -6.2, 1.5, -4.8, 2.1, 6.0, 5.6, -6.7, 1.9, -0.3, 0.0]
    months = pd.date_range("2000-01-31", periods=24, freq="ME")
    return pd.DataFrame({"portfolio": portfolio, "benchmark": benchmark}, index=months) / 100


@pytest.fixture
def returns() -> pd.Series:
    rng = np.random.default_rng(7)
    return pd.Series(rng.normal(0.0004, 0.012, 700), index=pd.bdate_range("2015-01-02", periods=700))


@pytest.fixture
def benchmark(returns: pd.Series) -> pd.Series:
    rng = np.random.default_rng(8)
    return 0.7 * returns + rng.normal(0.0002, 0.005, len(returns))
