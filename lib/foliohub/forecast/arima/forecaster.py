"""The ARIMA forecaster: one process per ticker, its order chosen by the corrected Akaike criterion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.arima.batch import over_threads
from foliohub.forecast.arima.fitting import SeriesFit, fit_series
from foliohub.forecast.arima.orders import UP_TO_FIVE, candidates, check_orders
from foliohub.forecast.arima.process import ArimaProcess, Filtered, weights_of_many
from foliohub.forecast.arima.walk import Cutoffs, walk
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, around, mean_simple_return
from foliohub.types import DateLike, FloatArray

_AHEAD = 21  # sessions forecast at once with the fit; more, when asked for


@dataclass(eq=False, kw_only=True)
class ArimaForecaster(ReturnForecaster):
    """ARIMA(p, 1, q) with drift on log prices, that is ARMA(p, q) with a mean on log returns, one per ticker.

    Estimates are those of exact maximum likelihood. The variance of a cumulative return is exact for the fitted
    process: each innovation counts with its cumulated response, and has the variance the spread expects for its
    session. The mean of the simple return takes half the long-run variance on top of the log return's, so that a
    nervous market alone promises no more return.

    Parameters
    ----------
    orders : sequence of (p, q)
        Orders to choose from, for each ticker the one of the least AICc.
    reselect : int
        In :meth:`walk`: sessions after which orders are chosen anew; between, estimates go on from those of the cutoff
        before. With 1 every cutoff is fitted as `fit` does.
    threads : int or None
        Tickers fitted at a time; None for one per core this process may use, and one at a time where a walk-forward is
        spread over processes. No number depends on it.

    Attributes
    ----------
    selection_ : DataFrame (n_tickers * n_orders, 7)
        After `fit`: columns ticker, p, q, aicc, refined, converged, chosen. An order whose estimates came not to rest
        is not chosen; one not `refined` was too far from the best at its conditional maximum to be worth the exact one.

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
    >>> model = ArimaForecaster(orders=[(0, 0), (1, 0), (0, 1)]).fit(returns)
    >>> model.selection_.query("chosen")[["ticker", "p", "q"]].to_string(index=False, header=False)
    'A  0  1'
    """

    name: str = "arima"
    window: int | None = 1000
    orders: Sequence[tuple[int, int]] = UP_TO_FIVE
    reselect: int = 21
    threads: int | None = None

    def __post_init__(self) -> None:
        check_orders(self.orders)
        if self.reselect < 1:
            raise InputError(f"reselect is {self.reselect}.", remedy="Give sessions from 1.")

    def walk(
        self,
        returns: pd.DataFrame,
        features: pd.DataFrame | None,  # noqa: ARG002 - needs none
        cutoffs: Sequence[DateLike] | pd.DatetimeIndex,
        horizons: Sequence[int],
        *,
        window: int | None = None,
    ) -> pd.DataFrame:
        """Forecast from many cutoffs in one pass, as `fit` and `predict` at each on what was known then.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per session; NaN only before a ticker's first.
        features : DataFrame or None
            Not looked at.
        cutoffs : sequence of dates
            Sessions of `returns`, in order.
        horizons : sequence of int
            Sessions ahead.
        window : int, optional
            Rows up to each cutoff `fit` would be given; by default all there are.

        Returns
        -------
        DataFrame
            :data:`~foliohub.frames.FORECAST_COLUMNS` by cutoff, horizon and ticker.

        Notes
        -----
        What is said at a cutoff depends on nothing after it. Orders are those chosen at the last cutoff at which
        `reselect` sessions had passed since they were chosen before, and there the numbers are those of `fit`.
        Elsewhere estimates climb from those of the cutoff before for a few evaluations of the likelihood, and need not
        come to rest: where it is flat or has several summits, `fit` finds a higher place, and says another number.
        """
        return walk(self, returns, Cutoffs.find(returns, cutoffs, window), horizons)

    def choose(self, log_returns: FloatArray) -> SeriesFit:
        """Fit all orders to one ticker's log returns (n,), NaN before the first."""
        return fit_series(log_returns, candidates(check_orders(self.orders), [(0, 0)], 0, 0, 1, "estimate"))

    def refuse(self, ticker: object, cutoff: pd.Timestamp) -> ModelError:
        """What to raise where no order came to rest."""
        return ModelError(
            f"No ARMA process of the orders {list(self.orders)} came to rest on {ticker} up to {cutoff:%Y-%m-%d}.",
            remedy="Allow more orders, (0, 0) among them.",
        )

    def settle(self, history: History, processes: Sequence[ArimaProcess], seen: Sequence[Filtered]) -> None:
        """Take processes fitted to a history, one per ticker, and how they see it, as this model's."""
        self._history, self._processes = history, tuple(processes)
        self._spread = self.intervals.learn(np.column_stack([one.innovations for one in seen]))
        self._ahead = np.column_stack([one.ahead for one in seen])
        self._weights = weights_of_many(processes, len(self._ahead))
        self.cutoff_, self.tickers_ = history.cutoff, history.tickers

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:  # noqa: ARG002 - needs none
        columns = list(history.log_returns.T)
        fits = over_threads(self.choose, columns, self.threads)
        for ticker, fit in zip(history.tickers, fits, strict=True):
            if fit.chosen is None:
                raise self.refuse(ticker, history.cutoff)
        self.selection_ = pd.DataFrame(
            [
                (ticker, one.order.p, one.order.q, one.aicc, fit.refined[place], one.converged, place == fit.chosen)
                for ticker, fit in zip(history.tickers, fits, strict=True)
                for place, one in enumerate(fit.processes)
            ],
            columns=["ticker", "p", "q", "aicc", "refined", "converged", "chosen"],
        )
        processes = [fit.best for fit in fits]
        self.settle(history, processes, [one.see(y, _AHEAD) for one, y in zip(processes, columns, strict=True)])

    def distribution(self, horizon: int) -> Distribution:
        """Forecasts of the simple return over `horizon` sessions from where the model was settled."""
        if horizon > len(self._ahead):
            columns = self._history.log_returns.T
            longer = [one.see(y, horizon).ahead for one, y in zip(self._processes, columns, strict=True)]
            self._ahead = np.column_stack(longer)
            self._weights = weights_of_many(self._processes, horizon)
        mean_log = self._ahead[:horizon].sum(axis=0)
        responses = np.cumsum(self._weights[:horizon], axis=0)[::-1]
        long_run = self._spread.long_run[-1] * (responses**2).sum(axis=0)
        shape = self._spread.shape(horizon)
        mean = mean_simple_return(mean_log, long_run, shape)
        return around(mean, self._spread.variance(horizon, responses), shape)

    def _forecast(self, horizon: int) -> Distribution:
        return self.distribution(horizon)
