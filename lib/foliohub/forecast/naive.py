"""The forecasts every model has to beat: nothing, the historical mean, a recent mean."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, Spread, around
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class NaiveForecaster(ReturnForecaster):
    """Forecasts the same mean return for every session ahead, compounded; intervals from the spread around it."""

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:  # noqa: ARG002 - needs none
        self._mean_return: FloatArray = self._mean(history.returns)
        innovations = history.log_returns - np.nanmean(history.log_returns, axis=0)
        self._spread: Spread = self.intervals.learn(innovations)

    def _forecast(self, horizon: int) -> Distribution:
        mean = (1 + self._mean_return) ** horizon - 1
        return around(mean, self._spread.variance(horizon), self._spread.shape(horizon))

    @abstractmethod
    def _mean(self, returns: FloatArray) -> FloatArray:
        """Mean simple return per session (n_tickers,) from returns (n_dates, n_tickers)."""


@dataclass(eq=False, kw_only=True)
class ZeroForecaster(NaiveForecaster):
    """No change: the random walk, and over days a hard benchmark.

    Examples
    --------
    >>> days = pd.bdate_range("2019-01-02", periods=200)
    >>> returns = pd.DataFrame({"A": np.random.default_rng(0).normal(0.001, 0.02, 200)}, index=days)
    >>> ZeroForecaster().fit(returns).predict([1, 5])[["horizon", "lo_80", "mean", "hi_80"]].round(3)
       horizon  lo_80  mean  hi_80
    0        1 -0.026   0.0  0.027
    1        5 -0.057   0.0  0.058
    """

    name: str = "zero"

    def _mean(self, returns: FloatArray) -> FloatArray:
        return np.zeros(returns.shape[1])


@dataclass(eq=False, kw_only=True)
class MeanForecaster(NaiveForecaster):
    """The historical mean return, compounded: unbiased where returns have one mean and no memory.

    References
    ----------
    .. [1] Welch, I. and Goyal, A. (2008). A comprehensive look at the empirical performance of equity premium
       prediction. Review of Financial Studies 21(4), 1455-1508 (the benchmark few predictors beat).

    Examples
    --------
    >>> days = pd.bdate_range("2019-01-02", periods=200)
    >>> returns = pd.DataFrame({"A": np.tile([0.03, -0.01], 100)}, index=days)
    >>> MeanForecaster().fit(returns).predict([2])["mean"].item()
    0.0201
    """

    name: str = "mean"

    def _mean(self, returns: FloatArray) -> FloatArray:
        return np.asarray(np.nanmean(returns, axis=0))


@dataclass(eq=False, kw_only=True)
class EwmaForecaster(NaiveForecaster):
    """The mean return with exponentially falling weights, compounded.

    Parameters
    ----------
    half_life : float
        Sessions after which a return counts half.

    Examples
    --------
    >>> days = pd.bdate_range("2019-01-02", periods=200)
    >>> returns = pd.DataFrame({"A": np.r_[np.tile([0.01, -0.01], 95), np.full(10, 0.02)]}, index=days)
    >>> EwmaForecaster(half_life=5).fit(returns).predict([1])["mean"].item()
    0.01483
    """

    name: str = "ewma"
    half_life: float = 63.0

    def __post_init__(self) -> None:
        if not self.half_life > 0:
            raise InputError(f"half_life is {self.half_life}.", remedy="Give sessions above 0.")

    def _mean(self, returns: FloatArray) -> FloatArray:
        weights = 0.5 ** (np.arange(len(returns))[::-1, None] / self.half_life) * ~np.isnan(returns)
        return np.asarray((np.nan_to_num(returns) * weights).sum(axis=0) / weights.sum(axis=0))
