"""Return and risk of one series of returns.

Every function takes simple returns per period, decimal and without NaN. A ratio whose denominator is zero, or that
wants more periods than there are, is NaN; nothing warns.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.metrics.series import Returns, RiskFree, annualisation, excess_values, ratio, return_values, spread
from foliohub.types import FloatArray


def wealth(returns: Returns, start: object = None) -> pd.Series[float]:
    """Wealth at the close of each period of one unit invested before the first.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.
    start : label, optional
        Date before the first period, put in front with the value 1.0.

    Returns
    -------
    Series (n_periods,) or (n_periods + 1,)
        Never negative: a period that loses everything or more leaves 0.0 from there on.

    Examples
    --------
    >>> wealth(pd.Series([0.1, -0.5, 0.2])).round(3).tolist()
    [1.1, 0.55, 0.66]
    """
    path = _wealth_values(return_values(returns))
    index = returns.index if isinstance(returns, pd.Series) else pd.RangeIndex(len(path))
    series = pd.Series(path, index=index, name="wealth")
    if start is None:
        return series
    labels = index.insert(0, start)
    return pd.Series(np.concatenate([[1.0], path]), index=labels, name="wealth")


def total_return(returns: Returns) -> float:
    """Compounded return over all periods, decimal; -1 where everything was lost on the way."""
    path = _wealth_values(return_values(returns))
    return float(path[-1] - 1) if len(path) else 0.0


def annual_return(returns: Returns, periods_per_year: float | None = None) -> float:
    """Compounded (geometric) return per year, decimal.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.
    periods_per_year : float, optional
        Told from the dates where there are any.

    Examples
    --------
    >>> annual_return(np.array([0.01, 0.01]), periods_per_year=12)
    0.126825
    """
    periods = annualisation(returns, periods_per_year)
    values = return_values(returns)
    if not len(values):
        return float("nan")
    return float(_wealth_values(values)[-1] ** (periods / len(values)) - 1)


def annual_volatility(returns: Returns, periods_per_year: float | None = None) -> float:
    """Standard deviation (ddof = 1) of returns times the root of the periods per year, decimal."""
    return spread(return_values(returns)) * float(np.sqrt(annualisation(returns, periods_per_year)))


def sharpe_ratio(returns: Returns, risk_free: RiskFree = 0.0, periods_per_year: float | None = None) -> float:
    """Mean excess return over its standard deviation (ddof = 1), times the root of the periods per year.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.
    risk_free : float, Series or ndarray (n_periods,)
        Risk-free return per period; 0 where `returns` are excess returns already.
    periods_per_year : float, optional
        Told from the dates where there are any; 1 gives the ratio per period, as papers print it.

    Returns
    -------
    float
        NaN for fewer than two periods or a constant series.

    References
    ----------
    .. [1] Sharpe, W. F. (1994). The Sharpe Ratio. Journal of Portfolio Management 21(1), 49-58.

    Examples
    --------
    >>> sharpe_ratio(np.array([0.02, -0.01, 0.03]), periods_per_year=12)
    2.2188
    """
    excess = excess_values(returns, risk_free)
    scale = float(np.sqrt(annualisation(returns, periods_per_year)))
    return ratio(float(excess.mean()), spread(excess)) * scale if len(excess) else float("nan")


def rolling_sharpe_ratio(
    returns: pd.Series[float], window: int, risk_free: RiskFree = 0.0, periods_per_year: float | None = None
) -> pd.Series[float]:
    """Sharpe ratio of the last `window` periods at each date; NaN before there are that many.

    Parameters
    ----------
    returns : Series (n_periods,)
        Simple returns per period.
    window : int
        Periods to look back over, at least 2.
    risk_free, periods_per_year
        As for :func:`sharpe_ratio`.

    Notes
    -----
    Known at the close of each date. Each window is summed afresh: a running sum would carry rounding errors from one
    window into the next.

    Examples
    --------
    >>> rolling_sharpe_ratio(pd.Series([0.01, 0.03, 0.02]), 2, periods_per_year=1).round(3).tolist()
    [nan, 1.414, 3.536]
    """
    if window < 2:
        raise InputError(f"window is {window}.", remedy="Give 2 periods or more.")
    excess = excess_values(returns, risk_free)
    rolled = np.full(len(excess), np.nan)
    if len(excess) >= window:
        views = np.lib.stride_tricks.sliding_window_view(excess, window)
        deviation = np.where(np.ptp(views, axis=1) > 0, views.std(axis=1, ddof=1), np.nan)
        rolled[window - 1 :] = views.mean(axis=1) / deviation * np.sqrt(annualisation(returns, periods_per_year))
    return pd.Series(rolled, index=returns.index, name="rolling_sharpe_ratio")


def downside_deviation(returns: Returns, target: RiskFree = 0.0) -> float:
    """Root of the mean squared shortfall below `target`, over *all* periods; decimal, per period.

    References
    ----------
    .. [1] Sortino, F. A. and Price, L. N. (1994). Performance Measurement in a Downside Risk Framework. Journal of
       Investing 3(3), 59-64.

    Examples
    --------
    >>> downside_deviation(np.array([0.03, -0.04, 0.01, 0.00]))
    0.02
    """
    below = np.minimum(excess_values(returns, target), 0.0)
    return float(np.sqrt(np.mean(below**2))) if len(below) else float("nan")


def sortino_ratio(returns: Returns, target: RiskFree = 0.0, periods_per_year: float | None = None) -> float:
    """Mean return above `target` over the downside deviation, times the root of the periods per year.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.
    target : float, Series or ndarray (n_periods,)
        Return per period that counts as enough, as the risk-free one.
    periods_per_year : float, optional
        Told from the dates where there are any.

    Returns
    -------
    float
        NaN where no period falls short of the target.
    """
    scale = float(np.sqrt(annualisation(returns, periods_per_year)))
    above = excess_values(returns, target)
    return ratio(float(above.mean()), downside_deviation(above)) * scale if len(above) else float("nan")


def value_at_risk(returns: Returns, level: float = 0.95) -> float:
    """Loss per period that is not exceeded with probability `level`; decimal, positive for a loss.

    The empirical quantile of the losses: the smallest loss with at least `level` of the periods at or below it.

    Examples
    --------
    >>> value_at_risk(np.array([-0.05, -0.02, 0.01, 0.03]), level=0.75)
    0.02
    """
    check_level(level)
    losses = -return_values(returns)
    return float(np.quantile(losses, level, method="inverted_cdf")) if len(losses) else float("nan")


def conditional_value_at_risk(returns: Returns, level: float = 0.95) -> float:
    """Mean loss in the worst ``1 - level`` of the periods; decimal, positive for a loss.

    Notes
    -----
    Where ``n * (1 - level)`` is not whole, one period counts in part, so that the measure is coherent and never less
    than :func:`value_at_risk`.

    References
    ----------
    .. [1] Rockafellar, R. T. and Uryasev, S. (2002). Conditional Value-at-Risk for General Loss Distributions.
       Journal of Banking and Finance 26(7), 1443-1471.

    Examples
    --------
    >>> conditional_value_at_risk(np.array([-0.05, -0.02, 0.01, 0.03]), level=0.5)
    0.035
    """
    quantile = value_at_risk(returns, level)
    beyond = np.maximum(-return_values(returns) - quantile, 0.0)
    return quantile + float(beyond.mean()) / (1 - level) if len(beyond) else float("nan")


def win_rate(returns: Returns) -> float:
    """Fraction of periods with a return above zero: a strategy's hit rate."""
    values = return_values(returns)
    return float(np.mean(values > 0)) if len(values) else float("nan")


def _wealth_values(values: FloatArray) -> FloatArray:
    return cast(FloatArray, np.cumprod(np.maximum(1.0 + values, 0.0)))


def check_level(level: float) -> None:
    """Refuse what is no level of a value at risk.

    Raises
    ------
    InputError
        Where it does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level}.", remedy="Give a probability between 0 and 1, as 0.95.")
