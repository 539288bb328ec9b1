"""Value at risk of one series of returns by filtered historical simulation: past shocks at the volatility forecast now.

Plain historical simulation lets a calm year speak for a storm, and the storm for the calm after it: its losses come in
clusters. Here GARCH gives every past session its volatility as known the day before. What is left of the returns, in
units of it, is much alike over time; its quantile, times the volatility forecast for the next session, is the value at
risk. The series is that of the portfolio itself, of today's weights on past returns: correlations and how they change
are in it, and no covariance matrix is estimated.

References
----------
.. [1] Barone-Adesi, G., Giannopoulos, K. and Vosper, L. (1999). VaR without correlations for portfolios of derivative
   securities. Journal of Futures Markets 19(5), 583-602.
.. [2] McNeil, A. J. and Frey, R. (2000). Estimation of tail-related risk measures for heteroscedastic financial time
   series: an extreme value approach. Journal of Empirical Finance 7, 271-300, sec. 2 (with the empirical quantile).
.. [3] McNeil, A. J., Frey, R. and Embrechts, P. (2015). Quantitative Risk Management, revised ed. Princeton, sec. 9.2.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub import metrics
from foliohub.errors import InputError, ModelError
from foliohub.forecast.garch import Garch, fit_garch
from foliohub.metrics.series import return_values
from foliohub.types import FloatArray

FEWEST_SESSIONS = 250
"""Returns below which no GARCH process is fitted: a year, as five parameters want to be told apart."""


def filtered_value_at_risk(returns: pd.Series[float], level: float = 0.99) -> float:
    """Loss of the session after the last one that is not exceeded with probability `level`.

    Parameters
    ----------
    returns : Series (n_dates,)
        Simple returns per session, none missing; what the process is fitted to.
    level : float

    Returns
    -------
    float
        As a fraction, positive for a loss; of what is known at the last session's close.

    Raises
    ------
    InputError
        Where a level or a return is none.
    ModelError
        Where there are fewer than :data:`FEWEST_SESSIONS`, or no process fits.

    Notes
    -----
    GJR-GARCH(1, 1) with Student's innovations around the mean of the returns given.

    Examples
    --------
    >>> calm, wild = np.random.default_rng(0).normal(0, 0.01, (2, 500))
    >>> round(filtered_value_at_risk(pd.Series(np.append(calm, 4 * wild[:250]))), 2)
    0.1
    """
    values = _checked(returns, FEWEST_SESSIONS)
    centre, process = _fitted(values)
    scores = _shocks(values - centre, process.next_variance)
    return float(np.sqrt(process.next_variance[-1])) * metrics.value_at_risk(scores, level) - centre


def walk_filtered_value_at_risk(
    returns: pd.Series[float], level: float = 0.99, *, window: int = 1000, refit: int = 252
) -> pd.Series[float]:
    """What :func:`filtered_value_at_risk` says at the close of each session, of the `window` sessions up to it.

    Parameters
    ----------
    returns : Series (n_dates,)
        Simple returns per session, none missing.
    level : float
    window : int
        Sessions to learn from.
    refit : int
        Sessions after which the process is fitted anew; in between its parameters stay and its variance follows the
        returns. 1 gives exactly what :func:`filtered_value_at_risk` gives.

    Returns
    -------
    Series (n_dates - window + 1,)
        By the session at whose close it is known.

    Raises
    ------
    InputError, ModelError
        As :func:`filtered_value_at_risk`; where `refit` is less than 1.
    """
    if refit < 1:
        raise InputError(f"refit is {refit}.", remedy="Give sessions from 1.")
    if window < FEWEST_SESSIONS:
        raise InputError(f"window is {window}.", remedy=f"Give at least {FEWEST_SESSIONS} sessions.")
    values = _checked(returns, window)
    told = []
    for start in range(window, len(values) + 1, refit):
        centre, process = _fitted(values[start - window : start])
        innovations = values[start - window : start + refit - 1] - centre
        variance = np.append(process.next_variance, process.follow(innovations[window:]))
        pools = np.lib.stride_tricks.sliding_window_view(_shocks(innovations, variance), window - 1)
        quantiles = np.quantile(-pools, level, axis=1, method="inverted_cdf")
        told.append(np.sqrt(variance[window - 1 :]) * quantiles - centre)
    return pd.Series(np.concatenate(told), index=returns.index[window - 1 :], name="value_at_risk")


def _checked(returns: pd.Series[float], fewest: int) -> FloatArray:
    values = return_values(returns)
    if len(values) < fewest:
        raise ModelError(f"{len(values)} sessions are too few for GARCH.", remedy=f"Give at least {fewest}.")
    return values


def _fitted(values: FloatArray) -> tuple[float, Garch]:
    """Mean, and the process around it."""
    if not np.ptp(values):
        raise ModelError("There is nothing to fit GARCH to: no return differs from another.")
    centre = float(values.mean())
    return centre, fit_garch(values - centre, asymmetric=True)


def _shocks(innovations: FloatArray, next_variance: FloatArray) -> FloatArray:
    """Innovations in units of the volatility known the session before (n - 1,); of the first none was."""
    return np.asarray(innovations[1:] / np.sqrt(next_variance[:-1]))
