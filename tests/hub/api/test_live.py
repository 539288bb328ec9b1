"""The API behind the live hub: its tokens, its log-in, its log-out, and the proxy in between."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.hub.live import LiveHub

PREFIX = "/services/api/v1"
PAGE = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}

pytestmark = pytest.mark.slow


def _get(url: str, **more: Any) -> httpx.Response:
    return httpx.get(url, timeout=60, **more)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("rita", "/forecasts", 200),
        ("rita", "/portfolio", 200),
        ("rita", "/runs", 200),
        ("max", "/forecasts", 200),
        ("max", "/proposals", 200),
        ("olga", "/metrics", 200),
        ("olga", "/schedule", 200),
    ],
)
def test_everybody_reads_with_a_token_of_their_own(hub: LiveHub, name: str, path: str, status: int) -> None:
    answer = _get(hub.url + PREFIX + path, headers=_bearer(hub.token(name)))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("name", "method", "path", "scope"),
    [
        ("rita", "POST", "/proposals/sample.2022-12-28.1/approve", "custom:proposals:approve"),
        ("olga", "POST", "/proposals/sample.2022-12-28.1/approve", "custom:proposals:approve"),
        ("max", "POST", "/runs", "custom:runs:start"),
        ("max", "POST", "/schedule/daily-ingest/pause", "custom:schedule:write"),
        ("rita", "POST", "/schedule/daily-ingest/pause", "custom:schedule:write"),
        ("max", "POST", "/portfolio/fills", "custom:fills:import"),
    ],
)
def test_a_role_ends_where_its_scopes_end(hub: LiveHub, name: str, method: str, path: str, scope: str) -> None:
    answer = httpx.request(
        method, hub.url + PREFIX + path, headers=_bearer(hub.token(name)), json={"reason": "x"}, timeout=60
    )
    assert answer.status_code == 403
    assert scope in answer.json()["detail"]


def test_a_token_with_fewer_scopes_opens_less(hub: LiveHub) -> None:
    narrow = _bearer(hub.token("rita", ("access:services!service=api", "custom:data:read")))
    assert _get(f"{hub.url}{PREFIX}/forecasts", headers=narrow).status_code == 200
    assert _get(f"{hub.url}{PREFIX}/runs", headers=narrow).status_code == 403
    outside = _bearer(hub.token("rita", ("custom:data:read",)))
    answer = _get(f"{hub.url}{PREFIX}/forecasts", headers=outside)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:foliohub:problem:no-access")


def test_tokens_nobody_gave_out_open_nothing(hub: LiveHub) -> None:
    assert _get(f"{hub.url}{PREFIX}/forecasts", headers=_bearer("0" * 32)).status_code == 401
    assert _get(f"{hub.url}{PREFIX}/forecasts").status_code == 401
    for name, token in hub.service_tokens.items():
        answer = _get(f"{hub.url}{PREFIX}/forecasts", headers=_bearer(token))
        assert answer.status_code in (401, 403), name


def test_a_person_logs_in_once_and_reads_in_the_browser(hub: LiveHub) -> None:
    with hub.client("max") as browser:
        page = browser.get(f"{PREFIX}/forecasts?limit=1", headers=PAGE)
        assert page.status_code == 200, page.text
        assert page.url.path == f"{PREFIX}/forecasts"
        assert len(page.json()["rows"]) == 1
        again = browser.get(f"{PREFIX}/docs", headers=PAGE)
        assert (again.status_code, again.history) == (200, [])


def test_the_log_in_of_a_browser_decides_nothing(hub: LiveHub) -> None:
    with hub.client("max") as browser:
        browser.get(f"{PREFIX}/forecasts", headers=PAGE)
        answer = browser.post(f"{PREFIX}/proposals/sample.2022-12-28.1/approve", json={"reason": "x"})
        assert answer.status_code == 401


def test_logging_out_at_the_hub_ends_the_log_in_here_at_once(hub: LiveHub) -> None:
    with hub.client("max") as browser:
        assert browser.get(f"{PREFIX}/forecasts", headers=PAGE).status_code == 200
        browser.get("/hub/logout")
        program = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
        assert browser.get(f"{PREFIX}/forecasts", headers=program).status_code == 401


def test_somebody_who_has_not_logged_in_comes_to_the_hubs_page(hub: LiveHub) -> None:
    with hub.client() as browser:
        page = browser.get(f"{PREFIX}/forecasts", headers=PAGE)
        assert page.url.path == "/hub/login"


def test_another_host_is_refused_through_the_proxy_too(hub: LiveHub) -> None:
    headers = _bearer(hub.token("rita"))
    for more in ({"Host": "evil.example"}, {"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1"}):
        assert _get(f"{hub.url}{PREFIX}/forecasts", headers=headers | more).status_code == 400
    forwarded = headers | {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = _get(f"{hub.url}{PREFIX}/forecasts?limit=1", headers=forwarded)
    assert answer.status_code == 200
    assert "evil.example" not in str(answer.headers)


def test_quotes_stream_through_the_proxy_as_they_come(hub: LiveHub) -> None:
    headers = _bearer(hub.token("rita"))
    with httpx.stream("GET", f"{hub.url}{PREFIX}/quotes/stream", headers=headers, timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "event: quotes"
        assert next(lines).startswith('data: {"feed":{"state":')
