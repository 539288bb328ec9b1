"""From target weights to whole-share orders that can be paid for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.costs import CostModel
from foliohub.errors import InputError
from foliohub.orders.lots import LotCounts, LotProblem, closest_lots
from foliohub.types import FloatArray

ByTicker: TypeAlias = Union["pd.Series[float]", Mapping[str, float]]
"""Ticker -> number."""

ORDER_COLUMNS = (
    "ticker",
    "side",
    "shares",
    "price",
    "value",
    "estimated_cost",
    "weight_before",
    "target_weight",
    "weight_after",
)

_NOISE = 1e-6
"""By how much weights may miss zero or sum to more than one: what an optimiser's tolerance leaves."""


@dataclass(frozen=True, slots=True, eq=False)
class RebalanceOrders:
    """What to buy and sell, and what it leaves.

    Parameters
    ----------
    orders : DataFrame (n_orders, 9)
        Columns :data:`ORDER_COLUMNS`: `side` is "sell" or "buy", `shares` positive and whole, `price` per share,
        `value` shares times price, `estimated_cost` in the same currency. Sales first, as they pay for purchases;
        the largest value first among each.
    positions : DataFrame (n_tickers, 8)
        Every ticker held or wanted, indexed by ticker: `shares_before`, `shares_after`, `price`, `value_before`,
        `value_after`, `weight_before`, `target_weight`, `weight_after`.
    wealth : float
        Cash and holdings before trading. All weights are fractions of it, so that those after trading, cash and
        costs add up to one.
    cash_before, cash_after : float
        Cash before and after trading and costs; afterwards never negative.
    estimated_cost : float
        Of all orders.
    residual : float
        ``Σ |weight_after - target_weight|`` over all tickers: what rounding to whole lots, and having to pay, leaves.
    gap : float
        No other whole-lot orders that can be paid for have a residual smaller by more than this: 0, 1e-8 or so, or
        where the search was cut short what it has left open. (Orders below the minimum value count as impossible.)
    """

    orders: pd.DataFrame
    positions: pd.DataFrame
    wealth: float
    cash_before: float
    cash_after: float
    estimated_cost: float
    residual: float
    gap: float

    @property
    def turnover(self) -> float:
        """Half of the value traded, as a fraction of wealth."""
        return float(self.orders["value"].sum()) / 2 / self.wealth

    @property
    def holdings_after(self) -> pd.Series[int]:
        """Shares by ticker after trading, those no longer held left out."""
        shares = self.positions["shares_after"]
        return shares[shares > 0].rename("shares")


