"""A portfolio of three tickers, an empty store, and drafts as runs make them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from foliohub.data.store import Store
from foliohub.ledger import Draft, Fill, Ledger, Portfolio
from foliohub.ledger.proposal import Order
from foliohub.ledger.verdicts import Most, judge
from foliohub.signatures import Seal

SEAL = Seal.generate()
NOW = datetime(2022, 12, 28, 23, 0, tzinfo=UTC)
PORTFOLIO = {
    "name": "small",
    "title": "Three companies",
    "universe": "three",
    "opening": {"cash": 10_000.0, "holdings": {"KO": 10}},
    "decision": {"expires_after_hours": 24},
    "limits": {"largest_weight": {"block": 0.5}},
}


def order(ticker: str = "KO", side: str = "buy", shares: int = 20, price: float = 60.0) -> Order:
    value = shares * price
    return Order(
        ticker=ticker,
        side=side,
        shares=shares,
        price=price,
        value=value,
        estimated_cost=value * 0.0005,
        weight_before=0.05,
        target_weight=0.17,
        weight_after=0.169,
    )


def draft(run: int = 1, *, as_of: str = "2022-12-28", now: datetime = NOW, **changes: object) -> Draft:
    """What run number `run` proposes."""
    day = date.fromisoformat(as_of)
    orders = (order(), order("PEP", shares=5, price=180.5))
    content = {
        "portfolio": "small",
        "universe": "three",
        "as_of": day,
        "created_at": now,
        "expires_at": now + timedelta(hours=24),
        "author": "job:daily-rebalance",
        "run_id": f"daily-rebalance.{as_of}.{run}",
        "target": {"KO": 0.17, "PEP": 0.09},
        "orders": orders,
        "holdings_before": {"KO": 10},
        "holdings_after": {"KO": 30, "PEP": 5},
        "prices": {"KO": 60.0, "PEP": 180.5},
        "cash_before": 10_000.0,
        "cash_after": 7_896.45,
        "wealth": 10_600.0,
        "expected_cost": 1.05,
        "turnover": 0.099,
        "prices_until": day,
        "verdicts": (judge("largest weight", 0.17, Most(block=0.5), "fraction", "KO"),),
        **changes,
    }
    return Draft.model_validate(content)


def fill(number: int = 1, **changes: object) -> Fill:
    content = {
        "fill_id": f"X{number}",
        "proposal": "small.2022-12-28.1",
        "traded_on": date(2022, 12, 29),
        "ticker": "KO",
        "side": "buy",
        "shares": 20,
        "price": 60.3,
        "cost": 0.6,
    }
    return Fill.model_validate(content | changes)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"mem://{uuid4()}", locks=tmp_path / "locks")
    yield store
    store.close()


@pytest.fixture
def portfolio() -> Portfolio:
    return Portfolio.model_validate(PORTFOLIO)


@pytest.fixture
def ledger(store, portfolio) -> Ledger:
    return Ledger(store, portfolio, SEAL)
