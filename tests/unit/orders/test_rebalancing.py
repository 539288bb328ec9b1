import dataclasses
import time

import numpy as np
import pandas as pd
import pytest

from foliohub.costs import CostModel
from foliohub.errors import InputError
from foliohub.orders import ORDER_COLUMNS, rebalance

PRICES = pd.Series({"AAPL": 189.25, "MSFT": 402.1, "KO": 60.07, "XOM": 101.33})
TARGET = pd.Series({"AAPL": 0.4, "MSFT": 0.35, "KO": 0.25})
COSTS = CostModel(commission_bps=2, half_spread_bps=3)


@pytest.fixture
def result():
    return rebalance(TARGET, {"XOM": 500, "KO": 9000}, PRICES, cash=409_000.0, costs=COSTS)


def test_orders_say_what_to_do_and_what_it_costs(result):
    orders = result.orders
    assert tuple(orders.columns) == ORDER_COLUMNS
    assert orders["side"].tolist() == ["sell", "sell", "buy", "buy"]
    assert orders["ticker"].tolist() == ["KO", "XOM", "AAPL", "MSFT"]
    assert (orders["shares"] > 0).all()
    assert orders["shares"].dtype == np.int64
    np.testing.assert_allclose(orders["value"], orders["shares"] * PRICES[orders["ticker"]].to_numpy())
    np.testing.assert_allclose(orders["estimated_cost"], orders["value"] * 0.0005)
    assert result.estimated_cost == pytest.approx(orders["estimated_cost"].sum())


def test_cash_flows_add_up(result):
    signs = np.where(result.orders["side"] == "sell", 1, -1)
    expected = 409_000 + (signs * result.orders["value"]).sum() - result.orders["estimated_cost"].sum()
    assert result.cash_after == pytest.approx(expected, abs=1e-6)
    assert result.cash_after >= 0
    assert result.wealth == pytest.approx(409_000 + 500 * 101.33 + 9000 * 60.07)
    everything = result.positions["weight_after"].sum() + (result.cash_after + result.estimated_cost) / result.wealth
    assert everything == pytest.approx(1.0, abs=1e-12)


def test_weights_come_close_to_their_targets(result):
    assert result.residual < 1e-3
    expected = (result.positions["weight_after"] - result.positions["target_weight"]).abs().sum()
    assert result.residual == pytest.approx(expected)
    assert 0 <= result.gap <= 1.1e-8
    assert result.turnover == pytest.approx(result.orders["value"].sum() / 2 / result.wealth)


def test_what_is_held_outside_the_target_is_sold(result):
    assert result.positions.loc["XOM", "shares_after"] == 0
    assert "XOM" not in result.holdings_after
    order = result.orders.set_index("ticker").loc["XOM"]
    assert order["side"] == "sell"
    assert order["shares"] == 500
    assert order["target_weight"] == order["weight_after"] == 0.0


def test_no_orders_where_holdings_are_on_target():
    holdings = pd.Series({"AAPL": 120, "MSFT": 55, "KO": 310})
    values = holdings * PRICES[holdings.index]
    cash = 1234.56
    result = rebalance(values / (values.sum() + cash), holdings, PRICES, cash, COSTS)
    assert result.orders.empty
    assert tuple(result.orders.columns) == ORDER_COLUMNS
    assert result.cash_after == cash
    assert result.residual == pytest.approx(0.0, abs=1e-12)


def test_a_target_without_weights_sells_everything():
    result = rebalance({}, {"AAPL": 3, "KO": 10}, PRICES, 0.0, COSTS)
    assert result.holdings_after.empty
    assert result.cash_after == pytest.approx((3 * 189.25 + 600.7) * 0.9995)


def test_everything_can_be_spent_to_the_cent():
    # In binary floating point 3 * 0.1 exceeds 0.3; money is counted in decimals.
    result = rebalance({"A": 1.0}, {}, {"A": 0.1}, cash=0.3)
    assert result.positions.loc["A", "shares_after"] == 3
    assert result.cash_after == 0.0


def test_costs_are_kept_back():
    free = rebalance({"A": 1.0}, {}, {"A": 10.0}, cash=1000.0)
    charged = rebalance({"A": 1.0}, {}, {"A": 10.0}, cash=1000.0, costs=CostModel(10))
    assert free.positions.loc["A", "shares_after"] == 100
    assert charged.positions.loc["A", "shares_after"] == 99
    assert charged.cash_after == pytest.approx(1000 - 990 * 1.001)


def test_orders_are_whole_lots_but_for_the_sale_of_a_position():
    result = rebalance({"A": 0.5, "B": 0.5}, {"A": 37, "C": 21}, {"A": 5.0, "B": 7.0, "C": 2.0}, 1000.0, lot_size=10)
    after = result.positions["shares_after"]
    assert (after["A"] - 37) % 10 == 0
    assert after["B"] % 10 == 0
    assert after["C"] == 0
    mixed = rebalance({"A": 0.5, "B": 0.5}, {}, {"A": 5.0, "B": 7.0}, 1000.0, lot_size={"B": 50})
    assert mixed.positions["shares_after"].tolist() == [100, 50]


