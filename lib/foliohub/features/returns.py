"""Returns and their volatility, from adjusted closes: frames (n_dates, n_tickers) in, the same shape out.

A value of day *t* is known at the close of *t* and rests on rows up to *t* only. It is NaN as long as a ticker has not
enough history. Volatilities are standard deviations of simple returns per session, decimal, not annualised.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

RISKMETRICS_DECAY = 0.94
"""RiskMetrics' decay for daily data [1]_."""


def simple_returns(prices: pd.DataFrame, horizon: int = 1) -> pd.DataFrame:
    """Simple return over the last `horizon` sessions, ``P[t] / P[t-h] - 1``.

    Examples
    --------
    >>> simple_returns(pd.DataFrame({"A": [100.0, 110.0, 99.0]}))["A"].round(4).tolist()
    [nan, 0.1, -0.1]
    """
    return prices / prices.shift(horizon) - 1


def ewma_volatility(returns: pd.DataFrame, decay: float = RISKMETRICS_DECAY, min_sessions: int = 21) -> pd.DataFrame:
    r"""Exponentially weighted volatility around a mean of zero.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per session.
    decay : float
        Weight of yesterday's estimate, 0.94 in RiskMetrics.
    min_sessions : int
        Returns without which there is no estimate.

    Notes
    -----
    The root of :math:`\sum_i \lambda^i r_{t-i}^2 / \sum_i \lambda^i`: the weights of a short history are scaled to add
    up to one, and from some 75 sessions on this is the recursion
    :math:`\sigma_t^2 = \lambda \sigma_{t-1}^2 + (1 - \lambda) r_t^2`.

    References
    ----------
    .. [1] J.P. Morgan/Reuters, *RiskMetrics - Technical Document*, 4th ed., 1996, section 5.2.

    Examples
    --------
    >>> calm = pd.DataFrame({"A": [0.01, -0.01, 0.01]})
    >>> ewma_volatility(calm, min_sessions=2)["A"].round(4).tolist()
    [nan, 0.01, 0.01]
    """
    variance = returns.pow(2).ewm(alpha=1 - decay, adjust=True, min_periods=min_sessions).mean()
    return variance.pow(0.5).where(returns.notna())


def realised_volatility(returns: pd.DataFrame, window: int) -> pd.DataFrame:
    """Standard deviation (ddof = 1) of the last `window` returns.

    Examples
    --------
    >>> realised_volatility(pd.DataFrame({"A": [0.01, 0.03, 0.02]}), window=3)["A"].round(4).tolist()
    [nan, nan, 0.01]
    """
    return returns.rolling(window).std()


def parkinson_volatility(high: pd.DataFrame, low: pd.DataFrame, window: int) -> pd.DataFrame:
    r"""Volatility from the daily range, :math:`\sqrt{\overline{\ln(H/L)^2} / (4 \ln 2)}` over `window` sessions.

    Parameters
    ----------
    high, low : DataFrame (n_dates, n_tickers)
        As traded; a day without them is left out, up to a quarter of the window.
    window : int
        Sessions.

    References
    ----------
    .. [1] M. Parkinson, "The Extreme Value Method for Estimating the Variance of the Rate of Return", *Journal of
       Business* 53(1), 1980, 61-65.

    Examples
    --------
    >>> high, low = pd.DataFrame({"A": [102.0, 103.0]}), pd.DataFrame({"A": [100.0, 101.0]})
    >>> parkinson_volatility(high, low, window=2)["A"].round(4).tolist()
    [nan, 0.0118]
    """
    return _root_mean(_log_ratio(high, low) ** 2 / (4 * np.log(2)), window)


def garman_klass_volatility(
    open_: pd.DataFrame, high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame, window: int
) -> pd.DataFrame:
    r"""Volatility of the trading day from open, high, low and close, over `window` sessions.

    Parameters
    ----------
    open_, high, low, close : DataFrame (n_dates, n_tickers)
        As traded; a day without one of them is left out, up to a quarter of the window.
    window : int
        Sessions.

    Notes
    -----
    The root of the mean of :math:`\frac{1}{2} \ln(H/L)^2 - (2 \ln 2 - 1) \ln(C/O)^2`. Moves overnight are not in it.

    References
    ----------
    .. [1] M. Garman, M. Klass, "On the Estimation of Security Price Volatilities from Historical Data", *Journal of
       Business* 53(1), 1980, 67-78.

    Examples
    --------
    >>> one = lambda price: pd.DataFrame({"A": [price]})
    >>> garman_klass_volatility(one(100.0), one(102.0), one(100.0), one(101.0), window=1)["A"].round(4).tolist()
    [0.0126]
    """
    variance = 0.5 * _log_ratio(high, low) ** 2 - (2 * np.log(2) - 1) * _log_ratio(close, open_) ** 2
    return _root_mean(variance, window)


def _log_ratio(above: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    ratio = above / below
    return ratio.apply(np.log)


def _root_mean(variance: pd.DataFrame, window: int) -> pd.DataFrame:
    mean = variance.rolling(window, min_periods=max(1, window - window // 4)).mean()
    return mean.clip(lower=0.0).pow(0.5).where(variance.notna())
