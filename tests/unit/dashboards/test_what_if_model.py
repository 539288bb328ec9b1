"""What if: the same weights as the allocators give on real returns, and whole shares that can be paid for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.dashboards.what_if_model import SHORT, Situation, Wish, frontier, situation, solve
from foliohub.errors import ContractError, InfeasibleError

TICKERS = [f"T{k}" for k in range(8)]


@pytest.fixture
def returns():
    draws = np.random.default_rng(5).normal(0.0006, 0.01, (500, len(TICKERS)))
    return pd.DataFrame(draws @ (np.eye(len(TICKERS)) + 0.3), columns=TICKERS)


@pytest.fixture
def given(returns):
    close = pd.Series(np.linspace(10, 300, len(TICKERS)), TICKERS)
    shares = pd.Series({"T0": 500, "T7": 100, "GONE": 5})
    return situation(returns.mean(), returns.cov(), close, shares, 50_000.0, 252)


def _wish(allocator: str = "max_sharpe", **changes: float | None) -> Wish:
    values = {
        "risk_aversion": 5.0,
        "lower": 0.0,
        "upper": 0.4,
        "max_turnover": None,
        "cost_bps": 5.0,
        "reserve": 0.0,
    } | changes
    return Wish(allocator, **values)


def test_the_window_made_from_moments_has_those_moments(given):
    made = pd.DataFrame(given.window, columns=TICKERS)
    np.testing.assert_allclose(made.mean(), given.expected, atol=1e-15)
    np.testing.assert_allclose(made.cov(), given.covariance, rtol=1e-12)


@pytest.mark.parametrize("name", SHORT)
def test_weights_are_those_of_the_allocator_on_the_returns_themselves(given, returns, name):
    options = {"max_sharpe": {"upper": 0.4}, "min_variance": {"upper": 0.4}}.get(name, {})
    if name == "mean_variance":
        options = {"form": "utility", "mean": "forecast", "long_only": True, "upper": 0.4, "risk_aversion": 5.0}
    direct = allocate.get(name, **options).fit(returns, expected_returns=returns.mean()).weights_
    np.testing.assert_allclose(solve(given, _wish(name)).weights, direct, atol=2e-6)


def test_bounds_and_turnover_are_kept(given):
    weights = solve(given, _wish(lower=0.05, upper=0.3)).weights
    assert weights.between(0.05 - 1e-9, 0.3 + 1e-9).all()
    held = given.current / given.current.sum()
    bound = Situation(given.expected, given.covariance, given.close, given.shares, 0.0, 252)
    moved = solve(bound, _wish(max_turnover=0.1, upper=1.0)).weights
    assert (moved - held).abs().sum() / 2 <= 0.1 + 1e-9


def test_bounds_that_contradict_each_other_are_named(given):
    with pytest.raises(InfeasibleError, match="upper"):
        solve(given, _wish(upper=0.05))


def test_orders_are_whole_paid_for_and_cost_what_was_asked(given):
    orders = solve(given, _wish(cost_bps=20.0)).orders
    assert orders.cash_after >= 0
    assert (orders.orders["shares"] % 1 == 0).all()
    assert orders.estimated_cost == pytest.approx(0.002 * orders.orders["value"].sum(), rel=1e-6)


def test_the_reserve_stays_in_cash(given):
    assert solve(given, _wish(reserve=0.1)).weights.sum() == pytest.approx(0.9)


def test_the_frontier_rises_and_no_portfolio_within_the_bounds_beats_it(given):
    line = frontier(given, _wish(upper=0.4))
    assert line["volatility"].is_monotonic_increasing
    assert line["expected"].is_monotonic_increasing
    for name in ("max_sharpe", "min_variance"):
        volatility, expected = given.moments(solve(given, _wish(name)).weights)
        best = np.interp(volatility, line["volatility"], line["expected"])
        assert expected <= best + 2e-3


def test_what_is_held_and_not_forecast_plays_no_part_and_a_missing_price_is_named(given, returns):
    assert "GONE" not in given.shares
    close = given.close.drop("T3")
    with pytest.raises(ContractError, match="T3"):
        situation(returns.mean(), returns.cov(), close, given.shares, 0.0, 252)
