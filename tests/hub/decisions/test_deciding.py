"""People decide on pages without scripts: what they see, what is refused and why, and what they can download."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foliohub.ledger import Fill
from foliohub.ledger.limits import ValueAtRiskLimit, value_at_risk
from foliohub.ledger.verdicts import Most, judge
from tests.hub.decisions.conftest import PAGES


def words(page) -> str:
    """What a reader sees of a page."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", page.text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_a_page_shows_everything_that_was_frozen(browser, propose):
    made = propose()
    page = browser("max").open(f"/{made.id}")
    assert page.status_code == 200
    said = words(page)
    for shown in ("To be decided", made.id, "job:daily-rebalance", "Expires", "AAPL", "125.50", "5,020", made.hash):
        assert shown in said
    assert "Largest weight 18.00% Warns More than 15% warns (AAPL)" in said
    assert f'href="/services/dashboards/operations?run={made.run_id}"' in page.text
    assert 'value="approve"' in page.text
    assert 'value="reject"' in page.text


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        ("historical", "Up to 90% is allowed (historical simulation)"),
        ("larger", "Up to 90% is allowed (historical simulation alone: 100 sessions are too few for GARCH)"),
        ("filtered", "Value at risk (99%, one day) cannot be told: 100 sessions are too few for GARCH"),
    ],
)
def test_a_page_says_how_value_at_risk_was_estimated(browser, propose, estimator, said):
    past = pd.DataFrame({"AAPL": np.random.default_rng(1).normal(0, 0.01, 100)})
    limit = ValueAtRiskLimit(block=0.9, estimator=estimator)
    made = propose(verdicts=(value_at_risk(pd.Series({"AAPL": 0.18}), past, limit),))
    assert said in words(browser("max").open(f"/{made.id}"))


