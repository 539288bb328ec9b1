"""A manager decides on a rebalance: from Today to the trade list, and without a single script.

Other tests look at the same platform: what is decided on here is a proposal of its own, with the numbers of the last
one, and an open one is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.ledger import Draft, Ledger, Proposal
from foliohub.runs.opening import open_ledger
from tests.hub.live import ROOT, LiveHub

Visiting = Callable[..., AbstractContextManager[Any]]
DECISIONS = "/services/api/proposals"
REASON = "In line with the forecasts; the warnings are those of building up from cash."


@pytest.fixture(scope="module")
def ledger(hub: LiveHub) -> Ledger:
    return open_ledger(Settings(project=ROOT, home=hub.home), "sample")


@pytest.fixture
def proposed(hub: LiveHub, ledger: Ledger) -> Iterator[Proposal]:
    with hub.own_ledger():
        yield propose(ledger)
        propose(ledger)


def propose(ledger: Ledger) -> Proposal:
    """Enter the last proposal again, as of another run: the one before is superseded, if it is still open.

    Limits that block it, as those of a small cycle's champion may, only warn here: it can be approved.
    """
    now, found = datetime.now(UTC), ledger.proposals()
    content = found[0].model_dump(include=set(Draft.model_fields))
    run = f"daily-rebalance.{found[0].as_of}.{900 + len(found)}"
    milder = [one | {"outcome": "warn"} if one["outcome"] == "block" else one for one in content["verdicts"]]
    changes = {"run_id": run, "created_at": now, "expires_at": now + timedelta(hours=72), "verdicts": milder}
    return ledger.propose(Draft.model_validate(content | changes))


def test_a_manager_approves_and_takes_the_trade_list_along(visit: Visiting, ledger: Ledger, proposed: Proposal) -> None:
    assert not proposed.blocking
    with visit("max") as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        page.goto(f"{visitor.url}/services/dashboards/today")
        page.get_by_role("link", name="Decide on this proposal").click()
        page.wait_for_url(f"**{DECISIONS}/{proposed.id}")
        page.get_by_role("heading", name="Decision").wait_for()
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            visitor.picture(f"proposal-{scheme}")
        page.get_by_label("Reason").fill(REASON)
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved by max on").wait_for()
        assert REASON in page.inner_text("main")
        assert page.locator("form").count() == 0
        visitor.picture("proposal-approved")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the trade list (CSV)").click()
        assert download.value.suggested_filename == f"{proposed.id}.csv"
        trades = pd.read_csv(download.value.path())
        page.goto(f"{visitor.url}/services/dashboards/today")
        page.get_by_role("link", name="Open this proposal").wait_for()
        assert visitor.errors == []
    decided = ledger.proposal(proposed.id)
    assert (decided.status, decided.decided_by, decided.reason) == ("approved", "max", REASON)
    pd.testing.assert_frame_equal(trades, ledger.trade_list(proposed.id))
    assert len(trades) == len(proposed.orders) > 0


def test_a_manager_rejects_without_scripts(visit: Visiting, ledger: Ledger, proposed: Proposal) -> None:
    with visit("max", scripts=False) as visitor:
        page = visitor.page
        page.wait_for_url("**/services/dashboards/**")
        page.goto(f"{visitor.url}{DECISIONS}")
        page.get_by_role("link", name=proposed.id).click()
        page.get_by_role("heading", name="Decision").wait_for()
        visitor.picture("proposal-without-scripts")
        assert page.get_by_role("button", name="Approve").is_visible()
        page.get_by_label("Reason").fill("Too much <b>at once</b>.")
        page.get_by_role("button", name="Reject").click()
        page.get_by_text("Rejected by max on").wait_for()
        assert "Too much <b>at once</b>." in page.inner_text("main")
        assert page.get_by_role("link", name="Download the trade list (CSV)").count() == 0
        assert visitor.errors == []
    decided = ledger.proposal(proposed.id)
    assert (decided.status, decided.decided_by, decided.reason) == ("rejected", "max", "Too much <b>at once</b>.")
