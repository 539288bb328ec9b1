"""What an agent sees: features of the last returns, all of them known at the close decided at, and what it holds.

Everything comes out of one window of returns and the weights held, so that an allocator, which is given just that,
sees what the agent saw in training. The features have no unit: multiplying all returns by a constant changes none.
"""

from __future__ import annotations

import numpy as np

from foliohub.errors import InputError
from foliohub.types import FloatArray

FEATURES = (
    "return_short",
    "return_month",
    "return_quarter",
    "return_lookback",
    "volatility_recent",
    "volatility_relative",
    "market_correlation",
    "below_high",
    "market_return_month",
    "market_return_lookback",
    "market_volatility_recent",
)
"""Of each ticker; the last three are the market's, the mean of all tickers, and the same for every ticker."""

HELD = ("weight", "cash")
"""What follows the features: the ticker's own weight and the share of cash."""

WIDTH = len(FEATURES) + len(HELD)
"""Numbers per ticker in an observation."""

BOUND = 5.0
"""Features are cut off there, in standard deviations or logarithms."""

SHORTEST_LOOKBACK = 12

_ROWS_AT_ONCE = 256  # windows overlap: what is computed at one time is `lookback` times as large as its returns


def spans(lookback: int) -> tuple[int, int, int, int]:
    """Sessions of the four returns an agent sees: a week, a month, a quarter and half a year where `lookback` is 126.

    Examples
    --------
    >>> spans(126), spans(24)
    ((5, 21, 63, 126), (2, 4, 12, 24))
    """
    return max(2, lookback // 24), max(3, lookback // 6), lookback // 2, lookback


def describe(returns: FloatArray, lookback: int) -> FloatArray:
    """Features at the close of every row that has `lookback` returns up to it.

    Parameters
    ----------
    returns : ndarray (n_dates, n_tickers)
        Simple returns per period, finite.
    lookback : int
        Rows a feature looks back, the row itself included.

    Returns
    -------
    ndarray (n_dates - lookback + 1, n_tickers, len(FEATURES))
        In the order of :data:`FEATURES`. Returns over a span are sums of simple returns over the volatility of the
        window times the root of the span; `volatility_recent` is the logarithm of last month's volatility over the
        window's, `volatility_relative` that of the ticker's over the mean ticker's; `below_high` is how far the sum of
        returns lies under its highest in the window, in the same unit as `return_lookback`.

    Raises
    ------
    InputError
        Where there are fewer rows than `lookback`, or it is too short to measure anything.

    Notes
    -----
    Row *t* uses rows ``t - lookback + 1`` to *t* and none else.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> describe(rng.normal(0, 0.01, (30, 3)), lookback=24).shape
    (7, 3, 11)
    """
    if lookback < SHORTEST_LOOKBACK or len(returns) < lookback:
        raise InputError(
            f"The lookback is {lookback} rows and there are {len(returns)} returns.",
            remedy=f"Look back {SHORTEST_LOOKBACK} rows or more, and give as many returns.",
        )
    rows = len(returns) - lookback + 1
    features = np.empty((rows, returns.shape[1], len(FEATURES)))
    for begin in range(0, rows, _ROWS_AT_ONCE):
        end = min(begin + _ROWS_AT_ONCE, rows)
        windows = np.lib.stride_tricks.sliding_window_view(returns[begin : end + lookback - 1], lookback, axis=0)
        features[begin:end] = _describe(windows)
    return features


def observe(features: FloatArray, weights: FloatArray) -> FloatArray:
    """Put what is held beside the features.

    Parameters
    ----------
    features : ndarray (..., n_tickers, len(FEATURES))
        From :func:`describe`.
    weights : ndarray (..., n_tickers)
        Drifted weights held; what is missing to one is cash.

    Returns
    -------
    ndarray (..., n_tickers, WIDTH)
    """
    cash = np.broadcast_to(1.0 - weights.sum(axis=-1, keepdims=True), weights.shape)
    seen: FloatArray = np.concatenate([features, weights[..., None], cash[..., None]], axis=-1)
    return seen


def _describe(windows: FloatArray) -> FloatArray:
    """Features (n_rows, n_tickers, n_features) of windows (n_rows, n_tickers, lookback)."""
    lookback = windows.shape[-1]
    short, month, quarter, _ = spans(lookback)
    market = windows.mean(axis=1)
    deviation, market_deviation = windows.std(axis=-1, ddof=1), market.std(axis=-1, ddof=1)
    scaled = _over(windows, deviation[..., None])
    path = np.cumsum(scaled, axis=-1)
    market_scaled = _over(market, market_deviation[:, None])

    centred = market - market.mean(axis=-1, keepdims=True)
    covariance = np.einsum("rtl,rl->rt", windows, centred) / (lookback - 1)
    columns = [
        *(scaled[..., -span:].sum(axis=-1) / np.sqrt(span) for span in (short, month, quarter, lookback)),
        _log_ratio(windows[..., -month:].std(axis=-1, ddof=1), deviation),
        _log_ratio(deviation, deviation.mean(axis=1, keepdims=True)),
        _over(covariance, deviation * market_deviation[:, None]),
        (path[..., -1] - np.maximum(path.max(axis=-1), 0.0)) / np.sqrt(lookback),
    ]
    of_market = [
        market_scaled[:, -month:].sum(axis=-1) / np.sqrt(month),
        market_scaled.sum(axis=-1) / np.sqrt(lookback),
        _log_ratio(market[:, -month:].std(axis=-1, ddof=1), market_deviation),
    ]
    columns += [np.broadcast_to(column[:, None], deviation.shape) for column in of_market]
    features: FloatArray = np.clip(np.stack(columns, axis=-1), -BOUND, BOUND)
    return features


def _over(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient; zero where the denominator is, as for a ticker that does not move."""
    safe = np.where(denominator > 0, denominator, 1.0)
    quotient: FloatArray = np.where(denominator > 0, numerator / safe, 0.0)
    return quotient


def _log_ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    least = np.exp(-BOUND)
    logarithm: FloatArray = np.log(np.clip(_over(numerator, denominator), least, 1 / least))
    return logarithm
