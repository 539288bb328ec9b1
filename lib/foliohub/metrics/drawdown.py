"""How far wealth lies below its highest point so far, and for how long.

The unit invested before the first period counts as a high: a strategy that loses from the first day is in drawdown
from the first day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.metrics.performance import annual_return, wealth
from foliohub.metrics.series import Returns, ratio


def drawdowns(returns: Returns) -> pd.Series[float]:
    """Wealth relative to its running maximum, less one: 0 at a high, -0.2 a fifth below it.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period.

    Returns
    -------
    Series (n_periods,)
        From -1 to 0; known at the close of each date.

    Examples
    --------
    >>> drawdowns(pd.Series([-0.1, 0.2, -0.5])).round(3).tolist()
    [-0.1, 0.0, -0.5]
    """
    path = wealth(returns)
    highest = np.maximum.accumulate(np.maximum(path.to_numpy(), 1.0))
    return pd.Series(path.to_numpy() / highest - 1, index=path.index, name="drawdowns")


def max_drawdown(returns: Returns) -> float:
    """Deepest drawdown, decimal, from -1 to 0; 0 for a series that never falls."""
    depths = drawdowns(returns).to_numpy()
    return float(depths.min()) if len(depths) else 0.0


def ulcer_index(returns: Returns) -> float:
    """Root of the mean squared drawdown, decimal: depth and length in one number.

    References
    ----------
    .. [1] Martin, P. G. and McCann, B. B. (1989). The Investor's Guide to Fidelity Funds. Wiley.
    """
    depths = drawdowns(returns).to_numpy()
    return float(np.sqrt(np.mean(depths**2))) if len(depths) else float("nan")


def calmar_ratio(returns: Returns, periods_per_year: float | None = None) -> float:
    """Compounded return per year over the size of the deepest drawdown; NaN where there is none.

    Parameters
    ----------
    returns : Series or ndarray (n_periods,)
        Simple returns per period; all of them are used (the original takes the last 36 months).
    periods_per_year : float, optional
        Told from the dates where there are any.

    References
    ----------
    .. [1] Young, T. W. (1991). Calmar Ratio: A Smoother Tool. Futures 20(1), 40.
    """
    return ratio(annual_return(returns, periods_per_year), -max_drawdown(returns))


def drawdown_episodes(returns: pd.Series[float], start: object = None) -> pd.DataFrame:
    """Every stretch below a former high, deepest first.

    Parameters
    ----------
    returns : Series (n_periods,)
        Simple returns per period.
    start : label, optional
        Date before the first period, named as the peak of an episode that begins with the first return.

    Returns
    -------
    DataFrame (n_episodes, 6)
        `peak`: last date at the old high (missing where that is before the first period and no `start` is given).
        `trough`: date of the lowest wealth. `recovery`: first date back at the high, missing while under way.
        `depth`: drawdown at the trough. `periods_to_trough`, `periods_under_water`: counted from the peak; the second
        up to the recovery, or to the last date.

    Examples
    --------
    >>> returns = pd.Series([0.1, -0.2, 0.3, -0.1], index=pd.period_range("2020-01", periods=4, freq="M"))
    >>> drawdown_episodes(returns)[["peak", "trough", "recovery", "depth"]]
          peak   trough recovery  depth
    0  2020-01  2020-02  2020-03   -0.2
    1  2020-03  2020-04      NaT   -0.1
    """
    depths = drawdowns(returns).to_numpy()
    below = np.concatenate([[False], depths < 0, [False]])
    first = np.flatnonzero(below[1:] & ~below[:-1]).tolist()
    after = np.flatnonzero(~below[1:] & below[:-1]).tolist()
    labels = returns.index
    rows = []
    for begin, end in zip(first, after, strict=True):
        trough = begin + int(np.argmin(depths[begin:end]))
        recovered = end < len(depths)
        rows.append(
            {
                "peak": labels[begin - 1] if begin else start,
                "trough": labels[trough],
                "recovery": labels[end] if recovered else None,
                "depth": float(depths[trough]),
                "periods_to_trough": trough - begin + 1,
                "periods_under_water": end - begin + int(recovered),
            }
        )
    columns = ["peak", "trough", "recovery", "depth", "periods_to_trough", "periods_under_water"]
    episodes = pd.DataFrame(rows, columns=columns)
    return episodes.sort_values("depth", kind="stable", ignore_index=True)
