"""Rules about which days there are.

A wide panel has each date once and in order: the ingest that built it met duplicate and unordered dates and hands them
to cleaning as a list. The two rules stand here for frames of bars, where the question still arises.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.clean.events import BoolArray
from foliohub.types import FloatArray


def duplicate_dates(dates: pd.DatetimeIndex) -> BoolArray:
    """Rows whose date a later row holds too: of several answers for a day the last one counts.

    Examples
    --------
    >>> duplicate_dates(pd.DatetimeIndex(["2020-01-02", "2020-01-02", "2020-01-03"])).tolist()
    [True, False, False]
    """
    return np.asarray(dates.duplicated(keep="last"), dtype=np.bool_)


def unordered_dates(dates: pd.DatetimeIndex) -> BoolArray:
    """Rows dated before an earlier row: they belong further up.

    Examples
    --------
    >>> unordered_dates(pd.DatetimeIndex(["2020-01-03", "2020-01-02", "2020-01-06"])).tolist()
    [False, True, False]
    """
    if len(dates) == 0:
        return np.zeros(0, dtype=np.bool_)
    return np.asarray(dates.asi8 < np.maximum.accumulate(dates.asi8), dtype=np.bool_)


def non_sessions(dates: pd.DatetimeIndex, sessions: pd.DatetimeIndex) -> BoolArray:
    """Rows dated when the exchange did not trade: weekends, holidays, vendors' time zones.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2020-01-03", "2020-01-04"])
    >>> non_sessions(days, sessions=days[:1]).tolist()
    [False, True]
    """
    return np.asarray(~dates.isin(sessions), dtype=np.bool_)


def missing_sessions(close: FloatArray, expected: BoolArray) -> BoolArray:
    """Sessions of a ticker's life, from its first price on, without a close.

    Parameters
    ----------
    close : ndarray (n_dates, n_tickers)
        As received, one row per session; NaN for no price.
    expected : ndarray of bool (n_dates, n_tickers)
        True from a ticker's entry to its exit.

    Examples
    --------
    >>> missing_sessions(np.array([[np.nan], [5.0], [np.nan]]), np.ones((3, 1), bool)).ravel().tolist()
    [False, False, True]
    """
    known = ~np.isnan(close)
    begun = np.maximum.accumulate(known, axis=0)
    return np.asarray(expected & begun & ~known)
