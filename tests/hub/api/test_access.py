"""Who gets in: access first, then the scope; tokens for programs, cookies for reading alone, limits for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from hub.api.access import SESSION_COOKIE
from hub.api.identity import HubUnavailableError, Identity

READS = {
    "custom:data:read": [
        "/universes", "/universes/sample", "/prices", "/forecasts", "/forecasts/scores", "/backtests",
        "/backtests/returns", "/quality", "/quality/summary", "/quotes", "/quotes/stream", "/openapi.json", "/docs",
    ],
    "custom:portfolio:read": [
        "/portfolio", "/portfolio/names", "/portfolio/weights", "/portfolio/orders", "/portfolio/fills", "/proposals",
        "/proposals/sample.2022-12-28.1", "/proposals/sample.2022-12-28.1/trades",
        "/proposals/sample.2022-12-28.1/slippage",
    ],
    "custom:metrics:read": ["/metrics"],
    "custom:runs:read": [
        "/runs", "/runs/daily-ingest.2022-12-28.1", "/runs/daily-ingest.2022-12-28.1/outputs",
        "/runs/daily-ingest.2022-12-28.1/outputs/report", "/runs/requests", "/runs/requests/x", "/runs/requests/x/log",
        "/schedule",
    ],
}  # fmt: skip
WRITES = {
    "custom:proposals:approve": [
        ("POST", "/proposals/sample.2022-12-28.1/approve"), ("POST", "/proposals/sample.2022-12-28.1/reject"),
    ],
    "custom:runs:start": [("POST", "/runs")],
    "custom:schedule:write": [
        ("DELETE", "/runs/requests/x"), ("POST", "/schedule/daily-ingest/pause"),
        ("POST", "/schedule/daily-ingest/resume"),
    ],
    "custom:fills:import": [("POST", "/portfolio/fills")],
}  # fmt: skip
EVERY = [(scope, "GET", path) for scope, paths in READS.items() for path in paths] + [
    (scope, method, path) for scope, calls in WRITES.items() for method, path in calls
]
BODIES = {"/runs": {"job": "daily-ingest"}}


def _call(server: Any, method: str, path: str, **more: Any) -> httpx.Response:
    body = {} if method == "GET" else {"json": BODIES.get(path, {"reason": "Because."})}
    with server.http.stream(method, server.url + path, **body, **more) as answer:
        if answer.status_code != 200:
            answer.read()
        return answer


def test_every_route_is_tried_here(server: Any) -> None:
    known = {(method.upper(), path) for path, found in server.app.openapi()["paths"].items() for method in found}
    prefix = "/services/api/v1"
    named = {(method, path) for _, method, path in EVERY}

    def is_named(method: str, path: str) -> bool:
        parts = path.removeprefix(prefix).split("/")
        return any(
            m == method
            and len(parts) == len(p.split("/"))
            and all(a == b or a.startswith("{") for a, b in zip(parts, p.split("/"), strict=True))
            for m, p in named
        )

    assert {(m, p) for m, p in known if not is_named(m, p)} == {("GET", f"{prefix}/health")}


@pytest.mark.parametrize(("scope", "method", "path"), EVERY)
def test_a_route_opens_with_its_scope_and_with_no_other(server: Any, scope: str, method: str, path: str) -> None:
    every = {scope for scope, _, _ in EVERY}
    without = server.tokens.issue(Identity("eve", "user", frozenset(every - {scope})))
    answer = _call(server, method, path, headers={"Authorization": f"Bearer {without}"})
    assert answer.status_code == 403
    assert scope in answer.json()["detail"]

    filtered = server.tokens.issue(Identity("eve", "user", frozenset({f"{scope}!user=eve"})))
    assert _call(server, method, path, headers={"Authorization": f"Bearer {filtered}"}).status_code == 403

    outside = server.tokens.issue(Identity("eve", "user", frozenset(every), admitted=False))
    answer = _call(server, method, path, headers={"Authorization": f"Bearer {outside}"})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:foliohub:problem:no-access")

    if method == "GET":
        enough = server.tokens.issue(Identity("eve", "service", frozenset({scope})))
        answer = _call(server, method, path, headers={"Authorization": f"token {enough}"})
        assert answer.status_code == 200 or answer.json()["status"] == 404


@pytest.mark.parametrize(("scope", "method", "path"), EVERY)
def test_without_a_token_there_is_nothing(server: Any, scope: str, method: str, path: str) -> None:
    for header in (None, "", "Bearer", "Bearer nobody", "Basic YTpi", "Bearer a b", "token \u00e9"):
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        answer = _call(server, method, path, headers=headers)
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_in_the_address_is_none(server: Any) -> None:
    token = server.token("researcher")
    assert server.http.get(f"{server.url}/forecasts?token={token}").status_code == 401


def test_a_revoked_token_opens_nothing(server: Any) -> None:
    token = server.token("researcher")
    headers = {"Authorization": f"Bearer {token}"}
    assert server.http.get(f"{server.url}/forecasts", headers=headers).status_code == 200
    server.tokens.revoke(token)
    assert server.http.get(f"{server.url}/forecasts", headers=headers).status_code == 401


def test_a_hub_that_does_not_answer_lets_nobody_in(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    server = start()

    async def away(*_: Any) -> None:
        raise HubUnavailableError("connection refused by 10.0.0.1")

    monkeypatch.setattr(server.tokens, "identify", away)
    answer = server.http.get(f"{server.url}/forecasts", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "10.0.0.1" not in answer.text


@pytest.mark.parametrize(("scope", "method", "path"), [call for call in EVERY if call[1] != "GET"])
def test_a_browsers_log_in_never_writes(server: Any, scope: str, method: str, path: str) -> None:
    token = server.tokens.issue(Identity("max", "user", frozenset({scope})))
    headers = {"Origin": server.origin, "Sec-Fetch-Site": "same-origin", "Cookie": f"{SESSION_COOKIE}={token}"}
    answer = _call(server, method, path, headers=headers)
    assert answer.status_code == 401
    assert "not enough" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 401),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
    ],
)
def test_a_browsers_log_in_reads_for_our_own_pages(server: Any, headers: dict[str, str], status: int) -> None:
    cookie = {"Cookie": f"{SESSION_COOKIE}={server.token('manager')}"}
    assert server.http.get(f"{server.url}/forecasts", headers=headers | cookie).status_code == status


@pytest.mark.parametrize("path", ["/v1/health", "/health"])
def test_health_takes_no_token_and_tells_nothing(server: Any, path: str) -> None:
    answer = server.http.get(f"{server.origin}/services/api{path}")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "host", ["evil.example", "", "127.0.0.1.evil.example", "localhost@evil.example", "[::1", "api"]
)
def test_another_host_header_is_refused(server: Any, host: str) -> None:
    for path in ("/forecasts", "/health", "/docs"):
        answer = server.http.get(server.url + path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.headers.get("location", "")


def test_the_hosts_there_are_let_in_whatever_the_port(server: Any) -> None:
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"):
        assert server.http.get(f"{server.url}/health", headers={"Host": host}).status_code == 200


def test_every_answer_has_safe_headers(server: Any, researcher: httpx.Client) -> None:
    answers = [researcher.get(path) for path in ("/forecasts", "/nothing", "/health", "/docs")]
    answers.append(server.http.get(server.url + "/forecasts", headers={"Host": "evil.example"}))
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers or "uvicorn" in answer.headers["server"]
        assert "access-control-allow-origin" not in answer.headers


def test_a_report_runs_in_an_origin_of_its_own(researcher: httpx.Client) -> None:
    answer = researcher.get("/runs/daily-ingest.2022-12-28.1/outputs/report")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-same-origin" not in policy
    notebook = researcher.get("/runs/daily-ingest.2022-12-28.1/outputs/notebook")
    assert notebook.headers["content-disposition"].startswith("attachment")


def test_an_output_outside_of_the_runs_folder_is_not_served(start: Callable[..., Any]) -> None:
    server = start()
    records = server.app.state.context.catalogue._records
    record = records.get("daily-ingest.2022-12-28.1")
    (server.settings.home / "secret.html").write_text("secret")
    for path in ("secret.html", "runs/../secret.html", "/etc/passwd", "runs/daily-ingest.2022-12-28.1"):
        records.save(record.model_copy(update={"outputs": {"report": path}}))
        with server.client("researcher") as client:
            assert client.get("/runs/daily-ingest.2022-12-28.1/outputs/report").status_code == 404
            assert client.get("/runs/daily-ingest.2022-12-28.1/outputs").json() == {"items": []}


def test_who_asks_too_often_waits_and_nobody_else_does(start: Callable[..., Any]) -> None:
    server = start(requests_per_second=0.1, burst=5)
    with server.client("researcher") as eager, server.client("manager") as other:
        answers = [eager.get("/universes") for _ in range(8)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        refused = answers[-1]
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.headers["content-type"] == "application/problem+json"
        assert other.get("/universes").status_code == 200
        more = server.client("researcher")
        assert more.get("/universes").status_code == 429  # another token of the same user has no bucket of its own
        more.close()
