"""What came of forecasts: the returns over the very sessions they were made for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.types import FloatArray


def outcomes(returns: pd.DataFrame, forecasts: pd.DataFrame) -> FloatArray:
    """The cumulative simple return from each forecast's cutoff to its date.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per session.
    forecasts : DataFrame (n_forecasts, ...)
        With the columns cutoff, date and ticker.

    Returns
    -------
    ndarray (n_forecasts,)
        NaN where the outcome is not known: the date lies after the returns or is none of their sessions, the cutoff
        before them, a return between is missing, or the ticker is unknown.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=4)
    >>> returns = pd.DataFrame({"A": [0.5, 0.1, 0.1, np.nan]}, index=days)
    >>> made = pd.DataFrame({"cutoff": days[[0, 0, 2, 3]], "date": days[[1, 2, 3, 3]], "ticker": list("AAAB")})
    >>> outcomes(returns, made).round(4)
    array([0.1 , 0.21,  nan,  nan])
    """
    start = returns.index.get_indexer(pd.DatetimeIndex(forecasts["cutoff"]))
    ahead = returns.index.get_indexer(pd.DatetimeIndex(forecasts["date"]))
    column = returns.columns.get_indexer(pd.Index(forecasts["ticker"]))
    values = returns.to_numpy(np.float64)
    came = np.full(len(forecasts), np.nan)
    known = (start >= 0) & (ahead >= 0) & (column >= 0)
    # A night has many forecasts and few spans: each is multiplied out once, for all tickers.
    for first, last in {*zip(start[known], ahead[known], strict=True)}:
        rows = known & (start == first) & (ahead == last)
        came[rows] = np.prod(1 + values[first + 1 : last + 1], axis=0)[column[rows]] - 1
    return came
