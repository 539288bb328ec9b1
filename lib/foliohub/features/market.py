"""The market as a whole, and where a ticker stands in it.

A value of day *t* is known at the close of *t* and rests on rows up to *t* only; NaN without enough history.
"""

from __future__ import annotations

import pandas as pd


def market_returns(returns: pd.DataFrame, benchmark: pd.Series | None = None) -> pd.Series:
    """Simple return of the market per session.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns of the universe.
    benchmark : Series (n_dates,), optional
        Prices of an index; without one the market is the mean of the tickers that have a return that day.

    Examples
    --------
    >>> market_returns(pd.DataFrame({"A": [0.01, 0.02], "B": [0.03, float("nan")]})).round(4).tolist()
    [0.02, 0.02]
    """
    if benchmark is None:
        return returns.mean(axis=1)
    return (benchmark / benchmark.shift() - 1).reindex(returns.index)


def rolling_beta(returns: pd.DataFrame, market: pd.Series, window: int = 252, min_sessions: int = 126) -> pd.DataFrame:
    """Slope of a ticker's returns on the market's over the last `window` sessions.

    Examples
    --------
    >>> market = pd.Series([0.01, -0.02, 0.03])
    >>> rolling_beta(pd.DataFrame({"A": 2 * market}), market, window=3, min_sessions=3)["A"].round(4).tolist()
    [nan, nan, 2.0]
    """
    both = returns.notna().to_numpy() & market.notna().to_numpy()[:, None]
    x = pd.DataFrame(dict.fromkeys(returns.columns, market), index=returns.index).where(both)
    y = returns.where(both)

    def mean(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rolling(window, min_periods=min_sessions).mean()

    mean_x, mean_y = mean(x), mean(y)
    variance = mean(x * x) - mean_x * mean_x
    return ((mean(x * y) - mean_x * mean_y) / variance.where(variance > 1e-14)).where(both)


def cross_sectional_rank(values: pd.DataFrame) -> pd.DataFrame:
    """Where a ticker stands among those of its day, from near 0 (lowest) to near 1 (highest); 0.5 if it is alone.

    Notes
    -----
    ``(rank - 1/2) / n``, ties sharing their mean rank, over the tickers that have a value that day.

    Examples
    --------
    >>> cross_sectional_rank(pd.DataFrame({"A": [1.0], "B": [5.0], "C": [float("nan")]})).iloc[0].tolist()
    [0.25, 0.75, nan]
    """
    return values.rank(axis=1).sub(0.5).div(values.count(axis=1).where(lambda count: count > 0), axis=0)
