"""How much is traded, against what is usual: frames (n_dates, n_tickers) in, the same shape out.

A value of day *t* is known at the close of *t* and rests on rows up to *t* only; NaN where volume is not given.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def relative_volume(volume: pd.DataFrame, split: pd.DataFrame | None = None, window: int = 63) -> pd.DataFrame:
    """Shares traded over their median of the last `window` sessions, today's included.

    Parameters
    ----------
    volume : DataFrame (n_dates, n_tickers)
        Shares as traded.
    split : DataFrame (n_dates, n_tickers), optional
        New shares per old one; counts all shares in those of the first day, so that a split is no surge.
    window : int
        Sessions; a quarter of them may be missing.

    Examples
    --------
    >>> relative_volume(pd.DataFrame({"A": [10.0, 20.0, 60.0]}), window=3)["A"].tolist()
    [nan, nan, 3.0]
    """
    shares = volume if split is None else volume / split.fillna(1.0).cumprod()
    usual = shares.rolling(window, min_periods=window - window // 4).median()
    return shares / usual.where(usual > 0)


def dollar_volume_score(close: pd.DataFrame, volume: pd.DataFrame, window: int = 63) -> pd.DataFrame:
    """Standard score of the log of the value traded among the last `window` sessions, today's included.

    Days without a trade are left out: nothing traded has no logarithm.

    Examples
    --------
    >>> price = pd.DataFrame({"A": [1.0, 1.0, 1.0]})
    >>> dollar_volume_score(price, pd.DataFrame({"A": [1.0, 10.0, 100.0]}), window=3)["A"].round(4).tolist()
    [nan, nan, 1.0]
    """
    value = close * volume
    logs = value.where(value > 0).apply(np.log)
    recent = logs.rolling(window, min_periods=window - window // 4)
    deviation = recent.std()
    return (logs - recent.mean()) / deviation.where(deviation > 1e-9)
