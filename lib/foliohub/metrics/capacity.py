"""How much money a strategy could manage before its own trades move prices against it.

Backtests with proportional costs trade any sum at the quoted spread. Two answers to what that leaves out: the sum at
which trades become too large a part of a day's volume, and the sum at which impact has eaten what there is to earn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.types import FloatArray


def participation_capacity(
    trades: pd.DataFrame, dollar_volume: pd.DataFrame, *, share: float = 0.1, quantile: float = 0.95
) -> float:
    """Wealth up to which all but the largest trades stay below a share of a day's volume; in the volume's currency.

    Parameters
    ----------
    trades : DataFrame (n_trades, n_tickers)
        Change of weight in each trade, by session.
    dollar_volume : DataFrame (n_dates, n_tickers)
        Value traded in the market per session, as the mean of the last 21, known at each trade.
    share : float
        Largest part of a session's volume.
    quantile : float
        Part of the trades (of one ticker each) that must stay below it.

    Returns
    -------
    float
        NaN where the volume of a ticker that is traded is not known.

    Examples
    --------
    >>> day = pd.to_datetime(["2024-01-02"])
    >>> trades = pd.DataFrame({"A": [0.5], "B": [-0.1]}, day)
    >>> participation_capacity(trades, pd.DataFrame({"A": [1e6], "B": [1e6]}, day), quantile=1.0)
    200000.0
    """
    if not (0 < share <= 1 and 0 < quantile <= 1):
        raise InputError(f"share is {share}, quantile {quantile}.", remedy="Give both between 0 and 1.")
    sizes, volumes = _traded(trades, dollar_volume)
    if not len(sizes):
        return float("inf")
    if not (volumes > 0).all():
        return float("nan")
    return share / float(np.quantile(sizes / volumes, quantile, method="inverted_cdf"))


def impact_capacity(
    trades: pd.DataFrame,
    dollar_volume: pd.DataFrame,
    volatility: pd.DataFrame,
    *,
    budget: float,
    years: float,
    coefficient: float = 1.0,
) -> float:
    """Wealth at which market impact costs `budget` a year; in the volume's currency.

    Parameters
    ----------
    trades, dollar_volume
        As for :func:`participation_capacity`.
    volatility : DataFrame (n_dates, n_tickers)
        Standard deviation of returns per session, known at each trade.
    budget : float
        What impact may take, decimal per year: as all that a strategy earns above its benchmark.
    years : float
        Time the trades span.
    coefficient : float
        Of the square-root law; empirically about one.

    Returns
    -------
    float
        NaN where the volume or volatility of a ticker that is traded is not known; 0 where there is no budget.

    Notes
    -----
    A trade of the value Q in a market with daily volume V and daily volatility σ moves the price by about
    ``σ · sqrt(Q / V)`` [1]_ [2]_. With Q as wealth times the change of weight, costs as a share of wealth
    grow with the root of wealth, so that the wealth at which they reach the budget has a closed form.

    References
    ----------
    .. [1] Almgren, R., Thum, C., Hauptmann, E. and Li, H. (2005). Direct estimation of equity market impact. Risk
       18(7), 58-62.
    .. [2] Tóth, B. et al. (2011). Anomalous price impact and the critical nature of liquidity in financial markets.
       Physical Review X 1, 021006.

    Examples
    --------
    >>> day = pd.to_datetime(["2024-01-02"])
    >>> trades, volume = pd.DataFrame({"A": [1.0]}, day), pd.DataFrame({"A": [1e6]}, day)
    >>> impact_capacity(trades, volume, pd.DataFrame({"A": [0.02]}, day), budget=0.01, years=1)
    250000.0
    """
    if not (years > 0 and coefficient > 0):
        raise InputError(f"years is {years}, coefficient {coefficient}.", remedy="Give positive numbers.")
    sizes, volumes = _traded(trades, dollar_volume)
    _, deviations = _traded(trades, volatility)
    if not len(sizes):
        return float("inf")
    if not ((volumes > 0).all() and np.isfinite(deviations).all()):
        return float("nan")
    per_year = coefficient * float((sizes**1.5 * deviations / np.sqrt(volumes)).sum()) / years
    return (max(budget, 0.0) / per_year) ** 2 if per_year > 0 else float("inf")


def _traded(trades: pd.DataFrame, known: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Sizes of all single trades, and what is known of their tickers at their sessions (n_single_trades,)."""
    missing = trades.columns.difference(known.columns).tolist() or trades.index.difference(known.index).tolist()
    if missing:
        raise InputError(f"Nothing is known of {missing[0]}, which is traded.", remedy="Give it a row and a column.")
    sizes = np.abs(trades.to_numpy(dtype=np.float64))
    values = known.loc[trades.index, trades.columns].to_numpy(dtype=np.float64)
    happened = sizes > 0
    return sizes[happened], values[happened]
