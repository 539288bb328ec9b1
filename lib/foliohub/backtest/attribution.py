"""Where a strategy's wealth came from: the gain of every ticker and the costs, which add up exactly."""

from __future__ import annotations

import pandas as pd

from foliohub import metrics
from foliohub.backtest.inputs import Weights, weight_vector
from foliohub.backtest.result import BacktestResult

COSTS, CASH = "costs", "cash"
"""Names of the columns that are no tickers: what trading took, and what cash earned."""


def gains(result: BacktestResult, initial_weights: Weights | None = None) -> pd.DataFrame:
    """What each ticker added to wealth in each period, and what costs took from it.

    Parameters
    ----------
    result : BacktestResult
    initial_weights : Series or mapping, optional
        Ticker -> fraction of wealth held before the first trade; None for nothing.

    Returns
    -------
    DataFrame (n_periods, n_tickers + 1 or 2)
        In units of the wealth at the start. The column `costs` is never above zero; `cash` is there where cash earned
        the risk-free return. A row adds up to the change of wealth in its period, so that sums over any periods,
        divided by the wealth before them, are contributions to the return over these periods.

    Notes
    -----
    The gain of ticker *i* in period *t* is ``W[t-1] (1 - c[t-1]) w[t-1, i] r[t, i]`` with the weights *w* after the
    trade at the close of *t - 1*, whose cost is ``c[t-1]``. It is read off the drifted weights, ``w (1 + r) / (1 + R)``
    with *R* the gross return of the portfolio, and needs no returns.

    Examples
    --------
    >>> from foliohub.backtest import simulate
    >>> dates = pd.bdate_range("2022-01-03", periods=4)
    >>> returns = pd.DataFrame({"A": [0.0, 0.0, 0.10, 0.0], "B": [0.0, 0.0, 0.0, 0.20]}, index=dates)
    >>> half = pd.DataFrame({"A": [0.5], "B": [0.5]}, index=dates[:1])
    >>> gains(simulate(returns, half)).sum().round(4).to_dict()
    {'A': 0.05, 'B': 0.1, 'costs': 0.0}
    """
    periods, drifted = result.net_returns.index, result.drifted_weights
    wealth = metrics.wealth(result.net_returns, result.start)
    closes = wealth.index[:-1]
    before = wealth.to_numpy()[:-1]
    paid = before * result.costs.reindex(closes, fill_value=0.0).to_numpy()
    first = weight_vector({} if initial_weights is None else initial_weights, drifted.columns, "initial_weights")
    held = pd.concat([pd.DataFrame([first], closes[:1], drifted.columns), drifted.iloc[:-1]]).set_axis(closes)
    held = held + result.trades.reindex(index=closes, columns=drifted.columns, fill_value=0.0)
    grown = drifted.to_numpy() * (1 + result.gross_returns.to_numpy())[:, None]
    found = pd.DataFrame((before - paid)[:, None] * (grown - held.to_numpy()), periods, drifted.columns)
    if result.risk_free is not None:
        found[CASH] = (before - paid) * (1 - held.sum(axis=1).to_numpy()) * result.risk_free.to_numpy()
    return found.assign(**{COSTS: -paid})
