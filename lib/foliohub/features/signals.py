"""Signals of trend and reversal from adjusted closes: frames (n_dates, n_tickers) in, the same shape out.

A value of day *t* is known at the close of *t* and rests on rows up to *t* only; NaN without enough history.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def momentum(prices: pd.DataFrame, window: int = 252, skip: int = 21) -> pd.DataFrame:
    """Return of the last `window` sessions without the last `skip`: twelve months less one.

    References
    ----------
    .. [1] N. Jegadeesh, S. Titman, "Returns to Buying Winners and Selling Losers", *Journal of Finance* 48(1), 1993,
       65-91. The month left out keeps short-term reversal away.

    Examples
    --------
    >>> momentum(pd.DataFrame({"A": [10.0, 11.0, 12.0, 50.0]}), window=3, skip=1)["A"].round(4).tolist()
    [nan, nan, nan, 0.2]
    """
    return prices.shift(skip) / prices.shift(window) - 1


def relative_strength_index(prices: pd.DataFrame, window: int = 14) -> pd.DataFrame:
    """Wilder's relative strength index, from 0 (only falls) to 100 (only rises); 50 where nothing moved.

    Notes
    -----
    The first average gain and loss are plain means of `window` changes; each later one is Wilder's smoothing,
    ``(previous * (window - 1) + today) / window``.

    References
    ----------
    .. [1] J. W. Wilder, *New Concepts in Technical Trading Systems*, Trend Research, 1978, section VI.

    Examples
    --------
    >>> relative_strength_index(pd.DataFrame({"A": [10.0, 11.0, 10.5, 11.0]}), window=2)["A"].round(2).tolist()
    [nan, nan, 66.67, 80.0]
    """
    changes = prices.diff().to_numpy()
    gains, losses = np.clip(changes, 0, None), np.clip(-changes, 0, None)
    gain, loss = _wilder_mean(gains, window), _wilder_mean(losses, window)
    with np.errstate(invalid="ignore"):
        index = np.where(gain + loss == 0, 50.0, 100 * gain / (gain + loss))
    index[np.isnan(gain)] = np.nan
    return pd.DataFrame(index, index=prices.index, columns=prices.columns)


def drawdown_from_high(prices: pd.DataFrame, window: int = 252) -> pd.DataFrame:
    """Distance to the highest close of the last `window` sessions, today's included; <= 0.

    Examples
    --------
    >>> drawdown_from_high(pd.DataFrame({"A": [10.0, 12.0, 9.0]}), window=2)["A"].tolist()
    [nan, 0.0, -0.25]
    """
    return prices / prices.rolling(window).max() - 1


def distance_from_mean(prices: pd.DataFrame, window: int) -> pd.DataFrame:
    """Price over its moving average of `window` sessions, less one.

    Examples
    --------
    >>> distance_from_mean(pd.DataFrame({"A": [10.0, 12.0]}), window=2)["A"].round(4).tolist()
    [nan, 0.0909]
    """
    return prices / prices.rolling(window).mean() - 1


def _wilder_mean(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], window: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Wilder's smoothed mean down each column, from its first `window` values on."""
    smoothed = np.full(values.shape, np.nan)
    seen = np.zeros(values.shape[1], dtype=np.int64)
    mean = np.zeros(values.shape[1])
    for row, today in enumerate(values):
        known = ~np.isnan(today)
        seen += known
        weight = np.where(seen <= window, np.maximum(seen, 1), window)
        mean = np.where(known, mean + (np.where(known, today, 0.0) - mean) / weight, mean)
        smoothed[row] = np.where(known & (seen >= window), mean, np.nan)
    return smoothed
