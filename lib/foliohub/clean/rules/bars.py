"""Rules that need one day's bar and nothing else: all take and give arrays (n_dates, n_tickers).

What is NaN is not given, and no rule here speaks about it.
"""

from __future__ import annotations

import numpy as np

from foliohub.clean.events import BoolArray
from foliohub.types import FloatArray


def non_positive_price(price: FloatArray) -> BoolArray:
    """Prices of zero, below, or without end: no share trades there.

    Examples
    --------
    >>> non_positive_price(np.array([[0.0, -1.0, np.inf, 5.0, np.nan]])).tolist()
    [[True, True, True, False, False]]
    """
    return np.asarray(~np.isnan(price) & ~((price > 0) & np.isfinite(price)))


def high_below_low(high: FloatArray, low: FloatArray) -> BoolArray:
    """Days whose high lies below their low.

    Examples
    --------
    >>> high_below_low(np.array([[9.0, 10.0]]), np.array([[10.0, 10.0]])).tolist()
    [[True, False]]
    """
    return np.asarray(high < low)


def outside_range(price: FloatArray, high: FloatArray, low: FloatArray, tolerance: float = 0.0) -> BoolArray:
    """A close (or an open) that the day's own high and low leave out.

    Parameters
    ----------
    price, high, low : ndarray (n_dates, n_tickers)
        In currency per share.
    tolerance : float
        How far outside is still inside, as a fraction of the price (`Thresholds.range_tolerance`). On top of it a
        millionth is rounding of binary fractions and never counts.

    Examples
    --------
    >>> close = np.array([[9.95, 9.0]])
    >>> outside_range(close, high=np.full((1, 2), 11.0), low=np.full((1, 2), 10.0), tolerance=0.01).tolist()
    [[False, True]]
    """
    margin = np.abs(price) * (tolerance + 1e-6)
    return np.asarray((price > high + margin) | (price < low - margin))


def zero_volume(volume: FloatArray, close: FloatArray) -> BoolArray:
    """Days with a close though no share was traded: the vendor filled in a quote or the day before.

    Examples
    --------
    >>> zero_volume(np.array([[0.0, 0.0, 5.0]]), np.array([[1.0, np.nan, 1.0]])).tolist()
    [[True, False, False]]
    """
    return np.asarray((volume == 0) & ~np.isnan(close))


def invalid_volume(volume: FloatArray) -> BoolArray:
    """Volumes below zero or without end.

    Examples
    --------
    >>> invalid_volume(np.array([[-1.0, np.inf, 0.0]])).tolist()
    [[True, True, False]]
    """
    return np.asarray((volume < 0) | np.isinf(volume))


def missing_volume(volume: FloatArray, close: FloatArray) -> BoolArray:
    """Days with a close and no volume, in a ticker whose volume the vendor has given before.

    Examples
    --------
    >>> volume = np.array([[np.nan], [5.0], [np.nan]])
    >>> missing_volume(volume, np.ones((3, 1))).ravel().tolist()
    [False, False, True]
    """
    known = ~np.isnan(volume)
    return np.asarray(~known & np.maximum.accumulate(known, axis=0) & ~np.isnan(close))


def invalid_split(split: FloatArray) -> BoolArray:
    """Split ratios that are not positive and finite.

    Examples
    --------
    >>> invalid_split(np.array([[0.0, 2.0, np.nan]])).tolist()
    [[True, False, False]]
    """
    return non_positive_price(split)


def invalid_dividend(dividend: FloatArray) -> BoolArray:
    """Dividends below zero or without end.

    Examples
    --------
    >>> invalid_dividend(np.array([[-0.1, 0.0, np.inf]])).tolist()
    [[True, False, True]]
    """
    return np.asarray((dividend < 0) | np.isinf(dividend))
