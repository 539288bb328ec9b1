"""Forecasters of the spread alone: no direction, intervals from a model of the variance."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, Spread, around
from foliohub.types import FloatArray

_NORMAL_95 = 1.959964  # standard deviations from the mean to the ends of a normal distribution's central 95 %


@dataclass(frozen=True, slots=True)
class ModelledSpread(Spread):
    """A spread whose variances ahead come from a model of its own.

    Parameters
    ----------
    ahead : callable
        From a horizon to the variances of log returns over it as known at each session (n_dates, n_tickers).
    """

    ahead: Callable[[int], FloatArray]

    def variance(self, horizon: int, responses: FloatArray | None = None) -> FloatArray:
        """As of the last session (n_tickers,); returns have no memory here."""
        if responses is not None:
            raise InputError("A modelled spread knows no responses.", remedy="Take the exponentially weighted one.")
        return np.asarray(self.ahead(horizon)[-1])

    def variances(self, horizon: int) -> FloatArray:
        """As of every session (n_dates, n_tickers)."""
        return self.ahead(horizon)


@dataclass(eq=False, kw_only=True)
class VolatilityForecaster(ReturnForecaster):
    """Forecasts no change, and how far from it the return may lie.

    The width at each horizon is the model's own term structure of the variance; the shape is that of past returns in
    units of it, over the same horizon and all tickers, as for every forecaster.

    Attributes
    ----------
    parameters_ : DataFrame
        After `fit`: what was estimated.
    """

    window: int | None = 1000
    parameters_: pd.DataFrame = None  # type: ignore[assignment]

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:  # noqa: ARG002 - needs none
        innovations = history.log_returns - np.nanmean(history.log_returns, axis=0)
        self._spread = self._model(innovations, history)

    def _forecast(self, horizon: int) -> Distribution:
        return around(np.zeros(len(self.tickers_)), self._spread.variance(horizon), self._spread.shape(horizon))

    def volatility(self, horizon: int) -> pd.Series:
        """Standard deviation of the log return over `horizon` sessions from the cutoff (n_tickers,), as a fraction."""
        if not hasattr(self, "cutoff_"):
            raise InputError(f"{self.name} is not fitted.", remedy="Call fit first.")
        return pd.Series(np.sqrt(self._spread.variance(horizon)), index=self.tickers_, name="volatility")

    @abstractmethod
    def _model(self, innovations: FloatArray, history: History) -> ModelledSpread:
        """Fit to log returns less their mean (n_dates, n_tickers), NaN before a ticker's first."""


def interval_volatility(forecasts: pd.DataFrame) -> pd.Series:
    """Standard deviation of the log return that 95 % intervals speak of, were it normal (n_tickers,), as a fraction.

    Parameters
    ----------
    forecasts : DataFrame (n_tickers, n_columns)
        Of one cutoff, model and horizon, with `ticker`, `lo_95` and `hi_95`; as published, so that what is made of it
        rests on forecasts that were registered.

    Notes
    -----
    Of a volatility forecaster tickers share one shape and, once calibrated, one factor: from one to another the widths
    are to each other exactly as its volatilities are.

    Examples
    --------
    >>> interval_volatility(pd.DataFrame({"ticker": ["A"], "lo_95": [-0.0377], "hi_95": [0.0408]})).to_dict()
    {'A': 0.02}
    """
    width = np.log1p(forecasts["hi_95"].to_numpy()) - np.log1p(forecasts["lo_95"].to_numpy())
    return pd.Series(width / (2 * _NORMAL_95), index=forecasts["ticker"], name="volatility")


def conditional_covariance(covariance: pd.DataFrame, volatility: pd.Series) -> pd.DataFrame:
    """A covariance with the correlations of one estimate and the volatilities of a forecast.

    Parameters
    ----------
    covariance : DataFrame (n_tickers, n_tickers)
        Its correlations are kept.
    volatility : Series (n_tickers,)
        Standard deviations, as of :meth:`VolatilityForecaster.volatility` or :func:`interval_volatility`; of the same
        tickers, in any order.

    Raises
    ------
    InputError
        Naming a ticker without a volatility above zero.

    References
    ----------
    .. [1] Bollerslev, T. (1990). Modelling the coherence in short-run nominal exchange rates: a multivariate
       generalized ARCH model. Review of Economics and Statistics 72(3), 498-505 (constant correlations).

    Examples
    --------
    >>> covariance = pd.DataFrame([[4.0, 3.0], [3.0, 9.0]], index=["A", "B"], columns=["A", "B"])
    >>> conditional_covariance(covariance, pd.Series({"A": 1.0, "B": 2.0}))
         A    B
    A  1.0  1.0
    B  1.0  4.0
    """
    wanted = volatility.reindex(covariance.index)
    wrong = covariance.index[~(wanted > 0)]
    if len(wrong):
        raise InputError(f"{wrong[0]} has no volatility above zero.", remedy="Forecast that of the same tickers.")
    factors = wanted.to_numpy() / np.sqrt(np.diag(covariance))
    return covariance * np.outer(factors, factors)
