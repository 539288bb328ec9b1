"""The API service over a store of its own, a proposal in it, and browsers of three people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.ledger import Draft, Ledger, Order, Proposal
from foliohub.ledger.verdicts import Most, judge
from foliohub.runs.opening import open_ledger, open_store
from hub.api.app import create_app
from hub.api.identity import TokenTable
from hub.api.settings import ApiSettings
from tests.hub.browsing import FormBrowser, browsers

ROOT = Path(__file__).parents[3]
PAGES = "/services/api/proposals"


class Browser(FormBrowser):
    """Opens the pages of proposals, and sends the forms it finds there."""

    pages = PAGES

    def decide(self, identifier: str, decision: str, reason: str = "In line with the forecasts.", **changes: object):
        """Open a proposal's page, fill in the form and send it; `changes` are to what is sent."""
        form = {"csrf": self.csrf(identifier), "decision": decision, "reason": reason} | changes.pop("form", {})
        return self.post_form(f"/{identifier}", form, changes.pop("headers", {}))

    def csrf(self, identifier: str) -> str:
        return self.hidden("csrf", f"/{identifier}")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(project=ROOT, home=tmp_path / "home")


@pytest.fixture
def store(settings):
    store = open_store(settings)
    yield store
    store.close()


@pytest.fixture
def ledger(settings, store) -> Ledger:
    return open_ledger(settings, "sample")


@pytest.fixture
def tokens() -> TokenTable:
    return TokenTable()


@pytest.fixture
def app(settings, store, tokens):
    return create_app(settings, tokens, ApiSettings(requests_per_second=1e6, burst=1e6))


@pytest.fixture
def browser(app, tokens) -> Callable[..., Browser]:
    return browsers(Browser, app, tokens)


@pytest.fixture
def propose(ledger) -> Callable[..., Proposal]:
    """Enter a proposal, by the job unless changed."""
    runs = iter(range(1, 100))

    def make(**changes: object) -> Proposal:
        row = {"price": 125.5, "weight_before": 0.0, "target_weight": 0.05, "weight_after": 0.0502}
        buy = Order(ticker="AAPL", side="buy", shares=40, value=5020.0, estimated_cost=2.51, **row)
        now = datetime.now(UTC)
        content = {
            "portfolio": "sample",
            "universe": "sample",
            "as_of": pd.Timestamp("2022-12-28").date(),
            "created_at": now,
            "expires_at": now + timedelta(hours=1),
            "author": "job:daily-rebalance",
            "run_id": f"daily-rebalance.2022-12-28.{next(runs)}",
            "target": {"AAPL": 0.005},
            "orders": (buy,),
            "holdings_before": {},
            "holdings_after": {"AAPL": 40},
            "prices": {"AAPL": 125.5},
            "cash_before": 1_000_000.0,
            "cash_after": 994_977.49,
            "wealth": 1_000_000.0,
            "expected_cost": 2.51,
            "turnover": 0.00251,
            "prices_until": pd.Timestamp("2022-12-28").date(),
            "verdicts": (judge("largest weight", 0.18, Most(warn=0.15, block=0.2), "fraction", "AAPL"),),
        }
        return ledger.propose(Draft.model_validate(content | changes))

    return make
