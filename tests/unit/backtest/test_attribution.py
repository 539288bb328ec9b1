"""Gains add up: over tickers to the change of wealth, and to what money in plain loops says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest import buy_and_hold, gains, simulate
from foliohub.costs import CostModel


def targets(returns: pd.DataFrame, seed: int = 4) -> pd.DataFrame:
    dates = returns.index[5:-1:10]
    return pd.DataFrame(np.random.default_rng(seed).dirichlet(np.ones(5), len(dates)), dates, returns.columns)


def money_in_plain_loops(returns: pd.DataFrame, weights: pd.DataFrame, rate: float) -> pd.DataFrame:
    """The slow twin: amounts of money per ticker, traded and grown one by one."""
    held = dict.fromkeys(returns.columns, 0.0)
    cash, rows, cost = 1.0, [], 0.0
    for row, date in enumerate(returns.index):
        if row and date > weights.index[0]:
            gained = {name: amount * returns.at[date, name] for name, amount in held.items()}
            held = {name: amount + gained[name] for name, amount in held.items()}
            rows.append({**gained, "costs": -cost})
            cost = 0.0
        if date in weights.index:
            wealth = cash + sum(held.values())
            cost = rate * sum(abs(weights.at[date, name] * wealth - amount) for name, amount in held.items())
            left = wealth - cost
            held = {name: weights.at[date, name] * left for name in held}
            cash = left - sum(held.values())
    return pd.DataFrame(rows, returns.index[returns.index > weights.index[0]])


def test_gains_are_the_money_each_ticker_made(returns):
    costs = CostModel(20, 5)
    found = gains(simulate(returns, targets(returns), costs))
    expected = money_in_plain_loops(returns, targets(returns), costs.rate)
    np.testing.assert_allclose(found, expected[found.columns], rtol=0, atol=1e-14)


def test_gains_add_up_to_the_change_of_wealth(returns):
    result = simulate(returns, targets(returns), CostModel(30, 0))
    np.testing.assert_allclose(gains(result).sum(axis=1), result.wealth.diff().iloc[1:], rtol=0, atol=1e-14)
    assert (gains(result)["costs"] <= 0).all()


def test_gains_over_some_periods_are_contributions_to_their_return(returns):
    result = simulate(returns, targets(returns), CostModel(30, 0))
    first, last = result.wealth.index[[20, 70]]
    total = gains(result).loc[first:last].iloc[1:].sum() / result.wealth[first]
    assert total.sum() == pytest.approx(result.wealth[last] / result.wealth[first] - 1, abs=1e-14)


def test_cash_that_earns_has_a_column_of_its_own(returns):
    half = targets(returns) / 2
    result = simulate(returns, half, CostModel(5, 5), risk_free=0.0002)
    found = gains(result)
    assert (found["cash"] > 0).all()
    np.testing.assert_allclose(found.sum(axis=1), result.wealth.diff().iloc[1:], rtol=0, atol=1e-14)


def test_a_ticker_that_leaves_gains_nothing_afterwards(returns):
    returns = returns.copy()
    returns.loc[returns.index[60] :, "B"] = np.nan
    result = simulate(returns, targets(returns).iloc[:4], CostModel(5, 5))
    found = gains(result)
    assert (found.loc[returns.index[60] :, "B"].abs() < 1e-15).all()
    np.testing.assert_allclose(found.sum(axis=1), result.wealth.diff().iloc[1:], rtol=0, atol=1e-14)


def test_what_was_held_before_the_first_trade_counts(returns):
    held = {"A": 0.5, "C": 0.5}
    result = simulate(returns, targets(returns), CostModel(5, 5), initial_weights=held)
    np.testing.assert_allclose(gains(result, held).sum(axis=1), result.wealth.diff().iloc[1:], rtol=0, atol=1e-14)


def test_an_index_is_its_own_gain(returns):
    result = buy_and_hold(returns["A"].rename("index"))
    np.testing.assert_allclose(gains(result)["index"], result.wealth.diff().iloc[1:], rtol=0, atol=1e-15)
