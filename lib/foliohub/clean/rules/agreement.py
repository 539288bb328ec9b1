"""The rule that compares our adjusted close with the vendor's."""

from __future__ import annotations

import numpy as np

from foliohub.clean.events import BoolArray
from foliohub.types import FloatArray


def last_known(values: FloatArray) -> FloatArray:
    """For each row the newest value of the rows before it; NaN where there is none.

    Examples
    --------
    >>> last_known(np.array([[1.0], [np.nan], [3.0]])).ravel().tolist()
    [nan, 1.0, 1.0]
    """
    known = ~np.isnan(values)
    rows = np.where(known, np.arange(len(values))[:, None], 0)
    newest = np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)
    return np.vstack([np.full((1, values.shape[1]), np.nan), newest[:-1]])


def convention_gap(close: FloatArray, split: FloatArray, dividend: FloatArray) -> FloatArray:
    """Log return by which the two customary ways to adjust for a dividend differ.

    Ours, and Alpha Vantage's, adds it: (p s + d) / p'. Others divide it out of the price before: p s / (p' - d).
    They agree unless the price moves on the day of a large dividend.

    Examples
    --------
    >>> close = np.array([[24.06], [20.77]])
    >>> gap = convention_gap(close, split=np.ones((2, 1)), dividend=np.array([[0.0], [6.0]]))
    >>> round(float(gap[1, 0]), 4)
    0.0331
    """
    gap = np.zeros(close.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        added = (close[1:] * split[1:] + dividend[1:]) / close[:-1]
        divided = close[1:] * split[1:] / (close[:-1] - dividend[1:])
        gap[1:] = np.log(divided / added)
    return np.where(np.isfinite(gap), gap, 0.0)


def adjusted_close_disagrees(
    adjusted: FloatArray, vendor_adjusted: FloatArray, gap: FloatArray, tolerance: float
) -> BoolArray:
    """Days whose return by the vendor's adjusted close is not the one by close, splits and dividends.

    Parameters
    ----------
    adjusted, vendor_adjusted : ndarray (n_dates, n_tickers)
        Ours and the vendor's, each on a scale of its own; NaN for not given. Only their growth since the last day that
        has both is compared.
    gap : ndarray (n_dates, n_tickers)
        :func:`convention_gap`: the vendor may follow either convention.
    tolerance : float
        Log return (`Thresholds.agreement`).

    Examples
    --------
    >>> ours, vendors = np.array([[10.0], [11.0]]), np.array([[1.0], [1.2]])
    >>> adjusted_close_disagrees(ours, vendors, np.zeros((2, 1)), tolerance=0.001).ravel().tolist()
    [False, True]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.log(vendor_adjusted / adjusted)
    difference = scale - last_known(scale)
    return np.asarray((np.abs(difference) > tolerance) & (np.abs(difference - gap) > tolerance))
