"""From orders to a draft: everything held is counted, what is kept too, and the limits see whole shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

import foliohub
from foliohub.clean import clean_prices
from foliohub.data.universe import Member, Universe
from foliohub.errors import InputError
from foliohub.ledger import Holdings, Portfolio, draft_proposal

NOW = datetime(2022, 12, 29, 2, 0, tzinfo=UTC)
DAYS = pd.bdate_range(end="2022-12-28", periods=120).difference(
    pd.DatetimeIndex(["2022-09-05", "2022-11-24", "2022-12-26"])
)
UNIVERSE = Universe(
    name="three",
    title="Three",
    source="csv",
    benchmark="INDEX",
    members=tuple(Member(ticker=ticker) for ticker in ("KO", "PEP", "XOM")),
)
LIMITS = {
    "largest_weight": {"warn": 0.45, "block": 0.6},
    "groups": [{"name": "drinks", "tickers": ["KO", "PEP"], "most": {"block": 0.75}, "least": {"warn": 0.1}}],
    "turnover": {"warn": 0.3},
    "cost": {"warn": 10},
    "tracking_error": {"block": 0.9},
    "value_at_risk": {"block": 0.9},
    "least_cash": {"warn": 0.001},
    "orders": {"block": 10},
    "data_age": {"block": 0},
}
PORTFOLIO = Portfolio.model_validate(
    {"name": "three", "title": "Three", "universe": "three", "opening": {"cash": 10_000.0}, "limits": LIMITS}
)


@pytest.fixture(scope="module")
def clean():
    random = np.random.default_rng(5)
    steps = np.exp(np.cumsum(random.normal(0, 0.01, (len(DAYS), 4)), axis=0))
    close = pd.DataFrame(steps * [60, 180, 110, 1000], index=DAYS, columns=["KO", "PEP", "XOM", "INDEX"]).round(2)
    return clean_prices({"close": close}, sessions=DAYS, benchmark="INDEX")


def make(clean, target, shares, cash=10_000.0, *, kept=(), now=NOW, portfolio=PORTFOLIO):
    close = clean.panel["close"].iloc[-1]
    held = pd.Series(shares, dtype="int64")
    orders = foliohub.rebalance(target, held.drop(list(kept)), close, cash, foliohub.CostModel(2, 3))
    book = Holdings(held.sort_index(), cash)
    named = {"as_of": DAYS[-1], "author": "anna", "run_id": "r.1", "now": now}
    return orders, draft_proposal(portfolio, UNIVERSE, orders=orders, holdings=book, clean=clean, **named)


def test_a_draft_says_what_the_orders_say(clean):
    orders, draft = make(clean, {"KO": 0.4, "PEP": 0.3, "XOM": 0.25}, {"KO": 50})
    assert draft.orders_frame().equals(orders.orders.reset_index(drop=True))
    assert draft.holdings_before == {"KO": 50}
    assert draft.holdings_after == orders.holdings_after.sort_index().to_dict()
    assert (draft.cash_before, draft.cash_after, draft.wealth) == (10_000.0, orders.cash_after, orders.wealth)
    assert (draft.expected_cost, draft.turnover) == (orders.estimated_cost, orders.turnover)
    assert draft.target == {"KO": 0.4, "PEP": 0.3, "XOM": 0.25}
    assert (draft.author, draft.run_id, f"{draft.as_of}") == ("anna", "r.1", "2022-12-28")


def test_weights_of_everything_held_or_wanted_come_with_it(clean):
    orders, draft = make(clean, {"KO": 0.5, "PEP": 0.4999}, {"KO": 10, "XOM": 40}, kept=["XOM"])
    weights = draft.weights_frame()
    assert set(weights.index) == {"KO", "PEP", "XOM"}
    assert weights.loc["XOM", "before"] == weights.loc["XOM", "after"] > 0
    assert weights.loc["KO", "after"] == pytest.approx(
        orders.positions.loc["KO", "weight_after"] * orders.wealth / draft.wealth
    )
    assert weights["after"].is_monotonic_decreasing
    costs = draft.cash_after + draft.expected_cost
    assert weights["after"].sum() + costs / draft.wealth == pytest.approx(1.0)


def test_every_limit_speaks_once_and_in_order(clean):
    _, draft = make(clean, {"KO": 0.4, "PEP": 0.3, "XOM": 0.25}, {"KO": 50})
    assert [(verdict.limit, verdict.outcome) for verdict in draft.verdicts] == [
        ("largest weight", "pass"),
        ("weight of drinks", "pass"),
        ("weight of drinks", "pass"),
        ("turnover", "warn"),
        ("expected cost", "pass"),
        ("tracking error", "pass"),
        ("value at risk (99%, one day)", "pass"),
        ("cash left", "pass"),
        ("number of orders", "pass"),
        ("age of the data", "pass"),
        ("quarantined tickers traded", "pass"),
    ]
    assert [verdict.limit for verdict in draft.warnings] == ["turnover"]
    assert draft.blocking == ()


def test_limits_are_held_against_whole_shares_not_against_targets(clean):
    orders, draft = make(clean, {"PEP": 0.59}, {})
    value = draft.verdicts[0].value
    assert value == orders.orders["weight_after"].iloc[0] != 0.59


def test_the_index_counts_for_tracking_error_by_its_own_returns(clean):
    orders, draft = make(clean, {"KO": 0.4, "PEP": 0.3, "XOM": 0.25}, {})
    weights = orders.positions["weight_after"]
    active = clean.returns()[weights.index] @ weights - clean.benchmark.pct_change(fill_method=None)
    by_limit = {verdict.limit: verdict.value for verdict in draft.verdicts}
    assert by_limit["tracking error"] == pytest.approx(active.std() * 252**0.5)


def test_what_cannot_be_traded_is_kept_and_counted_at_its_last_close(clean):
    target = {"KO": 0.5, "PEP": 0.5}
    orders, draft = make(clean, target, {"KO": 10, "XOM": 40}, kept=["XOM"])
    worth = 40 * clean.panel["close"]["XOM"].iloc[-1]
    assert draft.wealth == pytest.approx(orders.wealth + worth)
    assert draft.holdings_after["XOM"] == 40
    assert sum(draft.target.values()) == pytest.approx(orders.wealth / draft.wealth)
    after = sum(order.weight_after for order in draft.orders) + worth / draft.wealth
    assert after + (draft.cash_after + draft.expected_cost) / draft.wealth == pytest.approx(1.0)
    largest = {verdict.limit: verdict.value for verdict in draft.verdicts}["largest weight"]
    assert largest == max(*(order.weight_after for order in draft.orders), worth / draft.wealth)


def test_it_expires_and_goes_stale_as_the_portfolio_says(clean):
    _, draft = make(clean, {"KO": 0.4}, {})
    assert draft.expires_at - draft.created_at == timedelta(hours=20)
    assert f"{draft.prices_until}" == "2022-12-28"
    decision = PORTFOLIO.decision.model_copy(update={"newer_sessions": 3, "expires_after_hours": 96.0})
    _, draft = make(clean, {"KO": 0.4}, {}, portfolio=PORTFOLIO.model_copy(update={"decision": decision}))
    assert f"{draft.prices_until}" == "2023-01-03"
    assert draft.expires_at - draft.created_at == timedelta(hours=96)


def test_data_grow_old_while_nobody_works(clean):
    _, draft = make(clean, {"KO": 0.4}, {}, now=NOW + timedelta(days=1))
    assert [verdict.limit for verdict in draft.blocking] == ["age of the data"]


def test_orders_that_start_from_something_else_are_refused(clean):
    close = clean.panel["close"].iloc[-1]
    orders = foliohub.rebalance({"KO": 0.5}, {"KO": 10}, close, 500.0)
    named = {"clean": clean, "as_of": DAYS[-1], "author": "anna", "run_id": "r.1", "now": NOW}
    for book in (Holdings(pd.Series({"KO": 11}), 500.0), Holdings(pd.Series({"KO": 10}), 501.0)):
        with pytest.raises(InputError, match="do not start from what three holds"):
            draft_proposal(PORTFOLIO, UNIVERSE, orders=orders, holdings=book, **named)


def test_a_kept_ticker_without_any_price_is_named(clean):
    with pytest.raises(InputError, match="GONE is held"):
        make(clean, {"KO": 0.5}, {"GONE": 3}, kept=["GONE"])


def test_nothing_to_trade_is_a_proposal_of_nothing(clean):
    _, draft = make(clean, {"KO": 0.0}, {})
    assert draft.orders == ()
    assert draft.turnover == 0
    assert {verdict.limit: verdict.value for verdict in draft.verdicts}["largest weight"] == 0
    assert draft.orders_frame().empty
