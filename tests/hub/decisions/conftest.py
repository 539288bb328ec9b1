"""The API service over a store of its own, a proposal in it, and browsers of three people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from foliohub.config import Settings
from foliohub.ledger import Draft, Ledger, Order, Proposal
from foliohub.ledger.verdicts import Most, judge
from foliohub.runs.opening import open_ledger, open_store
from hub.api.access import SESSION_COOKIE
from hub.api.app import create_app
from hub.api.identity import Identity, TokenTable
from hub.api.settings import ApiSettings
from hub.config import roles

ROOT = Path(__file__).parents[3]
PAGES = "/services/api/proposals"
ORIGIN = "http://localhost"
PEOPLE = {"max": roles.MANAGER, "rita": roles.RESEARCHER, "olga": roles.OPERATOR}
OPENS = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}


class Browser(TestClient):
    """A browser without scripts: opens pages, and sends the forms it finds there."""

    def open(self, path: str = "", **more: object):
        return self.get(PAGES + path, headers=OPENS | more.pop("headers", {}), **more)

    def decide(self, identifier: str, decision: str, reason: str = "In line with the forecasts.", **changes: object):
        """Open a proposal's page, fill in the form and send it; `changes` are to what is sent."""
        form = {"csrf": self.csrf(identifier), "decision": decision, "reason": reason} | changes.pop("form", {})
        headers = OPENS | {"origin": ORIGIN} | changes.pop("headers", {})
        given = {name: value for name, value in headers.items() if value is not None}
        data = {name: value for name, value in form.items() if value is not None}
        return self.post(f"{PAGES}/{identifier}", data=data, headers=given, follow_redirects=False)

    def csrf(self, identifier: str) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.open(f"/{identifier}").text)
        return found[1] if found else ""


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
    """The browser of somebody who has logged in; of nobody where no name is given."""

    def make(name: str = "", kind: str = "user", scopes: tuple[str, ...] | None = None) -> Browser:
        client = Browser(app, base_url=ORIGIN)
        if name:
            granted = frozenset(PEOPLE[name] if scopes is None else scopes)
            client.cookies.set(SESSION_COOKIE, tokens.issue(Identity(name, kind, granted)), path="/services/api/")
        return client

    return make


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