def rebalance(
    target_weights: ByTicker,
    holdings: ByTicker,
    prices: ByTicker,
    cash: float,
    costs: CostModel | None = None,
    *,
    lot_size: int | Mapping[str, int] = 1,
    minimum_trade_value: float = 0.0,
) -> RebalanceOrders:
    """Whole-share orders that bring holdings as close to target weights as the cash allows.

    Minimises ``Σ |weight_after - target_weight|`` subject to ``cash_after >= 0``, costs included.

    Parameters
    ----------
    target_weights : Series or mapping (n_targets,)
        Fractions of wealth, not negative, summing to one at most; the rest stays in cash. A ticker that is held and
        not named is sold.
    holdings : Series or mapping (n_held,)
        Whole shares held now.
    prices : Series or mapping
        Price per share of every ticker held or wanted; others are ignored.
    cash : float
        Currency at hand; below zero where more was spent than there was, which sales then cover first.
    costs : CostModel, optional
        Charged on the value of every order; None for nothing.
    lot_size : int or mapping of ticker to int
        Orders are multiples of it, but for the sale of a whole position; 1 where a mapping does not name a ticker.
    minimum_trade_value : float
        Orders worth less are left out, but for the sale of a whole position.

    Returns
    -------
    RebalanceOrders

    Raises
    ------
    InputError
        Where a weight is negative or the weights sum to more than one, a price is missing or not positive, a holding
        is negative or not whole, more is owed than can be sold, or there is nothing to invest.

    Notes
    -----
    Wealth is cash plus holdings at the given prices, before costs. Money is counted exactly, in the decimals the
    numbers are written with, so that cash never goes below zero by a rounding error. Orders below the minimum are
    taken out one round at a time, and the others optimised again with what that leaves.

    Examples
    --------
    >>> result = rebalance({"A": 0.6, "B": 0.4}, {"A": 10}, {"A": 30.0, "B": 45.0}, cash=700.0)
    >>> result.orders[["ticker", "side", "shares", "weight_after"]]
      ticker side  shares  weight_after
    0      B  buy       9         0.405
    1      A  buy       9         0.570
    >>> result.cash_after
    25.0
    """
    table = _positions(target_weights, holdings, prices)
    exact = {ticker: _fraction(price) for ticker, price in table["price"].items() if price > 0}
    rate = _fraction(costs.rate) if costs else Fraction(0)
    at_hand = _fraction(_check_cash(cash))
    wealth = at_hand + sum(exact[t] * int(n) for t, n in table["shares_before"].items() if n)
    if wealth <= 0 <= at_hand:
        raise InputError("There are no holdings and no cash to invest.", remedy="Give holdings or cash.")
    if wealth <= 0:
        raise _uncovered(at_hand)
    lots = pd.Series({ticker: _lot(lot_size, ticker) for ticker in table.index}, dtype=np.int64)
    if not minimum_trade_value >= 0:
        raise InputError(f"minimum_trade_value is {minimum_trade_value}.", remedy="Give zero or more.")

    before = table["shares_before"]
    closed = (table["target_weight"] == 0) & (before > 0)
    proceeds = sum((exact[t] * int(before[t]) * (1 - rate) for t in table.index[closed]), Fraction(0))
    open_tickers = table.index[(table["target_weight"] > 0).to_numpy()]
    after, gap = before.where(~closed, 0), 0.0
    while len(open_tickers):
        size = lots[open_tickers].to_numpy()
        held = before[open_tickers].to_numpy() // size
        lot_values = tuple(exact[ticker] * int(lots[ticker]) for ticker in open_tickers)
        problem = LotProblem(
            lot_values=lot_values,
            held=held,
            wanted=_wanted(table.loc[open_tickers], lot_values, size, wealth),
            cash=at_hand + proceeds,
            rate=rate,
        )
        solution = closest_lots(problem)
        gap = solution.gap / float(wealth)
        change = (solution.lots - held) * size
        after[open_tickers] = before[open_tickers].to_numpy() + change
        value = np.abs(change) * table.loc[open_tickers, "price"].to_numpy()
        small = (change != 0) & (value < minimum_trade_value)
        if not small.any():
            break
        after[open_tickers[small]] = before[open_tickers[small]]
        open_tickers = open_tickers[~small]
    result = _orders(table, after, wealth=wealth, cash=at_hand, rate=rate, exact=exact, gap=gap)
    if result.cash_after < 0:
        raise _uncovered(at_hand)
    return result


def _wanted(table: pd.DataFrame, lot_values: tuple[Fraction, ...], size: LotCounts, wealth: Fraction) -> FloatArray:
    # Shares beyond whole lots (from a split, say) cannot be traded but count towards the target.
    odd = (table["shares_before"].to_numpy() % size) / size
    targets = table["target_weight"].to_numpy() * float(wealth)
    wanted: FloatArray = np.maximum(targets / np.array([float(value) for value in lot_values]) - odd, 0.0)
    return wanted


def _orders(
    table: pd.DataFrame,
    after: pd.Series[int],
    *,
    wealth: Fraction,
    cash: Fraction,
    rate: Fraction,
    exact: Mapping[Hashable, Fraction],
    gap: float,
) -> RebalanceOrders:
    """Put the shares after trading into frames, with exact cash."""
    before, price, total = table["shares_before"], table["price"].where(table["price"] > 0, 0.0), float(wealth)
    positions = pd.DataFrame(
        {
            "shares_before": before,
            "shares_after": after,
            "price": table["price"],
            "value_before": before * price,
            "value_after": after * price,
            "weight_before": before * price / total,
            "target_weight": table["target_weight"],
            "weight_after": after * price / total,
        }
    )
    change = after - before
    traded = positions[change != 0]
    shares = change[change != 0]
    values = shares.abs() * traded["price"]
    orders = pd.DataFrame(
        {
            "ticker": traded.index,
            "side": np.where(shares > 0, "buy", "sell"),
            "shares": shares.abs().to_numpy(),
            "price": traded["price"].to_numpy(),
            "value": values.to_numpy(),
            "estimated_cost": values.to_numpy() * float(rate),
            "weight_before": traded["weight_before"].to_numpy(),
            "target_weight": traded["target_weight"].to_numpy(),
            "weight_after": traded["weight_after"].to_numpy(),
        },
        columns=list(ORDER_COLUMNS),
    )
    orders = orders.sort_values(["side", "value"], ascending=[False, False], kind="stable", ignore_index=True)
    spent = sum((exact[ticker] * int(number) for ticker, number in shares.items()), Fraction(0))
    cost = rate * sum((exact[ticker] * abs(int(number)) for ticker, number in shares.items()), Fraction(0))
    return RebalanceOrders(
        orders=orders,
        positions=positions,
        wealth=total,
        cash_before=float(cash),
        cash_after=float(cash - spent - cost),
        estimated_cost=float(cost),
        residual=float((positions["weight_after"] - positions["target_weight"]).abs().sum()),
        gap=gap,
    )


