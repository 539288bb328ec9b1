"""Our own adjusted close: what one share bought at the start has grown to, dividends reinvested.

Vendors scale prices *backward*: today's adjusted close is today's close, and each new split or dividend rewrites the
whole past. Ours runs *forward*: the first adjusted close is the first close, and each day multiplies it by

    growth[t] = (close[t] * split[t] + dividend[t]) / close[t-1]

so nothing already written ever changes, and a column cut off at any date is the column made on that date.
Only ratios of adjusted closes mean anything, and those agree with the vendors'.

References
----------
.. [1] CRSP, *Data Descriptions Guide*: total return r[t] = (p[t] f[t] + d[t]) / p[t'] - 1, with f[t] the factor that
   adjusts the price for splits and d[t] the cash paid per share held since t', the last session with a price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foliohub.clean.events import BoolArray
from foliohub.types import FloatArray


@dataclass(frozen=True)
class Bars:
    """Bars of all tickers as arrays (n_dates, n_tickers), after the rules that look at one day only.

    Parameters
    ----------
    close, high, low : ndarray
        As traded on the day; NaN for not given or set missing.
    volume : ndarray
        In shares.
    split, dividend : ndarray
        New shares per old one, and currency per old share; 1 and 0 where there is none.
    vendor_adjusted : ndarray
        The vendor's adjusted close.
    actions_given : ndarray of bool
        False where the vendor gave neither split nor dividend for the day, so that its adjusted close must do.
    """

    close: FloatArray
    high: FloatArray
    low: FloatArray
    volume: FloatArray
    split: FloatArray
    dividend: FloatArray
    vendor_adjusted: FloatArray
    actions_given: BoolArray


def session_growth(bars: Bars) -> FloatArray:
    """Growth from each session to the next of a share, splits and dividends included; NaN where either close is.

    Returns
    -------
    ndarray (n_dates, n_tickers)
        1 + simple total return; the first row is NaN. Where the vendor gives no splits and dividends, the ratio of its
        adjusted closes.

    Examples
    --------
    A two-for-one split, and a dividend of 1 on a close of 50:

    >>> column = lambda *values: np.array(values, dtype=float)[:, None]
    >>> bars = Bars(
    ...     close=column(100, 50, 49),
    ...     high=column(0, 0, 0),
    ...     low=column(0, 0, 0),
    ...     volume=column(0, 0, 0),
    ...     split=column(1, 2, 1),
    ...     dividend=column(0, 0, 1),
    ...     vendor_adjusted=column(49, 49, 49),
    ...     actions_given=np.ones((3, 1), bool),
    ... )
    >>> session_growth(bars)[1:].ravel().tolist()
    [1.0, 1.0]
    """
    growth = np.full(bars.close.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = (bars.close[1:] * bars.split[1:] + bars.dividend[1:]) / bars.close[:-1]
        vendors = bars.vendor_adjusted[1:] / bars.vendor_adjusted[:-1]
    both_priced = ~np.isnan(own)
    use_vendors = ~bars.actions_given[1:] & ~np.isnan(vendors) & both_priced
    growth[1:] = np.where(use_vendors, vendors, own)
    return growth


def forward_index(close: FloatArray, growth: FloatArray) -> FloatArray:
    """Total-return index that starts at each column's first close.

    Parameters
    ----------
    close : ndarray (n_dates, n_tickers)
        NaN before a ticker's first price.
    growth : ndarray (n_dates, n_tickers)
        Growth since the session before; 1 where the price is carried. Only rows after the first price are read.

    Returns
    -------
    ndarray (n_dates, n_tickers)
        NaN before the first price. Each value depends on rows up to its own only, bit for bit.

    Examples
    --------
    >>> close = np.array([[np.nan], [10.0], [11.0]])
    >>> forward_index(close, growth=np.array([[np.nan], [np.nan], [1.1]])).ravel().tolist()
    [nan, 10.0, 11.0]
    """
    known = ~np.isnan(close)
    begun = np.maximum.accumulate(known, axis=0)
    starts = begun & ~np.vstack([np.zeros((1, close.shape[1]), dtype=np.bool_), begun[:-1]])
    factors = np.where(starts, close, np.where(begun, growth, 1.0))
    return np.where(begun, np.cumprod(factors, axis=0), np.nan)