def test_no_page_runs_scripts_of_others_or_loads_anything(browser, propose):
    made = propose()
    for path in ("", f"/{made.id}", "/sample.2022-12-28.9"):
        page = browser("max").open(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", page.text)
        assert " style=" not in page.text
        assert not re.search(r"\son\w+=", page.text)


@pytest.mark.parametrize(("decision", "became"), [("approve", "approved"), ("reject", "rejected")])
def test_a_form_decides_and_leads_back_to_the_page(browser, propose, ledger, decision, became):
    made = propose()
    max_ = browser("max")
    answer = max_.decide(made.id, decision, "Because <b>I</b> say so.")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/{made.id}")
    decided = ledger.proposal(made.id)
    assert (decided.status, decided.decided_by, decided.reason) == (became, "max", "Because <b>I</b> say so.")
    page = max_.open(f"/{made.id}")
    assert f"{became.capitalize()} by max on" in words(page)
    assert "Because &lt;b&gt;I&lt;/b&gt; say so." in page.text
    assert "<form" not in page.text


def test_the_list_tells_open_ones_from_what_has_become_of_others(browser, propose):
    first = propose()
    browser("max").decide(first.id, "reject", "Too soon.")
    second = propose()
    for path in ("", "/"):
        said = words(browser("rita").open(path))
        waiting, _, past = said.partition("Earlier")
        assert second.id in waiting
        assert first.id not in waiting
        assert f"{first.id} Model portfolio of twenty companies Rejected" in past
        assert "max Too soon." in past


def test_an_empty_list_says_what_makes_proposals(browser):
    assert "Nothing waits for a decision" in words(browser("max").open())


def test_who_may_only_read_sees_no_form_and_cannot_send_one(browser, propose, ledger):
    made = propose()
    manager = browser("max")
    for name in ("rita", "olga"):
        reader = browser(name)
        page = reader.open(f"/{made.id}")
        assert "takes the role of a manager" in words(page)
        assert "<form" not in page.text
        # With the secret of their own log-in, as they could compute it from their own cookie, or somebody else's.
        for csrf in (reader_csrf(reader), manager.csrf(made.id)):
            answer = reader.decide(made.id, "approve", form={"csrf": csrf})
            assert answer.status_code == 403
            assert "text/html" in answer.headers["content-type"]
    assert ledger.proposal(made.id).status == "proposed"


def reader_csrf(client) -> str:
    from starlette.requests import Request

    from hub.api.pages import csrf_token

    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    return csrf_token(Request({"type": "http", "headers": [(b"cookie", cookie.encode())]}))


def test_a_program_decides_nothing(browser, propose, ledger):
    made = propose()
    answer = browser("max", kind="service").decide(made.id, "approve")
    assert answer.status_code == 403
    assert ledger.proposal(made.id).status == "proposed"


def test_somebody_who_has_not_logged_in_is_sent_to_and_decides_nothing(browser, propose, ledger):
    made = propose()
    nobody = browser()
    page = nobody.open(f"/{made.id}", follow_redirects=False)
    assert page.status_code == 302
    assert "authorize" in page.headers["location"]
    assert nobody.decide(made.id, "approve", form={"csrf": "0" * 64}).status_code == 403
    assert ledger.proposal(made.id).status == "proposed"


@pytest.mark.parametrize(
    "changes",
    [
        {"form": {"csrf": None}},
        {"form": {"csrf": ""}},
        {"form": {"csrf": "0" * 64}},
        {"headers": {"origin": "http://evil.example"}},
        {"headers": {"origin": "null"}},
        {"headers": {"origin": "http://localhost.evil.example"}},
        {"headers": {"origin": "http://localhost:81"}},
        {"headers": {"origin": None}},
        {"headers": {"origin": None, "referer": "http://evil.example/services/api/proposals"}},
        {"headers": {"sec-fetch-site": "cross-site"}},
        {"headers": {"sec-fetch-site": "same-site"}},
        {"headers": {"sec-fetch-mode": "cors"}},
    ],
)
def test_a_form_that_is_not_ours_is_refused(browser, propose, ledger, changes):
    made = propose()
    answer = browser("max").decide(made.id, "approve", **changes)
    assert answer.status_code == 403
    assert ledger.proposal(made.id).status == "proposed"


def test_the_secret_of_another_log_in_is_refused_though_the_person_is_the_same(browser, propose, ledger):
    made = propose()
    elsewhere = browser("max").csrf(made.id)
    assert browser("max").decide(made.id, "approve", form={"csrf": elsewhere}).status_code == 403
    assert ledger.proposal(made.id).status == "proposed"


def test_a_token_instead_of_a_log_in_opens_no_form(app, tokens, propose, ledger, browser):
    made = propose()
    max_ = browser("max")
    token = next(iter(max_.cookies.jar)).value
    bare = browser()
    answer = bare.decide(made.id, "approve", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert ledger.proposal(made.id).status == "proposed"


def test_deciding_takes_a_post(browser, propose, ledger):
    made = propose()
    max_ = browser("max")
    max_.open(f"/{made.id}", params={"decision": "approve", "reason": "x", "csrf": max_.csrf(made.id)})
    for method in ("PUT", "PATCH", "DELETE"):
        assert max_.request(method, f"{PAGES}/{made.id}").status_code == 405
    assert ledger.proposal(made.id).status == "proposed"


@pytest.mark.parametrize("form", [{"decision": "undo"}, {"decision": None}, {"decision": ""}])
def test_another_decision_is_no_decision(browser, propose, ledger, form):
    made = propose()
    assert browser("max").decide(made.id, "approve", form=form).status_code == 422
    assert ledger.proposal(made.id).status == "proposed"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_reason_is_asked_for_and_what_was_written_is_kept(browser, propose, ledger, reason):
    made = propose()
    answer = browser("max").decide(made.id, "approve", reason)
    assert answer.status_code == 422
    assert "Not taken" in words(answer)
    assert f"{reason}</textarea>" in answer.text
    assert ledger.proposal(made.id).status == "proposed"


def test_a_form_too_long_to_be_a_reason_is_refused_unread(browser, propose):
    assert browser("max").decide(propose().id, "approve", "x" * 100_000).status_code == 413


def test_an_author_is_told_and_may_only_reject(browser, propose, ledger):
    made = propose(author="max")
    max_ = browser("max")
    page = max_.open(f"/{made.id}")
    assert "You cannot approve it" in words(page)
    assert 'value="approve"' not in page.text
    answer = max_.decide(made.id, "approve")
    assert answer.status_code == 403
    assert "Somebody other than its author" in words(answer)
    assert max_.decide(made.id, "reject", "My mistake.").status_code == 303


def test_a_limit_that_blocks_is_told_and_leaves_rejecting(browser, propose, ledger):
    made = propose(verdicts=(judge("turnover", 0.7, Most(block=0.6), "fraction"),))
    max_ = browser("max")
    page = max_.open(f"/{made.id}")
    assert "Turnover: 70.00%; more than 60% blocks" in words(page)
    assert 'value="approve"' not in page.text
    assert max_.decide(made.id, "approve").status_code == 409
    assert ledger.proposal(made.id).status == "proposed"


def test_an_expired_proposal_offers_nothing_and_takes_nothing(browser, propose):
    made = propose(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    max_ = browser("max")
    csrf = reader_csrf(max_)
    page = max_.open(f"/{made.id}")
    assert "Expired on" in words(page)
    assert "<form" not in page.text
    answer = max_.decide(made.id, "approve", form={"csrf": csrf})
    assert answer.status_code == 409
    assert "expired on" in words(answer)


def test_of_two_managers_the_second_is_told_who_was_first(browser, propose, ledger):
    made = propose()
    second = browser("max")
    csrf = second.csrf(made.id)
    first = browser("rita", scopes=("custom:portfolio:read", "custom:proposals:approve"))
    assert first.decide(made.id, "approve").status_code == 303
    answer = second.decide(made.id, "reject", form={"csrf": csrf})
    assert answer.status_code == 409
    assert "was approved by rita" in words(answer)
    assert ledger.proposal(made.id).status == "approved"


def test_prices_that_came_since_are_told(browser, propose, store):
    made = propose()
    days = pd.DatetimeIndex(["2022-12-28", "2022-12-29"])
    store.write_panel("raw/sample", {"close": pd.DataFrame({"AAPL": [125.5, 126.0]}, days)}, as_of=days[-1])
    page = browser("max").open(f"/{made.id}")
    assert "by now those of 2022-12-29 are stored" in words(page)
    assert 'value="approve"' not in page.text


def test_a_superseded_proposal_leads_to_the_one_in_its_place(browser, propose):
    first, second = propose(), propose()
    page = browser("max").open(f"/{first.id}")
    assert f'<a href="{PAGES}/{second.id}">' in page.text
    assert "<form" not in page.text


def test_the_trade_list_is_there_once_approved_and_not_before(browser, propose):
    made = propose()
    max_ = browser("max")
    before = max_.open(f"/{made.id}/trades.csv")
    assert before.status_code == 409
    assert "text/html" in before.headers["content-type"]
    assert "trades.csv" not in max_.open(f"/{made.id}").text
    max_.decide(made.id, "approve")
    assert f'href="{PAGES}/{made.id}/trades.csv"' in max_.open(f"/{made.id}").text
    trades = max_.open(f"/{made.id}/trades.csv")
    assert trades.headers["content-disposition"] == f'attachment; filename="{made.id}.csv"'
    assert trades.text.splitlines() == [
        "proposal,ticker,side,shares,reference_price,value,estimated_cost",
        f"{made.id},AAPL,buy,40,125.5,5020.0,2.51",
    ]


def test_a_rejected_proposal_has_no_trade_list(browser, propose):
    made = propose()
    max_ = browser("max")
    max_.decide(made.id, "reject")
    assert max_.open(f"/{made.id}/trades.csv").status_code == 409


def test_slippage_is_shown_once_fills_are_there_and_what_is_open_warns_of_what_is_not(browser, propose, ledger):
    made = propose()
    max_ = browser("max")
    max_.decide(made.id, "approve")
    other = propose()
    assert f"Nothing has been filled of {made.id}" in words(max_.open(f"/{other.id}"))
    row = {"traded_on": date(2022, 12, 29), "ticker": "AAPL", "side": "buy", "shares": 40, "price": 126.0, "cost": 2.6}
    ledger.import_fills([Fill(fill_id="X1", proposal=made.id, **row)], by="olga")
    said = words(max_.open(f"/{made.id}"))
    assert "What was traded" in said
    assert "AAPL buy 40 40 125.50 126.00 39.8 20.00 2.60 2.51" in said
    page = max_.open(f"/{other.id}")
    assert "Nothing has been filled" not in words(page)
    assert "Fills have changed the holdings" in words(page)


@pytest.mark.parametrize("path", ["/sample.2022-12-28.9", "/nowhere.2022-12-28.1", "/nowhere.1/trades.csv", "/x"])
def test_what_is_not_there_is_said_on_a_page(browser, path):
    page = browser("max").open(path)
    assert page.status_code == 404
    assert "There is no" in words(page)
    assert f'<a href="{PAGES}">All proposals</a>' in page.text


@pytest.mark.parametrize("path", ["/%3Cscript%3E", "/..%2f..%2fetc", "/" + "x" * 90])
def test_an_address_that_is_no_id_is_refused(browser, path):
    page = browser("max").open(path)
    assert page.status_code in {404, 422}
    assert "<script>alert" not in page.text


def test_data_cannot_become_markup(browser, propose):
    made = propose(author="<script>alert(1)</script>", run_id='"><img src=x onerror=alert(1)>')
    for path in ("", f"/{made.id}"):
        page = browser("max").open(path)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text


def test_a_script_of_another_page_cannot_read_the_form(browser, propose):
    made = propose()
    page = browser("max").get(f"{PAGES}/{made.id}", headers={"sec-fetch-mode": "cors", "accept": "text/html"})
    assert page.status_code == 403
    assert "csrf" not in words(page)
