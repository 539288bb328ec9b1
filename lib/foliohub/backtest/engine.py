"""Walk forward: decide on what is known, trade later, hold, and decide again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from foliohub import calendars
from foliohub.backtest.decisions import Decider, complete_columns, drifted_since
from foliohub.backtest.inputs import RiskFreeReturns, Weights, check_backtest_returns, weight_vector
from foliohub.backtest.result import BacktestResult
from foliohub.backtest.simulation import assemble
from foliohub.backtest.splits import Split, splits_at, walk_forward_splits
from foliohub.calendars import Frequency
from foliohub.costs import CostModel
from foliohub.errors import InputError
from foliohub.types import Allocator

logger = logging.getLogger(__name__)


def walk_forward(
    returns: pd.DataFrame,
    allocator: Allocator,
    window: int,
    step: int | Frequency = 1,
    purge: int = 1,
    costs: CostModel | None = None,
    expanding: bool = False,
    *,
    periods_per_year: float | None = None,
    expected_returns: pd.DataFrame | None = None,
    risk_free: RiskFreeReturns | None = None,
    initial_weights: Weights | None = None,
    progress: Callable[[int, int], object] | None = None,
    name: str | None = None,
) -> BacktestResult:
    """Backtest an allocator out of sample.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_tickers)
        Simple returns per period, decimal; total or excess returns. NaN where a ticker is not quoted. Index: dates,
        periods or whole numbers, sorted.
    allocator : Allocator
        Any object with ``fit(X)`` and ``weights_``, as those of :mod:`foliohub.allocate` or skfolio. Each decision
        fits a fresh copy. `previous_weights` and `expected_returns` are passed where its `fit` has such a parameter.
    window : int
        Rows each decision is fitted to; the first is taken at the close of row ``window - 1``.
    step : int or {"daily", "weekly", "monthly", "quarterly"}
        Rows from one decision to the next, or the calendar period at whose last row each is taken.
    purge : int
        Rows between a decision and its first return. 1: decided at the close of *t*, traded at the close of *t+1*,
        first return earned at *t+2*. 0: traded at the close decided on, first return at *t+1*.
    costs : CostModel, optional
        Charged on ``Σ|Δw|`` of each trade against drifted weights, as a share of the wealth at its close; None for
        nothing.
    expanding : bool
        Fit to all rows so far rather than to the last `window`.
    periods_per_year : float, optional
        Told from the dates where there are any. 1 gives Sharpe ratios per period, as papers print them.
    expected_returns : DataFrame (n_forecasts, n_tickers), optional
        Forecast simple return per period, indexed by the date at whose close it was *known*. A decision gets the last
        row on or before its date; tickers whose forecast is missing there are left out of it.
    risk_free : float or Series (n_dates,), optional
        Risk-free return per period: what cash earns, and what Sharpe and Sortino ratios subtract. None: cash earns
        zero, which is also right where `returns` are excess returns.
    initial_weights : Series or mapping, optional
        Weights held before the first trade; None for cash.
    progress : callable, optional
        Called with (decisions taken, decisions in all) after each.
    name : str, optional
        What tables and plots call the strategy; None for the allocator's name.

    Returns
    -------
    BacktestResult
        With ``n_dates - window - purge`` returns where `step` counts rows: the first is that of row
        ``window + purge``, the last that of the last row.

    Raises
    ------
    ContractError
        Where `returns` break their contract.
    InputError
        Where an argument is out of range, there are too few rows, or a decision finds no ticker with a full window
        or no expected return.
    ModelError
        Where the allocator does not give one finite weight per ticker.

    Notes
    -----
    *Universe.* A ticker with a gap in the window of a decision is left out of that decision: its weight is zero, and
    `eligible` of the result says so. With `expanding` the window is all rows so far, so that a ticker which entered
    later never takes part. A ticker without a return at the close of a trade has no price there and is not bought;
    one whose return goes missing while it is held is closed at its last price into cash, at the close of the first
    date without a return, and charged like any sale.

    *Previous weights* are what is held at the decision: the last decision's weights, drifted by the returns since they
    were traded (by none where they are yet to be).

    *Ruin.* Weights may be short or leveraged; a period that loses everything or more raises nothing, see
    :class:`BacktestResult`.

    References
    ----------
    .. [1] DeMiguel, V., Garlappi, L. and Uppal, R. (2009). Optimal Versus Naive Diversification: How Inefficient is the
       1/N Portfolio Strategy? Review of Financial Studies 22(5), 1915-1953. (Rolling windows, turnover against
       drifted weights.)

    Examples
    --------
    >>> from foliohub import allocate
    >>> dates = pd.date_range("2020-01-31", periods=6, freq="ME")
    >>> returns = pd.DataFrame({"A": [0.01, 0.02, 0.03, -0.01, 0.02, 0.01], "B": [0.0] * 6}, index=dates)
    >>> result = walk_forward(returns, allocate.get("equal_weight"), window=3, purge=0)
    >>> result.gross_returns.tolist()
    [-0.005, 0.01, 0.005]
    """
    returns = _row_by_row(check_backtest_returns(returns))
    decider = Decider.of(allocator)
    splits = _splits(returns.index, window, step, purge, expanding)
    forecasts = None if expected_returns is None else _Forecasts(expected_returns, returns.columns)
    starting = weight_vector({} if initial_weights is None else initial_weights, returns.columns, "initial_weights")
    values = returns.to_numpy()
    targets = np.zeros((len(splits), returns.shape[1]))
    eligible = np.zeros(targets.shape, dtype=bool)
    for number, split in enumerate(splits):
        window_returns, date = returns.iloc[split.train], returns.index[split.decision]
        chosen = complete_columns(window_returns, date)
        expected = None
        if decider.takes_expected_returns and forecasts is not None:
            expected, known = forecasts.at(date)
            chosen = chosen & known
            if not chosen.any():
                raise InputError(
                    f"No ticker with a full window has an expected return at {date}.",
                    remedy="Forecast the tickers of the returns, or start later.",
                )
        everything = bool(chosen.all())
        previous = None
        if decider.takes_previous_weights:
            previous = starting
            if number:
                since = values[splits[number - 1].first_return : split.decision + 1]
                previous = drifted_since(since, targets[number - 1])
            previous = previous[chosen]
        targets[number, chosen] = decider.weights(
            window_returns if everything else window_returns.loc[:, chosen],
            previous,
            expected if expected is None or everything else expected[chosen],
        )
        eligible[number] = chosen
        if progress is not None:
            progress(number + 1, len(splits))
    result = assemble(
        returns,
        np.array([split.first_return - 1 for split in splits], dtype=np.intp),
        targets,
        decided=returns.index[[split.decision for split in splits]],
        eligible=eligible,
        costs=costs,
        periods_per_year=periods_per_year,
        risk_free=risk_free,
        initial_weights=initial_weights,
        name=name or decider.name,
    )
    if result.ruined is not None:
        logger.warning("%s lost all of its wealth in the period to %s.", result.name, result.ruined)
    return result


def _row_by_row(returns: pd.DataFrame) -> pd.DataFrame:
    """The same returns, laid out in memory by rows: sums over another layout end in other bits."""
    values = np.ascontiguousarray(returns.to_numpy())
    return pd.DataFrame(values, index=returns.index, columns=returns.columns, copy=False)


class _Forecasts:
    """Expected returns by the date they were known."""

    def __init__(self, expected_returns: pd.DataFrame, columns: pd.Index) -> None:
        missing = columns.difference(expected_returns.columns)
        if len(missing):
            raise InputError(
                f"expected_returns has no column for {list(missing[:3])}.",
                remedy="Give every ticker of the returns a column; NaN where there is no forecast.",
            )
        if not (expected_returns.index.is_unique and expected_returns.index.is_monotonic_increasing):
            raise InputError("The index of expected_returns is not sorted, or holds a date twice.")
        self._frame = expected_returns[columns].astype(np.float64)

    def at(self, date: Any) -> tuple[pd.Series[float], np.ndarray]:
        """Return the last row known at `date`, and which tickers it forecasts."""
        position = int(self._frame.index.searchsorted(date, side="right")) - 1
        if position < 0:
            raise InputError(
                f"No expected return is known at {date}: the first is of {self._frame.index[0]}.",
                remedy="Start the returns later, or forecast earlier dates.",
            )
        row = self._frame.iloc[position]
        return row, np.isfinite(row.to_numpy())


def _splits(index: pd.Index, window: int, step: int | Frequency, purge: int, expanding: bool) -> tuple[Split, ...]:
    if not isinstance(step, str):
        return walk_forward_splits(len(index), window, step, purge, expanding)
    if not isinstance(index, pd.DatetimeIndex):
        raise InputError(f"step is {step!r}, but the returns have no dates.", remedy="Give a number of rows.")
    decisions = index.get_indexer(calendars.rebalance_dates(index, step))
    splits = splits_at(decisions.tolist(), len(index), window, purge, expanding)
    if not splits:
        raise InputError(
            f"{len(index)} rows hold no {step} decision with {window} rows before it and a return after it.",
            remedy="Give more rows, or shorten the window.",
        )
    return splits
