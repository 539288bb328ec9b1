"""What a backtest found: one frozen object with every series, its metrics and its wealth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from foliohub import metrics
from foliohub.costs import CostModel
from foliohub.errors import FoliohubWarning, InputError


@dataclass(frozen=True, eq=False, repr=False)
class BacktestResult:
    """Returns, weights, trades and costs of one strategy.

    The clock: weights decided at the close of a date are traded `purge` closes later, and the first return they earn
    is the one after that. A trade happens at a close; its cost is taken from the wealth at that close, hence from the
    return of the period that *begins* there.

    Parameters
    ----------
    name : str
        What tables and plots call the strategy.
    start : label
        Date of the close at which the first trade happened: one row before the first return.
    gross_returns, net_returns : Series (n_periods,)
        Simple return of each period before and after costs, ``net = (1 - cost) * (1 + gross) - 1``. The same numbers
        where there are no costs.
    target_weights : DataFrame (n_decisions, n_tickers)
        What was decided, indexed by the date of the decision; what is missing to one is cash.
    eligible : DataFrame (n_decisions, n_tickers) of bool
        Which tickers the decision could choose from: those without a gap in the window it was fitted to.
    drifted_weights : DataFrame (n_periods, n_tickers)
        Weights at the close of each period, *before* any trade at that close: what the last trade's weights have
        become through the returns since, ``w * (1 + r) / (1 + gross)``. A ticker whose return is missing is still
        shown at its last price on that date, and zero after it.
    trades : DataFrame (n_trades, n_tickers)
        Change of weight in each trade, indexed by the date of its close: the weights after it are
        ``drifted_weights + trades`` (of the first, `initial_weights` + trades). A position that ends between two
        decisions, because the ticker is no longer quoted, gives a trade of its own, at its last price.
    costs : Series (n_trades,)
        Cost of each trade as a share of the wealth before it: rate times ``Σ|Δw|``.
    turnover : Series (n_trades,)
        ``½ Σ|Δw|`` of each trade, against drifted weights.
    cost_model : CostModel or None
        What trading was charged.
    risk_free : Series (n_periods,) or None
        Risk-free return per period, subtracted in the Sharpe and Sortino ratios; None where returns are excess
        returns already.
    periods_per_year : float or None
        None where the dates do not tell and nobody said: annualised metrics are NaN then.

    Notes
    -----
    A leveraged or short portfolio can lose more than there is, ``1 + return <= 0``. The returns still say what they
    are, as papers that average them expect: from that close on they are those of one new unit in the weights of the
    last trade. `wealth` is 0 from that date on, and `ruined` names it.
    """

    name: str
    start: Any
    gross_returns: pd.Series[float]
    net_returns: pd.Series[float]
    target_weights: pd.DataFrame
    eligible: pd.DataFrame
    drifted_weights: pd.DataFrame
    trades: pd.DataFrame
    costs: pd.Series[float]
    turnover: pd.Series[float]
    cost_model: CostModel | None = None
    risk_free: pd.Series[float] | None = None
    periods_per_year: float | None = None

    def __repr__(self) -> str:
        first, last = self.net_returns.index[0], self.net_returns.index[-1]
        sharpe = self.metrics["sharpe_ratio"]
        return (
            f"<BacktestResult {self.name!r}: {len(self.net_returns)} periods {first} to {last}, "
            f"{len(self.trades)} trades, net Sharpe ratio {sharpe:.2f}>"
        )

    @property
    def ruined(self) -> Any:
        """Date at whose close nothing was left after costs; None where that never happened."""
        lost = self.net_returns.to_numpy() <= -1
        return self.net_returns.index[int(np.argmax(lost))] if lost.any() else None

    @cached_property
    def wealth(self) -> pd.Series[float]:
        """Wealth after costs (n_periods + 1,): 1.0 at `start`, before the first trade; 0 from a ruin on.

        Warns
        -----
        FoliohubWarning
            Where the strategy is ruined.
        """
        if self.ruined is not None:
            loss = -self.net_returns.loc[self.ruined]
            warnings.warn(
                f"{self.name!r} lost {loss:.0%} of its wealth in the period to {self.ruined}: it is 0 from there on.",
                FoliohubWarning,
                stacklevel=3,
            )
        return metrics.wealth(self.net_returns, self.start).rename(self.name)

    @property
    def drawdowns(self) -> pd.Series[float]:
        """Drawdown of wealth after costs at each close, from -1 to 0."""
        return metrics.drawdowns(self.net_returns)

    @cached_property
    def metrics(self) -> pd.Series[float]:
        """Metrics after costs; see :meth:`summary` for their names."""
        return self._metrics(self.net_returns)

    def summary(self) -> pd.DataFrame:
        """Metrics before and after costs.

        Returns
        -------
        DataFrame (n_metrics, 2)
            Columns `gross` and `net`; rows: `n_observations`, `periods_per_year`, `total_return`, `annual_return`,
            `annual_volatility`, `sharpe_ratio`, `sortino_ratio`, `max_drawdown`, `calmar_ratio`, `value_at_risk` and
            `conditional_value_at_risk` (of 95 %, per period, losses positive), `hit_rate` (share of periods with a
            gain), `annual_turnover`, `annual_cost` (sum of costs per year), `cost_drag` (compounded return per year
            lost to costs).
        """
        return pd.DataFrame({"gross": self._metrics(self.gross_returns), "net": self.metrics})

    def rolling_sharpe_ratio(self, window: int) -> pd.Series[float]:
        """Sharpe ratio after costs of the last `window` periods at each close, annualised."""
        free = 0.0 if self.risk_free is None else self.risk_free
        periods = float("nan") if self.periods_per_year is None else self.periods_per_year
        return metrics.rolling_sharpe_ratio(self.net_returns, window, free, periods).rename(self.name)

    def between(self, first: Any = None, last: Any = None) -> BacktestResult:
        """The same strategy over fewer periods.

        Parameters
        ----------
        first, last : label, optional
            First and last period to keep, both included; None for no limit.

        Returns
        -------
        BacktestResult
            With the trades charged to those periods. Decisions are kept from the last one before `first` on.

        Raises
        ------
        InputError
            Where no period is left.
        """
        index = self.gross_returns.index
        kept = index.slice_indexer(first, last)
        if not len(index[kept]):
            raise InputError(
                f"{self.name!r} has no period from {first} to {last}.",
                remedy=f"It runs from {index[0]} to {index[-1]}.",
            )
        start = self.start if kept.start == 0 else index[kept.start - 1]
        until = index[kept][-1]
        traded = (self.trades.index >= start) & (self.trades.index < until)
        decisions = self.target_weights.index
        decided = slice(
            max(0, int(decisions.searchsorted(start, side="right")) - 1), int(decisions.searchsorted(until))
        )
        return replace(
            self,
            start=start,
            gross_returns=self.gross_returns.iloc[kept],
            net_returns=self.net_returns.iloc[kept],
            target_weights=self.target_weights.iloc[decided],
            eligible=self.eligible.iloc[decided],
            drifted_weights=self.drifted_weights.iloc[kept],
            trades=self.trades.loc[traded],
            costs=self.costs.loc[traded],
            turnover=self.turnover.loc[traded],
            risk_free=None if self.risk_free is None else self.risk_free.iloc[kept],
        )

    def _metrics(self, returns: pd.Series[float]) -> pd.Series[float]:
        free = 0.0 if self.risk_free is None else self.risk_free
        periods = float("nan") if self.periods_per_year is None else self.periods_per_year
        years = len(returns) / periods
        values = {
            "n_observations": len(returns),
            "periods_per_year": periods,
            "total_return": metrics.total_return(returns),
            "annual_return": metrics.annual_return(returns, periods),
            "annual_volatility": metrics.annual_volatility(returns, periods),
            "sharpe_ratio": metrics.sharpe_ratio(returns, free, periods),
            "sortino_ratio": metrics.sortino_ratio(returns, free, periods),
            "max_drawdown": metrics.max_drawdown(returns),
            "calmar_ratio": metrics.calmar_ratio(returns, periods),
            "value_at_risk": metrics.value_at_risk(returns),
            "conditional_value_at_risk": metrics.conditional_value_at_risk(returns),
            "hit_rate": metrics.win_rate(returns),
            "annual_turnover": float(self.turnover.sum()) / years,
            "annual_cost": float(self.costs.sum()) / years,
            "cost_drag": metrics.cost_drag(self.gross_returns, returns, periods),
        }
        return pd.Series(values, name=self.name, dtype=np.float64)
