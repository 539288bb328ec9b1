"""The arithmetic of a backtest on plain arrays: drift, trades, costs.

Between two trades nothing is decided, so every stretch from one trade to the next is independent of the others: they
advance side by side, one period at a time, as rows of one array. Daily rebalancing is then a single step over all days,
buy-and-hold as many steps as days over a single row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foliohub.types import FloatArray

IntArray = npt.NDArray[np.intp]

_CACHED_NUMBERS = 32_768  # 256 KiB: what is worked on at one time stays in a core's second-level cache


@dataclass(frozen=True, slots=True)
class Paths:
    """What became of a sequence of trades.

    Parameters
    ----------
    gross, net : ndarray (n_periods,)
        Return of each period before and after costs.
    drifted : ndarray (n_periods, n_tickers)
        Weights at the close of each period, before any trade at that close.
    traded_at : ndarray (n_trades,)
        Row at whose close each trade happened; row ``i`` is the close before period ``i``.
    trades : ndarray (n_trades, n_tickers)
        Change of weight in each trade.
    turnover : ndarray (n_trades,)
        ``½ Σ|Δw|`` of each trade.
    costs : ndarray (n_trades,)
        Cost of each trade as a share of the wealth before it.
    """

    gross: FloatArray
    net: FloatArray
    drifted: FloatArray
    traded_at: IntArray
    trades: FloatArray
    turnover: FloatArray
    costs: FloatArray


def simulate_paths(
    returns: FloatArray,
    starts: IntArray,
    targets: FloatArray,
    *,
    initial: FloatArray,
    rate: float = 0.0,
    cash_returns: FloatArray | None = None,
) -> Paths:
    """Hold and trade a sequence of target weights.

    Parameters
    ----------
    returns : ndarray (n_periods, n_tickers)
        Simple returns of the periods after the first trade; NaN where a ticker is no longer quoted.
    starts : ndarray (n_targets,)
        First period each row of `targets` earns; strictly increasing from 0, below n_periods.
    targets : ndarray (n_targets, n_tickers)
        Weights after each trade.
    initial : ndarray (n_tickers,)
        Weights before the first trade.
    rate : float
        Cost per unit of value traded.
    cash_returns : ndarray (n_periods,), optional
        What cash earns; None for nothing.

    Returns
    -------
    Paths
    """
    held = _Held(returns, cash_returns, np.empty(len(returns)), np.empty_like(returns))
    exits = _drift(held, starts, targets)
    gross, drifted = held.gross, held.drifted
    before = np.empty_like(targets)
    before[0] = initial
    np.take(drifted, starts[1:] - 1, axis=0, out=before[1:], mode="clip")
    trades = np.subtract(targets, before, out=before)
    traded_at = starts
    if exits:
        rows, sold = (np.concatenate(part) for part in zip(*exits, strict=True))
        traded_at, trades = np.concatenate([starts, rows]), np.concatenate([trades, -sold])
        order = np.argsort(traded_at, kind="stable")
        traded_at, trades = traded_at[order], trades[order]
    turnover = _absolute_sums(trades) / 2
    costs = 2 * rate * turnover
    charged = np.zeros(len(returns))
    charged[traded_at] = costs
    # The same as (1 - cost) * (1 + gross) - 1, and exactly `gross` where nothing is charged. A cost of everything or
    # more leaves nothing to earn a return on.
    net = np.where(charged < 1, gross - charged * (1 + gross), -charged)
    return Paths(gross, net, drifted, traded_at, trades, turnover, costs)


def _absolute_sums(trades: FloatArray) -> FloatArray:
    sums = np.empty(len(trades))
    rows = max(1, _CACHED_NUMBERS // trades.shape[1])
    for begin in range(0, len(trades), rows):
        sums[begin : begin + rows] = np.abs(trades[begin : begin + rows]).sum(axis=1)
    return sums


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of the periods, and the two arrays that holding through them fills."""

    returns: FloatArray
    cash_returns: FloatArray | None
    gross: FloatArray
    drifted: FloatArray


def _drift(held: _Held, starts: IntArray, targets: FloatArray) -> list[tuple[IntArray, FloatArray]]:
    """Fill `gross` and `drifted`; returns (rows, weights sold) of the positions that ended between two trades."""
    lengths = np.diff(starts, append=len(held.returns))
    order = np.argsort(-lengths, kind="stable")  # longest first: the stretches still running are always the first ones
    exits: list[tuple[IntArray, FloatArray]] = []
    side_by_side = max(1, _CACHED_NUMBERS // targets.shape[1])
    for begin in range(0, len(order), side_by_side):
        chosen = order[begin : begin + side_by_side]
        exits += _advance(held, starts[chosen], lengths[chosen], targets[chosen])
    return exits


def _advance(held: _Held, first: IntArray, lengths: IntArray, weights: FloatArray) -> list[tuple[IntArray, FloatArray]]:
    """Hold stretches of falling `lengths` side by side, each from its period `first` with its row of `weights`."""
    refunded = weights.copy()
    idle = 1 - weights.sum(axis=1)
    exits: list[tuple[IntArray, FloatArray]] = []
    for elapsed in range(int(lengths[0])):
        running = int(np.searchsorted(-lengths, -elapsed))
        if running < len(first):
            first, weights, refunded, idle = first[:running], weights[:running], refunded[:running], idle[:running]
        rows = first + elapsed
        earned = held.returns[rows]
        gone = np.isnan(earned)
        ending = bool(gone.any())
        if ending:
            earned[gone] = 0.0  # closed at the last price
        earned *= weights
        period = earned.sum(axis=1)
        if held.cash_returns is not None:
            period += idle * held.cash_returns[rows]
            idle *= 1 + held.cash_returns[rows]
        held.gross[rows] = period
        growth = 1 + period
        ruined = growth <= 0
        growth[ruined] = 1.0
        weights += earned
        weights /= growth[:, None]
        idle /= growth
        if ruined.any():
            weights[ruined] = refunded[ruined]
            idle[ruined] = 1 - refunded[ruined].sum(axis=1)
        held.drifted[rows] = weights
        if ending:
            sold = np.where(gone, weights, 0.0)
            between = sold.any(axis=1) & (elapsed + 1 < lengths[:running])
            exits.append((rows[between] + 1, sold[between]))
            idle += sold.sum(axis=1)
            weights[gone] = refunded[gone] = 0.0
    return exits
