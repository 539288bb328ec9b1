"""ARIMA: one process per ticker, its order chosen by the corrected Akaike criterion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.arma import Arma, fit_arma
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, around, mean_simple_return

_LARGEST_ORDER = 5


@dataclass(eq=False, kw_only=True)
class ArimaForecaster(ReturnForecaster):
    """ARIMA(p, 1, q) with drift on log prices, that is ARMA(p, q) with a mean on log returns, one per ticker.

    The variance of a cumulative return is exact for the fitted process: each innovation counts with its cumulated
    response, and has the variance the spread expects for its session. The mean of the simple return takes half the
    long-run variance on top of the log return's, so that a nervous market alone promises no more return.

    Parameters
    ----------
    orders : sequence of (p, q)
        Orders to choose from, for each ticker the one of the least AICc.

    Attributes
    ----------
    selection_ : DataFrame (n_tickers * n_orders, 6)
        After `fit`: columns ticker, p, q, aicc, converged, chosen. An order whose estimates came not to rest is not
        chosen.

    References
    ----------
    .. [1] Box, G. E. P., Jenkins, G. M., Reinsel, G. C. and Ljung, G. M. (2015). Time Series Analysis: Forecasting and
       Control, 5th ed. Wiley, secs. 5.1-5.3.
    .. [2] Hyndman, R. J. and Khandakar, Y. (2008). Automatic time series forecasting: the forecast package for R.
       Journal of Statistical Software 27(3) (choice of the order by AICc).

    Examples
    --------
    >>> days = pd.bdate_range("2017-01-02", periods=500)
    >>> shocks = np.random.default_rng(0).normal(0, 0.01, 501)
    >>> returns = pd.DataFrame({"A": shocks[1:] + 0.5 * shocks[:-1]}, index=days)
    >>> model = ArimaForecaster().fit(returns)
    >>> model.selection_.query("chosen")[["ticker", "p", "q"]].to_string(index=False, header=False)
    'A  0  1'
    """

    name: str = "arima"
    window: int | None = 1000
    orders: Sequence[tuple[int, int]] = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1))

    def __post_init__(self) -> None:
        for order in self.orders:
            if len(order) != 2 or not all(isinstance(lag, int) and 0 <= lag <= _LARGEST_ORDER for lag in order):
                raise InputError(
                    f"{order!r} is no order of an ARMA process.",
                    remedy=f"Give (p, q), from 0 to {_LARGEST_ORDER}.",
                )
        if not self.orders:
            raise InputError("There are no orders to choose from.", remedy="Give at least one, as [(1, 0)].")

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:  # noqa: ARG002 - needs none
        self._models: list[Arma] = []
        candidates = []
        innovations = np.full_like(history.log_returns, np.nan)
        for column, ticker in enumerate(history.tickers):
            values = history.log_returns[:, column]
            values = values[~np.isnan(values)]
            fits = [fit_arma(values, (p, q)) for p, q in self.orders]
            best = min((fit for fit in fits if fit.converged), key=lambda fit: fit.aicc, default=None)
            if best is None:
                raise ModelError(
                    f"No ARMA process of the orders {list(self.orders)} came to rest on {ticker} "
                    f"up to {history.cutoff:%Y-%m-%d}.",
                    remedy="Allow more orders, (0, 0) among them.",
                )
            self._models.append(best)
            innovations[-len(values) :, column] = best.innovations
            candidates += [(ticker, *fit.order, fit.aicc, fit.converged, fit is best) for fit in fits]
        self.selection_ = pd.DataFrame(candidates, columns=["ticker", "p", "q", "aicc", "converged", "chosen"])
        self._spread = self.intervals.learn(innovations)

    def _forecast(self, horizon: int) -> Distribution:
        responses = np.column_stack([model.responses(horizon) for model in self._models])
        mean_log = np.array([model.forecast(horizon).sum() for model in self._models])
        long_run = self._spread.long_run[-1] * (responses**2).sum(axis=0)
        shape = self._spread.shape(horizon)
        mean = mean_simple_return(mean_log, long_run, shape)
        return around(mean, self._spread.variance(horizon, responses), shape)
