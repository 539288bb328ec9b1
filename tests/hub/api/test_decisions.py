"""Decisions by the API: a person with the scope, other than the author, once; then a trade list, then fills."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

FILLS = """fill_id,proposal,traded_on,ticker,side,shares,price,cost
B1,{proposal},2022-12-29,AAPL,buy,6,126,0.4
B2,{proposal},2022-12-29,AAPL,buy,4,127,0.3
"""


def _decide(client: httpx.Client, proposal: str, decision: str = "approve", reason: str = "Fits.") -> httpx.Response:
    return client.post(f"/proposals/{proposal}/{decision}", json={"reason": reason})


def test_an_approval_freezes_a_trade_list_and_fills_change_holdings(
    start: Callable[..., Any], propose: Callable[..., str]
) -> None:
    server = start()
    proposal = propose(server)
    with server.client("manager") as manager, server.client("operator") as operator:
        listed = manager.get("/proposals", params={"status": "proposed"}).json()
        assert [item["id"] for item in listed["items"]] == [proposal]
        before = manager.get(f"/proposals/{proposal}/trades")
        assert (before.status_code, before.json()["type"]) == (409, "urn:foliohub:problem:undecided")

        decided = _decide(manager, proposal)
        assert decided.status_code == 200
        assert (decided.json()["status"], decided.json()["decided_by"]) == ("approved", "manager")
        assert decided.json() == manager.get(f"/proposals/{proposal}").json()

        trades = manager.get(f"/proposals/{proposal}/trades", params={"format": "csv"})
        assert trades.text.splitlines()[1] == f"{proposal},AAPL,buy,10,125.5,1255.0,0.6275"

        fills = {"content": FILLS.format(proposal=proposal), "headers": {"Content-Type": "text/csv"}}
        assert operator.post("/portfolio/fills", **fills).json()["imported"] == 2
        again = operator.post("/portfolio/fills", **fills).json()
        assert (again["imported"], again["known"]) == (0, 2)
        held = manager.get("/portfolio").json()
        assert [(p["ticker"], p["shares"]) for p in held["positions"]] == [("AAPL", 10)]
        assert held["cash"] == pytest.approx(1_000_000 - 6 * 126 - 4 * 127 - 0.7)
        close = server.store.read_panel("raw/sample")["close"]["AAPL"].iloc[-1]
        assert held["value"] == pytest.approx(held["cash"] + 10 * close)
        slippage = manager.get(f"/proposals/{proposal}/slippage").json()["rows"][0]
        assert slippage["slippage"] == pytest.approx(6 * 0.5 + 4 * 1.5)
        assert [row["fill_id"] for row in manager.get("/portfolio/fills").json()["rows"]] == ["B1", "B2"]


def test_a_refused_decision_says_why(start: Callable[..., Any], propose: Callable[..., str]) -> None:
    server = start()
    own, blocked = propose(server, author="manager"), propose(server, blocked=True)
    final = propose(server)
    with server.client("manager") as manager:
        for proposal, status, kind in ((own, 409, "superseded"), (blocked, 409, "superseded")):
            answer = _decide(manager, proposal)
            assert (answer.status_code, answer.json()["type"]) == (status, f"urn:foliohub:problem:{kind}")
        assert _decide(manager, final, "reject", "Too much turnover.").json()["status"] == "rejected"
        answer = _decide(manager, final)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:foliohub:problem:decided")
        assert _decide(manager, "sample.2022-12-28.99").status_code == 404
        assert _decide(manager, "mars.2022-12-28.1").status_code == 404


@pytest.mark.parametrize(
    ("about", "status", "kind"), [({"author": "manager"}, 403, "author"), ({"blocked": True}, 409, "blocked")]
)
def test_authors_and_blocked_proposals_are_refused(
    start: Callable[..., Any], propose: Callable[..., str], about: dict[str, Any], status: int, kind: str
) -> None:
    server = start()
    proposal = propose(server, **about)
    with server.client("manager") as manager:
        answer = _decide(manager, proposal)
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:foliohub:problem:{kind}")
        assert manager.get(f"/proposals/{proposal}").json()["status"] == "proposed"


def test_a_program_does_not_decide_whatever_its_scopes(start: Callable[..., Any], propose: Callable[..., str]) -> None:
    server = start()
    proposal = propose(server)
    token = server.token("manager", "robot", kind="service")
    for decision in ("approve", "reject"):
        answer = server.http.post(
            f"{server.url}/proposals/{proposal}/{decision}",
            json={"reason": "Beep."},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:foliohub:problem:not-a-person")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 2001}, {"reason": 1}, [], "x"])
def test_a_decision_takes_a_reason(start: Callable[..., Any], propose: Callable[..., str], body: Any) -> None:
    server = start()
    proposal = propose(server)
    with server.client("manager") as manager:
        assert manager.post(f"/proposals/{proposal}/approve", json=body).status_code == 422
        assert manager.get(f"/proposals/{proposal}").json()["status"] == "proposed"


def test_of_many_decisions_at_once_one_wins(start: Callable[..., Any], propose: Callable[..., str]) -> None:
    server = start()
    proposal = propose(server)
    answers: list[int] = []

    def decide(number: int) -> None:
        token = server.token("manager", f"manager-{number}")
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, verify=False) as client:
            answers.append(_decide(client, proposal, "approve" if number % 2 else "reject").status_code)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"fill_id\n1\n", "text/csv", 422),
        (b"\xff\xfe", "text/csv", 422),
        (b"", "text/csv", 422),
        (b"{}", "application/json", 415),
        (b"x" * 5_000_001, "text/csv", 413),
        (FILLS.format(proposal="sample.2022-12-28.7").encode(), "text/csv; charset=utf-8", 404),
        (FILLS.format(proposal="").replace("buy", "sell").encode(), "text/csv", 409),
    ],
)
def test_wrong_fills_change_nothing(start: Callable[..., Any], content: bytes, kind: str, status: int) -> None:
    server = start()
    with server.client("operator") as operator:
        answer = operator.post("/portfolio/fills", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
        assert operator.get("/portfolio/fills").json()["total"] == 0