def _positions(target_weights: ByTicker, holdings: ByTicker, prices: ByTicker) -> pd.DataFrame:
    """Check the three inputs and lay them side by side, one row per ticker held or wanted."""
    weights, shares, quotes = (
        _series(numbers, what)
        for numbers, what in ((target_weights, "target_weights"), (holdings, "holdings"), (prices, "prices"))
    )
    _refuse(weights, ~np.isfinite(weights), "target_weights", "Weights are finite numbers; zero sells.")
    _refuse(weights, weights < -_NOISE, "target_weights", "Only long positions are ordered: leave out short ones.")
    if weights.sum() > 1 + _NOISE:
        raise InputError(
            f"The target weights sum to {weights.sum():.6g}.", remedy="Scale them to one at most: nothing is borrowed."
        )
    _refuse(shares, ~np.isfinite(shares), "holdings", "Holdings are whole shares; zero where there are none.")
    _refuse(shares, shares < 0, "holdings", "Short positions are not handled.")
    _refuse(shares, shares != np.floor(shares), "holdings", "Settle fractions of shares in cash first.")
    tickers = weights.index.union(shares[shares > 0].index, sort=False)
    table = pd.DataFrame(
        {
            "target_weight": weights.reindex(tickers, fill_value=0.0).clip(lower=0.0),
            "shares_before": shares.reindex(tickers, fill_value=0.0).astype(np.int64),
            "price": quotes.reindex(tickers),
        }
    )
    needed = (table["target_weight"] > 0) | (table["shares_before"] > 0)
    priced = np.isfinite(table["price"]) & (table["price"] > 0)
    if (needed & ~priced).any():
        ticker = table.index[needed & ~priced][0]
        role = "held" if table.loc[ticker, "shares_before"] else "wanted"
        found = f"its price is {table.loc[ticker, 'price']}" if ticker in quotes.index else "it has no price"
        raise InputError(f"{ticker} is {role}, but {found}.", remedy="Give a positive price of its last close.")
    return table


def _series(numbers: ByTicker, what: str) -> pd.Series[float]:
    series = pd.Series(numbers, dtype=np.float64)
    if not series.index.is_unique:
        raise InputError(
            f"{what} names {series.index[series.index.duplicated()][0]!r} more than once.", remedy="Name it once."
        )
    return series


def _refuse(series: pd.Series[float], offends: pd.Series[bool] | npt.NDArray[np.bool_], what: str, remedy: str) -> None:
    if offends.any():
        ticker = series.index[offends][0]
        raise InputError(f"{what} holds {series[ticker]:g} for {ticker}.", remedy=remedy)


def _check_cash(cash: float) -> float:
    if not np.isfinite(cash):
        raise InputError(f"The cash is {cash}.", remedy="Give what is at hand; below zero for what is owed.")
    return float(cash)


def _uncovered(cash: Fraction) -> InputError:
    return InputError(
        f"{float(-cash):,.2f} of cash are owed, more than can be sold.", remedy="Correct the holdings or the cash."
    )


def _lot(lot_size: int | Mapping[str, int], ticker: Hashable) -> int:
    size = lot_size.get(str(ticker), 1) if isinstance(lot_size, Mapping) else lot_size
    if isinstance(size, bool) or size != int(size) or size < 1:
        raise InputError(f"The lot size of {ticker} is {size}.", remedy="Give a whole number of shares, 1 or more.")
    return int(size)


def _fraction(number: float) -> Fraction:
    """Take the decimal number as it is written: 0.1 is a tenth, as money is counted."""
    return Fraction(Decimal(repr(float(number))))
