"""How much is traded, what it costs, and how concentrated the weights are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.errors import InputError
from foliohub.metrics.performance import annual_return
from foliohub.metrics.series import Returns


def turnover(before: npt.ArrayLike, after: npt.ArrayLike) -> float:
    """Half the sum of absolute changes of weight, ½ Σ |Δw|; decimal share of wealth.

    Parameters
    ----------
    before : array_like (n_tickers,)
        *Drifted* weights: what the last trade's weights have become by now.
    after : array_like (n_tickers,)
        Weights after the trade, in the same order.

    Notes
    -----
    Cash is not counted: replacing the whole portfolio gives 1.0, buying it from cash 0.5.

    Examples
    --------
    >>> turnover([0.6, 0.4], [0.5, 0.5])
    0.1
    """
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if old.shape != new.shape:
        raise InputError(f"before has the shape {old.shape}, after {new.shape}.", remedy="Align the tickers first.")
    return float(np.abs(new - old).sum() / 2)


def cost_drag(gross_returns: Returns, net_returns: Returns, periods_per_year: float | None = None) -> float:
    """Compounded return per year that costs took away, decimal: gross less net."""
    return annual_return(gross_returns, periods_per_year) - annual_return(net_returns, periods_per_year)


def effective_positions(weights: pd.DataFrame) -> pd.Series[float]:
    """Number of equal positions that would be as concentrated, ``(Σ|w|)² / Σw²``, per row; NaN where nothing is held.

    Parameters
    ----------
    weights : DataFrame (n_dates, n_tickers)
        Fractions of wealth.

    References
    ----------
    .. [1] Hannah, L. and Kay, J. A. (1977). Concentration in Modern Industry. Macmillan. (The inverse of Herfindahl's
       index.)

    Examples
    --------
    >>> effective_positions(pd.DataFrame({"A": [0.5, 1.0], "B": [0.5, 0.0]})).tolist()
    [2.0, 1.0]
    """
    values = weights.to_numpy()
    squares = (values**2).sum(axis=1)
    held = np.where(squares > 0, squares, np.nan)
    return pd.Series(np.abs(values).sum(axis=1) ** 2 / held, index=weights.index, name="effective_positions")


def gross_exposure(weights: pd.DataFrame) -> pd.Series[float]:
    """Sum of absolute weights per row: 1.0 fully invested, more with leverage or short positions."""
    return pd.Series(np.abs(weights.to_numpy()).sum(axis=1), index=weights.index, name="gross_exposure")


def net_exposure(weights: pd.DataFrame) -> pd.Series[float]:
    """Sum of weights per row: long less short positions; what is missing to one is cash."""
    return pd.Series(weights.to_numpy().sum(axis=1), index=weights.index, name="net_exposure")
