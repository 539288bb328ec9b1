"""Browsers: log-in at the hub with PKCE, and nothing gained by whoever stands in between."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hub.api.access import SESSION_COOKIE

PAGE = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}


@pytest.fixture
def browser(server: Any) -> Any:
    with httpx.Client(base_url=server.url, headers=PAGE, verify=False) as client:
        yield client


def _leave(browser: httpx.Client, path: str = "/forecasts?limit=1") -> tuple[str, str]:
    """Open a page without a log-in; state and challenge of the address the hub is asked at."""
    answer = browser.get(path)
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "no-store"
    where = urlsplit(answer.headers["location"])
    assert (where.netloc, where.path) == ("", "/hub/api/oauth2/authorize")
    query = parse_qs(where.query)
    return query["state"][0], query["code_challenge"][0]


def _come_back(browser: httpx.Client, server: Any, **query: str) -> httpx.Response:
    return browser.get(f"{server.origin}/services/api/oauth_callback", params=query)


def test_a_browser_logs_in_and_gets_the_page_it_wanted(server: Any, browser: httpx.Client) -> None:
    state, challenge = _leave(browser)
    code = server.tokens.issue_code(server.token("manager"), challenge)
    answer = _come_back(browser, server, code=code, state=state)
    assert answer.status_code == 302
    assert answer.headers["location"] == "/services/api/v1/forecasts?limit=1"
    cookies = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    session = next(cookie for cookie in cookies if cookie.startswith(SESSION_COOKIE))
    for part in ("HttpOnly", "Path=/services/api/", "SameSite=lax"):
        assert part in session
    assert browser.get(server.origin + answer.headers["location"]).json()["total"] == 80
    assert [name for name in browser.cookies if "login" in name] == []


def test_a_code_is_good_once_and_only_for_the_browser_that_asked(server: Any, browser: httpx.Client) -> None:
    state, challenge = _leave(browser)
    token = server.token("manager")
    code = server.tokens.issue_code(token, challenge)
    with httpx.Client(headers=PAGE, verify=False) as stranger:
        assert _come_back(stranger, server, code=code, state=state).status_code == 403
        assert SESSION_COOKIE not in stranger.cookies
    assert _come_back(browser, server, code=code, state=state).status_code == 302
    assert _come_back(browser, server, code=code, state=state).status_code == 403


def test_a_code_of_another_log_in_is_refused(server: Any, browser: httpx.Client) -> None:
    """An attacker's code in a victim's browser would log the victim in as the attacker."""
    state, _ = _leave(browser)
    foreign = server.tokens.issue_code(server.token("researcher"), "challenge-of-somebody-else")
    assert _come_back(browser, server, code=foreign, state=state).status_code == 403
    assert SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "query", [{}, {"code": "x"}, {"state": "x"}, {"code": "x", "state": "y" * 20}, {"error": "no"}]
)
def test_whoever_comes_back_without_having_left_is_sent_away(
    server: Any, browser: httpx.Client, query: dict[str, str]
) -> None:
    answer = _come_back(browser, server, **query)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("cookie", ["", "x", "bm9uc2Vuc2U=", "WzEsMiwzXQ==", "W10=", "\u00e9"])
def test_a_broken_cookie_is_no_log_in(server: Any, browser: httpx.Client, cookie: str) -> None:
    headers = {"Cookie": f"foliohub-api-login-aaaaaaaa={cookie}".encode("latin-1")}
    answer = browser.get(f"{server.origin}/services/api/oauth_callback?code=x&state=aaaaaaaabbb", headers=headers)
    assert answer.status_code == 403


def test_nobody_is_sent_to_another_site_after_the_log_in(server: Any, browser: httpx.Client) -> None:
    for path in ("//evil.example/x", "/services/api/v1/../../../x", "/services/api//evil.example"):
        answer = browser.get(server.origin + path)
        assert "evil.example" not in answer.headers.get("location", "").split("?")[0]


def test_two_pages_at_once_both_log_in(server: Any, browser: httpx.Client) -> None:
    first, second = _leave(browser, "/forecasts"), _leave(browser, "/quality")
    for (state, challenge), path in ((first, "forecasts"), (second, "quality")):
        code = server.tokens.issue_code(server.token("manager"), challenge)
        assert _come_back(browser, server, code=code, state=state).headers["location"].endswith(path)


def test_states_do_not_pile_up_in_a_browser(browser: httpx.Client) -> None:
    for _ in range(20):
        _leave(browser)
    assert len([name for name in browser.cookies if "login" in name]) <= 8


def test_a_program_is_told_to_bring_a_token_and_not_sent_to_a_page(server: Any) -> None:
    for headers in ({}, {"Accept": "application/json"}, {**PAGE, "Sec-Fetch-Mode": "cors"}):
        assert server.http.get(f"{server.url}/forecasts", headers=headers).status_code == 401
    assert server.http.post(f"{server.url}/runs", headers=PAGE).status_code == 401


def test_the_documentation_works_offline(server: Any, browser: httpx.Client) -> None:
    browser.cookies.set(SESSION_COOKIE, server.token("manager"), path="/services/api/")
    page = browser.get("/docs")
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    for part in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js", "favicon.png"):
        assert f"docs/{part}" in page.text
        assert browser.get(f"/docs/{part}").status_code == 200
    assert browser.get("/openapi.json").json()["openapi"].startswith("3.1")
    assert browser.get("/docs/..%2f..%2fapp.py").status_code == 404
