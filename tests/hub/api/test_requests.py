"""Starting a job is idempotent, checked at once, and left to the scheduler; operators hold back and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from foliohub.schedule import open_requests
from foliohub.schedule.logs import log_file
from hub.api.identity import Identity

JOB = {"job": "daily-forecast", "as_of": "2022-12-28"}


def _start(client: httpx.Client, body: dict[str, Any] | None = None, key: str = "") -> httpx.Response:
    return client.post("/runs", json=body or JOB, headers={"Idempotency-Key": key} if key else {})


def test_a_request_waits_for_the_scheduler_and_can_be_looked_up(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("researcher") as client:
        answer = _start(client)
        assert answer.status_code == 202
        assert (answer.json()["state"], answer.json()["by"]) == ("waiting", "researcher")
        assert client.get(server.origin + answer.headers["location"]).json() == answer.json()
        assert client.get("/runs/requests", params={"ended": False}).json()["items"] == [answer.json()]
    assert [request.job for request in open_requests(server.settings, server.store).list()] == ["daily-forecast"]


def test_the_same_key_gives_the_same_request_whatever_became_of_it(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("researcher") as client, server.client("operator") as operator:
        first = _start(client, key="abc").json()
        assert _start(client, key="abc").json() == first
        assert operator.delete(f"/runs/requests/{first['id']}").json()["state"] == "cancelled"
        again = _start(client, key="abc").json()
        assert (again["id"], again["state"]) == (first["id"], "cancelled")
        assert _start(client, key="other").json()["id"] != first["id"]
        assert _start(operator, key="abc").json()["id"] not in (first["id"],)  # keys are each user's own
        assert _start(client, {"job": "daily-ingest"}, key="abc").status_code == 422


def test_without_a_key_an_open_request_for_the_same_is_found(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("researcher") as client, server.client("operator") as operator:
        first = _start(client).json()
        assert _start(client).json()["id"] == first["id"]
        assert _start(client, JOB | {"parameters": {"seed": 8}}).json()["id"] != first["id"]
        assert _start(client, JOB | {"force": True}).json()["id"] != first["id"]
        operator.delete(f"/runs/requests/{first['id']}")
        assert _start(client).json()["id"] != first["id"]


@pytest.mark.parametrize("key", ["", "k1"])
def test_many_at_once_make_one_request(start: Callable[..., Any], key: str) -> None:
    server = start()
    found: list[str] = []
    token = server.token("researcher")

    def ask() -> None:
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, verify=False) as client:
            found.append(_start(client, key=key).json()["id"])

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"job": "nightly"}, "There is no job 'nightly'"),
        ({"job": "../x"}, "body.job"),
        ({"job": "daily-forecast", "as_of": "2022-12-25"}, "2022-12-25"),
        ({"job": "daily-forecast", "as_of": "2099-01-02"}, "2099-01-02"),
        ({"job": "daily-forecast", "parameters": {"sed": 1}}, "no parameter 'sed'"),
        ({"job": "daily-forecast", "parameters": {"seed": "x"}}, "seed"),
        ({"job": "daily-forecast", "parameters": {"universe": "mars"}, "as_of": "2022-12-28"}, "mars"),
        ({"job": "daily-forecast", "priority": 1}, "body.priority"),
        ({}, "body.job"),
    ],
)
def test_what_cannot_run_is_refused_at_once(start: Callable[..., Any], body: dict[str, Any], said: str) -> None:
    server = start()
    with server.client("researcher") as client:
        answer = client.post("/runs", json=body)
        assert answer.status_code in (404, 422)
        assert said in answer.json()["detail"]
    assert open_requests(server.settings, server.store).list() == []


def test_what_a_run_says_can_be_read_while_it_runs(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("researcher") as client:
        found = _start(client).json()["id"]
        missing = client.get(f"/runs/requests/{found}/log")
        assert (missing.status_code, "It has not begun" in missing.text) == (404, True)
        file = log_file(server.settings.home, found)
        file.parent.mkdir(parents=True)
        file.write_text("-- reading prices\n<b>half a li")
        said = client.get(f"/runs/requests/{found}/log")
        assert said.text == "-- reading prices\n<b>half a li"
        assert said.headers["content-type"] == "text/plain; charset=utf-8"
        assert client.get("/runs/requests/none-0/log").status_code == 404


def test_broken_json_is_said_to_be(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("researcher") as client:
        answer = client.post("/runs", content="{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:foliohub:problem:malformed")


def test_what_has_ended_cannot_be_cancelled(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("operator") as operator:
        found = _start(operator).json()["id"]
        assert operator.delete(f"/runs/requests/{found}").status_code == 200
        assert operator.delete(f"/runs/requests/{found}").status_code == 409
        assert operator.delete("/runs/requests/none-0").status_code == 404


def test_an_operator_pauses_and_resumes_a_job(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("operator") as operator:
        paused = operator.post("/schedule/daily-ingest/pause").json()
        assert (paused["paused"], paused["paused_by"]) == (True, "operator")
        items = {item["job"]: item for item in operator.get("/schedule").json()["items"]}
        assert [name for name, item in items.items() if item["paused"]] == ["daily-ingest"]
        assert all(len(item["next"]) == 3 for item in items.values())
        assert operator.post("/schedule/daily-ingest/resume").json()["paused"] is False
        assert operator.post("/schedule/none/pause").status_code == 404


def test_a_job_that_proposes_takes_the_right_to_propose_besides(start: Callable[..., Any]) -> None:
    server = start()
    rebalance = {"job": "daily-rebalance", "as_of": "2022-12-28"}
    for scopes, status in (
        ({"custom:runs:start"}, 403),
        ({"custom:runs:start", "custom:proposals:create"}, 202),
        ({"custom:proposals:create"}, 403),
    ):
        token = server.tokens.issue(Identity("rita", "user", frozenset(scopes), frozenset()))
        with server.client(headers={"Authorization": f"Bearer {token}"}) as client:
            answer = _start(client, rebalance)
            assert answer.status_code == status, (scopes, answer.text)
            assert _start(client).status_code == (202 if "custom:runs:start" in scopes else 403)
            if scopes == {"custom:runs:start"}:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["type"] == "urn:foliohub:problem:missing-scope"
                assert "custom:proposals:create" in answer.json()["detail"]
    assert [r.job for r in open_requests(server.settings, server.store).list()].count("daily-rebalance") == 1