def test_orders_below_the_minimum_are_left_out():
    holdings = {"A": 100, "B": 100, "C": 1}
    prices = {"A": 10.0, "B": 10.0, "C": 3.0}
    every = rebalance({"A": 0.51, "B": 0.49}, holdings, prices, 0.0)
    assert every.orders["ticker"].tolist() == ["B", "C", "A"]
    few = rebalance({"A": 0.51, "B": 0.49}, holdings, prices, 0.0, minimum_trade_value=50.0)
    assert few.orders["ticker"].tolist() == ["C"]  # the sale of a whole position is never too small
    assert few.cash_after == pytest.approx(3.0)


def test_what_leaving_out_small_orders_saves_is_used_by_the_others():
    result = rebalance({"A": 0.6, "B": 0.4}, {"B": 39}, {"A": 100.0, "B": 10.0}, 610.0, minimum_trade_value=50.0)
    assert result.orders["ticker"].tolist() == ["A"]
    assert result.cash_after >= 0


def test_unused_prices_and_zero_holdings_are_ignored():
    prices = pd.concat([PRICES, pd.Series({"ZERO": 0.0, "GONE": np.nan})])
    result = rebalance({"AAPL": 0.5, "ZERO": 0.0}, {"GONE": 0}, prices, 10_000.0)
    assert result.orders["ticker"].tolist() == ["AAPL"]
    assert "GONE" not in result.positions.index


def test_an_optimiser_s_noise_is_taken_for_zero_and_one():
    result = rebalance({"AAPL": 1.0 + 4e-7, "KO": -4e-7}, {}, PRICES, 10_000.0)
    assert result.orders["ticker"].tolist() == ["AAPL"]
    assert result.cash_after >= 0


def test_five_hundred_tickers_are_rounded_best_within_seconds():
    rng = np.random.default_rng(11)
    tickers = [f"T{i:03}" for i in range(500)]
    prices = pd.Series(rng.lognormal(4, 1, 500).round(2), tickers)
    holdings = pd.Series(rng.integers(0, 200, 500), tickers)
    target = pd.Series(rng.dirichlet(np.ones(500)), tickers)
    begin = time.perf_counter()
    result = rebalance(target, holdings, prices, 1_000_000.0, COSTS)
    assert time.perf_counter() - begin < 5
    assert result.gap <= 1.1e-8
    assert 0 <= result.cash_after < 100


def test_results_are_frozen(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.cash_after = 0.0


def test_what_is_owed_is_covered_by_sales_first():
    result = rebalance(
        {"A": 0.6, "B": 0.4}, {"A": 60, "B": 40}, {"A": 10.0, "B": 10.0}, cash=-25.0, costs=CostModel(10)
    )
    assert result.cash_before == -25.0
    assert 0 <= result.cash_after < 10
    assert result.wealth == 975.0
    assert set(result.orders["side"]) == {"sell"}


GOOD = {"target_weights": {"AAPL": 0.5}, "holdings": {"KO": 5}, "prices": PRICES, "cash": 1000.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_weights": {"AAPL": -0.1}}, r"target_weights holds -0.1 for AAPL\. Only long"),
        ({"target_weights": {"AAPL": 0.7, "KO": 0.4}}, r"sum to 1.1\. Scale them"),
        ({"target_weights": {"AAPL": np.nan}}, "target_weights holds nan for AAPL"),
        ({"target_weights": pd.Series([0.1, 0.2], ["KO", "KO"])}, "target_weights names 'KO' more than once"),
        ({"target_weights": {"NVDA": 0.1}}, r"NVDA is wanted, but it has no price\. Give"),
        ({"prices": {"AAPL": 0.0, "KO": 1.0}}, "AAPL is wanted, but its price is 0.0"),
        ({"prices": {"AAPL": 1.0, "KO": np.nan}}, "KO is held, but its price is nan"),
        ({"prices": {"AAPL": 1.0, "KO": -2.0}}, "KO is held, but its price is -2.0"),
        ({"prices": {"AAPL": np.inf, "KO": 2.0}}, "AAPL is wanted, but its price is inf"),
        ({"holdings": {"BRK": 1}}, "BRK is held, but it has no price"),
        ({"holdings": {"KO": -3}}, "holdings holds -3 for KO"),
        ({"holdings": {"KO": 2.5}}, r"holdings holds 2.5 for KO\. Settle"),
        ({"holdings": {"KO": np.nan}}, "holdings holds nan for KO"),
        ({"cash": -np.inf}, "The cash is -inf"),
        ({"cash": -0.01, "holdings": {}}, "0.01 of cash are owed, more than can be sold"),
        ({"cash": -100.0, "holdings": {"KO": 1}, "prices": {"KO": 100.0, "AAPL": 1.0}}, "100.00 of cash are owed"),
        ({"cash": np.nan}, "The cash is nan"),
        ({"cash": 0.0, "holdings": {}}, "no holdings and no cash"),
        ({"lot_size": 0}, "The lot size of AAPL is 0"),
        ({"lot_size": {"AAPL": 1.5}}, "The lot size of AAPL is 1.5"),
        ({"minimum_trade_value": -1.0}, "minimum_trade_value is -1.0"),
    ],
)
def test_bad_input_is_refused_with_value_and_remedy(change, message):
    with pytest.raises(InputError, match=message) as caught:
        rebalance(**{**GOOD, **change})
    assert caught.value.remedy
