"""The dashboards behind the hub: for whoever may, and each page for its own viewer alone."""

from __future__ import annotations

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.hub.dashboards.talking import ask, kernel_of, socket
from tests.hub.live import LiveHub

PAGES = ("", "today", "portfolio", "forecasts", "what_if", "operations")
BASE = "/services/dashboards/"


def _cookies(client: httpx.Client) -> dict[str, str]:
    """The cookies a browser would send to the dashboards, as a header."""
    sent = [f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar if BASE.startswith(cookie.path)]
    return {"Cookie": "; ".join(sent)}


def _xsrf(client: httpx.Client) -> str:
    return next(str(c.value) for c in client.cookies.jar if c.name == "_xsrf" and c.path == BASE)


@pytest.mark.parametrize("person", ["max", "rita", "olga"])
def test_whoever_has_the_role_sees_every_page_whole(hub: LiveHub, person: str):
    with hub.client(person) as client:
        for page in PAGES:
            answer = client.get(BASE + page)
            assert answer.status_code == 200, page
            assert "cannot be shown" not in answer.text, page
            assert f"fd-user'>{person}<" in answer.text
            assert answer.text.rstrip().endswith("</html>")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_gets_in_without_logging_in(hub: LiveHub, page: str):
    with hub.client() as client:
        answer = client.get(BASE + page)
        assert answer.url.path == "/hub/login"
        bare = client.get(BASE + page, follow_redirects=False)
        assert bare.status_code == 302
        assert "fd-section" not in bare.text


def test_tokens_that_do_not_carry_access_stay_out(hub: LiveHub):
    weak = hub.token("max", ("custom:data:read",))
    for token in (weak, hub.service_tokens["dashboards"], hub.service_tokens["api"], "guessed"):
        answer = httpx.get(hub.url + BASE, headers={"Authorization": f"token {token}"}, timeout=30)
        assert answer.status_code in {302, 403}, token
        assert "fd-section" not in answer.text


def test_a_page_talks_to_its_own_viewer_only(hub: LiveHub):
    with hub.client("max") as owner, hub.client("rita") as other:
        kernel = kernel_of(owner.get(BASE + "what_if").text)
        other.get(BASE)
        url = hub.url + BASE
        with socket(url, kernel, headers=_cookies(owner) | {"X-XSRFToken": _xsrf(owner)}) as connection:
            assert "Expected return" in ask(connection, {"cost": "10"})["html"]
            theirs = _cookies(other) | {"X-XSRFToken": _xsrf(other)}
            with pytest.raises(InvalidStatus) as refused, socket(url, kernel, headers=theirs):
                pass
            assert refused.value.response.status_code == 404
            with pytest.raises(InvalidStatus) as refused, socket(url, kernel):
                pass
            assert refused.value.response.status_code in {302, 403}


def test_another_site_cannot_open_a_viewers_socket(hub: LiveHub):
    with hub.client("max") as client:
        kernel = kernel_of(client.get(BASE + "what_if").text)
        address = f"{hub.url}{BASE}api/kernels/{kernel}/channels".replace("http", "ws", 1)
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "https://evil.example", "X-XSRFToken": "forged", "Sec-Fetch-Mode": "websocket"},
            {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Site": "cross-site"},
        ):
            with (
                pytest.raises(InvalidStatus) as refused,
                connect(address, additional_headers=_cookies(client) | headers, proxy=None),
            ):
                pass
            assert refused.value.response.status_code in {302, 403}, headers


def test_operations_leads_from_every_run_to_its_record(hub: LiveHub):
    with hub.client("olga") as client:
        page = client.get(BASE + "operations?run=daily-rebalance.2022-12-28.1")
        assert "Run daily-rebalance.2022-12-28.1" in page.text
        assert "foliohub runs reproduce daily-rebalance.2022-12-28.1" in page.text
        missing = client.get(BASE + "operations?run=nothing.2022-12-28.1")
        assert "There is no run" in missing.text
        script = client.get(BASE + "operations", params={"run": "<script>alert(1)</script>"})
        assert "<script>alert" not in script.text
