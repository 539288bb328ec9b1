"""What must hold of every rebalance, and the best of a few tickers found by trying everything."""

import itertools
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foliohub.costs import CostModel
from foliohub.errors import InputError
from foliohub.orders import rebalance

MODERATE = settings(max_examples=50, deadline=None)

cents = st.integers(1, 100_000).map(lambda number: number / 100)
share_counts = st.integers(0, 300)
basis_points = st.sampled_from([0, 1, 5, 25, 100])


@st.composite
def portfolios(draw, most=12, prices=cents, shares=share_counts):
    size = draw(st.integers(1, most))
    tickers = [f"T{i}" for i in range(size)]
    raw = np.array(draw(st.lists(st.integers(0, 100), min_size=size, max_size=size)), dtype=float)
    invested = draw(st.sampled_from([1.0, 1.0, 0.9, 0.3]))
    weights = raw / raw.sum() * invested if raw.sum() else raw
    quoted = pd.Series([draw(prices) for _ in tickers], tickers)
    held = pd.Series([draw(shares) for _ in tickers], tickers)
    cash = draw(st.integers(0, 5_000_000)) / 100
    assume(cash + float(held @ quoted) > 0)
    return pd.Series(weights, tickers), held, quoted, cash, CostModel(draw(basis_points))


def exact_cash_after(result, prices, cash, costs):
    """Counted in decimals, order by order."""
    left, rate = Decimal(repr(cash)), Decimal(repr(costs.rate))
    for order in result.orders.itertuples():
        value = Decimal(repr(float(prices[order.ticker]))) * order.shares
        left += value if order.side == "sell" else -value
        left -= value * rate
    return left


@MODERATE
@given(portfolios(), st.floats(0, 1.2))
def test_what_is_owed_is_covered_or_refused(portfolio, part):
    weights, held, prices, _, costs = portfolio
    owed = round(part * float(held @ prices), 2)
    assume(owed > 0)
    everything = sum(Decimal(repr(float(prices[t]))) * int(n) for t, n in held.items())
    covered = Decimal(repr(owed)) <= everything * (1 - Decimal(repr(costs.rate))) and Decimal(repr(owed)) < everything
    if covered:
        result = rebalance(weights, held, prices, -owed, costs)
        assert exact_cash_after(result, prices, -owed, costs) >= 0
    else:
        with pytest.raises(InputError, match="are owed"):
            rebalance(weights, held, prices, -owed, costs)


@MODERATE
@given(portfolios(), st.sampled_from([1, 1, 10]), st.sampled_from([0.0, 0.0, 200.0]))
def test_never_spends_what_is_not_there(portfolio, lot_size, minimum):
    weights, held, prices, cash, costs = portfolio
    result = rebalance(weights, held, prices, cash, costs, lot_size=lot_size, minimum_trade_value=minimum)
    assert result.cash_after >= 0
    left = exact_cash_after(result, prices, cash, costs)
    assert left >= 0
    assert float(left) == pytest.approx(result.cash_after, abs=1e-9)
    after = result.positions["shares_after"]
    assert (after >= 0).all()
    change = (after - result.positions["shares_before"])[after > 0]
    assert (change % lot_size == 0).all()
    values = result.orders["value"].to_numpy()
    whole_sale = result.orders["weight_after"].to_numpy() == 0
    assert (values[~whole_sale] >= minimum).all()


@MODERATE
@given(portfolios())
def test_holding_the_target_needs_no_orders(portfolio):
    _, held, prices, cash, costs = portfolio
    wealth = cash + float(held @ prices)
    result = rebalance(held * prices / wealth, held, prices, cash, costs)
    assert result.orders.empty


@MODERATE
@given(portfolios())
def test_trading_what_was_ordered_leaves_nothing_to_order_without_costs(portfolio):
    weights, held, prices, cash, _ = portfolio
    first = rebalance(weights, held, prices, cash)
    again = rebalance(weights, first.positions["shares_after"], prices, first.cash_after)
    assert again.residual <= first.residual + again.gap + 1e-12
    assert first.residual <= again.residual + first.gap + 1e-12


@settings(MODERATE, max_examples=25)
@given(portfolios(), st.integers(2, 7))
def test_the_currency_does_not_matter(portfolio, factor):
    weights, held, prices, cash, costs = portfolio
    one = rebalance(weights, held, prices, cash, costs)
    other = rebalance(weights, held, (prices * factor).round(2), round(cash * factor, 2), costs)
    assert abs(other.residual - one.residual) <= max(other.gap, one.gap) + 1e-12


def brute_force(weights, held, prices, cash, costs):
    """Least residual over every combination of whole shares that can be paid for."""
    quoted = [Decimal(repr(float(price))) for price in prices]
    money, rate = Decimal(repr(cash)), Decimal(repr(costs.rate))
    wealth = money + sum(price * int(number) for price, number in zip(quoted, held, strict=True))
    ranges = []
    for weight, price in zip(weights, quoted, strict=True):
        ranges.append(range(int(Decimal(weight) * wealth / price) + 2) if weight > 0 else (0,))
    best = None
    for shares in itertools.product(*ranges):
        left = money
        for number, before, price in zip(shares, held, quoted, strict=True):
            left -= (number - int(before)) * price + abs(number - int(before)) * price * rate
        if left >= 0:
            placed = zip(shares, quoted, weights, strict=True)
            residual = sum(abs(float(number * price / wealth) - weight) for number, price, weight in placed)
            best = residual if best is None else min(best, residual)
    return best


@MODERATE
@given(
    portfolios(
        most=3, prices=st.integers(2_000, 60_000).map(lambda number: number / 100), shares=st.integers(0, 12)
    ).filter(lambda portfolio: portfolio[3] + float(portfolio[1] @ portfolio[2]) < 12_000)
)
def test_no_other_whole_shares_that_can_be_paid_for_are_closer(portfolio):
    weights, held, prices, cash, costs = portfolio
    result = rebalance(weights, held, prices, cash, costs)
    assert result.gap < 1e-5
    least = brute_force(weights, held, prices, cash, costs)
    assert least - 1e-12 <= result.residual <= least + result.gap + 1e-12
