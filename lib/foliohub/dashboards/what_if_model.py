"""What would be held and traded under other settings: frames in, frames out; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub import allocate
from foliohub.costs import CostModel
from foliohub.errors import ContractError, InfeasibleError, ModelError

if TYPE_CHECKING:
    from foliohub.orders import RebalanceOrders
    from foliohub.types import FloatArray

SHORT = ("max_sharpe", "mean_variance", "min_variance", "risk_parity", "inverse_volatility", "equal_weight")
"""Allocators that need nothing but means and a covariance, in the order they are offered."""
_BOUNDED = frozenset({"max_sharpe", "mean_variance", "min_variance"})
_AVERSIONS = np.geomspace(0.05, 2000, 18)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a viewer asks for; fractions, not per cent.

    Parameters
    ----------
    allocator : str
    risk_aversion : float
        Of mean-variance only.
    lower, upper : float
        Bounds of every weight.
    max_turnover : float or None
        None for no limit.
    cost_bps : float
        Of the value traded.
    reserve : float
        Fraction of wealth kept in cash.
    """

    allocator: str
    risk_aversion: float
    lower: float
    upper: float
    max_turnover: float | None
    cost_bps: float
    reserve: float

    @property
    def bounded(self) -> bool:
        """Whether the allocator heeds bounds and turnover at all."""
        return self.allocator in _BOUNDED


@dataclass(frozen=True, eq=False)
class Situation:
    """What is known before anything is wished for.

    Parameters
    ----------
    expected : Series (n_tickers,)
        Expected simple return per session.
    covariance : DataFrame (n_tickers, n_tickers)
        Of returns per session.
    close : Series
        Price of a share, of every ticker held or wanted.
    shares : Series
        Held now, those of `expected` only.
    cash : float
        In the portfolio now.
    periods : int
        Sessions a year.
    """

    expected: pd.Series
    covariance: pd.DataFrame
    close: pd.Series
    shares: pd.Series
    cash: float
    periods: int

    @cached_property
    def wealth(self) -> float:
        """Cash and holdings at the last close."""
        return self.cash + float((self.shares * self.close.reindex(self.shares.index)).sum())

    @cached_property
    def current(self) -> pd.Series:
        """Weights held now (n_tickers,); the rest is cash."""
        value = self.shares * self.close.reindex(self.shares.index)
        return (value / self.wealth).reindex(self.expected.index).fillna(0.0)

    @cached_property
    def window(self) -> FloatArray:
        """Returns (2 n_tickers, n_tickers) whose sample mean and covariance are the ones given, for allocators."""
        n = len(self.expected)
        root = np.linalg.cholesky(self.covariance.to_numpy())
        steps: FloatArray = np.sqrt((2 * n - 1) / 2) * np.vstack([root.T, -root.T])
        steps += self.expected.to_numpy()
        return steps

    def fit(self, allocator: allocate.PortfolioAllocator) -> pd.Series:
        """The weights (n_tickers,) an allocator chooses here."""
        held = self.current.to_numpy()
        fitted = allocator.fit(self.window, expected_returns=self.expected.to_numpy(), previous_weights=held)
        return pd.Series(fitted.weights_, index=self.expected.index)

    def moments(self, weights: pd.Series) -> tuple[float, float]:
        """(volatility, expected return) a year of weights, as fractions; cash earns nothing."""
        w = weights.reindex(self.expected.index).fillna(0.0).to_numpy(dtype=np.float64)
        variance = float(w @ self.covariance.to_numpy() @ w)
        return (max(variance, 0.0) * self.periods) ** 0.5, float(w @ self.expected.to_numpy()) * self.periods


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a wish comes to.

    Parameters
    ----------
    weights : Series (n_tickers,)
        Target weights before whole shares, the reserve taken off.
    orders : RebalanceOrders
    """

    weights: pd.Series
    orders: RebalanceOrders


def situation(
    expected: pd.Series, covariance: pd.DataFrame, close: pd.Series, shares: pd.Series, cash: float, periods: int
) -> Situation:
    """Bring inputs to the same tickers.

    Raises
    ------
    ContractError
        A ticker has an expected return and no covariance or price.
    """
    expected = expected.dropna()
    tickers = [ticker for ticker in covariance.index if ticker in expected.index]
    missing = [str(ticker) for ticker in tickers if not np.isfinite(close.get(ticker, np.nan))]
    if missing or not tickers:
        raise ContractError(
            f"There is no price for {', '.join(missing)}."
            if missing
            else "No ticker has both a forecast and a covariance.",
            remedy="Run the nightly cycle again: `foliohub cycle`.",
        )
    held = shares[shares.index.isin(tickers)].astype("float64")
    return Situation(expected[tickers], covariance.loc[tickers, tickers], close, held, cash, periods)


def solve(given: Situation, wish: Wish) -> Outcome:
    """Optimise and round to whole shares.

    Raises
    ------
    InfeasibleError
        The bounds contradict each other.
    """
    from foliohub.orders import rebalance

    costs = CostModel(wish.cost_bps, 0.0)
    weights = given.fit(_allocator(given, wish, wish.risk_aversion)) * (1 - wish.reserve)
    return Outcome(weights, rebalance(weights, given.shares, given.close, given.cash, costs))


def frontier(given: Situation, wish: Wish) -> pd.DataFrame:
    """The best expected return at each volatility within the wish's bounds.

    Returns
    -------
    DataFrame (n_points, 2)
        Columns `volatility` and `expected`, fractions a year; empty where the bounds allow nothing.
    """
    bounds = Wish("mean_variance", 1.0, wish.lower, wish.upper, wish.max_turnover, 0.0, wish.reserve)
    points = []
    for aversion in _AVERSIONS:
        try:
            weights = given.fit(_allocator(given, bounds, float(aversion)))
        except (InfeasibleError, ModelError):
            continue
        points.append(given.moments(weights * (1 - wish.reserve)))
    drawn = pd.DataFrame(points, columns=["volatility", "expected"]).sort_values("volatility")
    near = drawn.round(6).duplicated()
    return drawn[~near].reset_index(drop=True)


def _allocator(given: Situation, wish: Wish, aversion: float) -> allocate.PortfolioAllocator:
    options: dict[str, object] = {}
    if wish.allocator in _BOUNDED:
        lower = wish.lower or None
        options = {"long_only": True, "upper": wish.upper, "lower": lower, "max_turnover": wish.max_turnover}
    if wish.allocator not in {"equal_weight", "inverse_volatility"}:
        known = given.covariance.to_numpy()
        options["covariance"] = lambda _: known
    if wish.allocator == "mean_variance":
        options |= {"form": "utility", "mean": "forecast", "risk_aversion": aversion}
    return allocate.get(wish.allocator, **options)
