"""Returns with clustered volatility and heavy tails, and features that know a little of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.calendars import sessions


@pytest.fixture(scope="session")
def returns() -> pd.DataFrame:
    """Simple returns of three tickers over 600 sessions; the last one enters after 250."""
    generator = np.random.default_rng(11)
    days = sessions("2015-01-02", "2018-12-31")[:600].rename("date")
    volatility = 0.012 * np.exp(np.cumsum(generator.normal(0, 0.05, 600)) * 0.3)
    values = 0.0004 + volatility[:, None] * generator.standard_t(5, (600, 3))
    frame = pd.DataFrame(values, index=days, columns=["AAA", "BBB", "CCC"])
    frame.iloc[:250, 2] = np.nan
    return frame


@pytest.fixture(scope="session")
def features(returns: pd.DataFrame) -> pd.DataFrame:
    """Returns of the session and the month before, and a column without any value."""
    wide = {
        "return_1": returns,
        "return_21": returns.rolling(21).sum(),
        "silent": returns * np.nan,
    }
    panel = pd.DataFrame({name: frame.stack(future_stack=True) for name, frame in wide.items()})
    return panel.rename_axis(["date", "ticker"])
