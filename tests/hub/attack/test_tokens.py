"""Tokens: one that ended opens nothing, one of another service opens only that, none gets stronger."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.hub.attack.messages import run
from tests.hub.attack.test_sockets import enter
from tests.hub.attack.visitors import Visitor, visit
from tests.hub.live import LiveHub, log_in

API = "/services/api/v1"
READS = {"hub": "/hub/api/user", "api": f"{API}/universes", "server": "/user/rita/api/status"}
TRUSTED = 35
"""Seconds for which a service may go on believing what the hub said of a token."""


def status(hub: LiveHub, path: str, token: str, method: str = "GET", **arguments: object) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(method, hub.url + path, headers=headers, timeout=60, **arguments).status_code


def test_a_revoked_token_and_a_session_that_logged_out_open_nothing(hub: LiveHub, visitors: dict[str, Visitor]) -> None:
    rita = visitors["rita"]
    made = rita.call("POST", "/hub/api/users/rita/tokens", json={"note": "to be revoked"}).json()
    assert [path for path in READS.values() if status(hub, path, made["token"]) != 200] == []
    pages = ["/hub/home", "/services/dashboards/operations", f"{API}/universes"]
    with visit(hub, "max") as visitor:
        cookies = {page: visitor.cookies(page) for page in pages}
        assert [page for page in pages if not enters(hub, page, cookies[page])] == []
        visitor.client.get("/hub/logout")
    assert rita.call("DELETE", f"/hub/api/users/rita/tokens/{made['id']}").status_code == 204
    assert status(hub, READS["hub"], made["token"]) == 403
    assert not enters(hub, "/hub/home", cookies["/hub/home"])
    deadline = time.monotonic() + TRUSTED
    while True:
        left = [path for path in READS.values() if status(hub, path, made["token"]) == 200]
        left += [page for page in pages if enters(hub, page, cookies[page])]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(2)
    assert left == []


def test_a_log_in_at_one_service_opens_no_other(hub: LiveHub) -> None:
    """The cookie of the API holds a token of the hub: it is good for the API, and asks the hub for nothing else."""
    with visit(hub, "rita") as visitor:
        session = next(c.value for c in visitor.client.cookies.jar if c.name == "foliohub-api-session")
    assert status(hub, f"{API}/universes", session) == 200
    for path in ("/user/rita/api/status", "/services/dashboards/operations", "/hub/api/users", "/hub/home"):
        assert status(hub, path, session) in {302, 401, 403, 404}
    assert status(hub, "/hub/api/users/rita/tokens", session, "POST", json={}) in {403, 404}
    assert status(hub, "/hub/api/users/rita/server", session, "POST") in {403, 404}


def test_a_notebook_of_hers_can_do_what_she_can_and_no_more(hub: LiveHub, visitors: dict[str, Visitor]) -> None:
    rita = visitors["rita"]
    started = rita.browse("POST", "/user/rita/api/kernels", json={"name": "foliohub"}).json()["id"]
    with enter(hub, rita, f"/user/rita/api/kernels/{started}/channels") as connection:
        token = run(connection, "import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    rita.browse("DELETE", f"/user/rita/api/kernels/{started}")
    assert status(hub, f"{API}/universes", token) == 200
    for path in ("/user/ravi/api/status", "/hub/api/users", "/hub/admin", "/hub/api/proxy"):
        assert status(hub, path, token) in {302, 403, 404}
    for path in ("/hub/api/users/rita/tokens", "/hub/api/users/max/tokens", "/hub/api/users/ravi/server"):
        assert status(hub, path, token, "POST", json={}) in {403, 404}
    approve = f"{API}/proposals/sample.2000-01-03.1/approve"
    assert status(hub, approve, token, "POST", json={"reason": "an attack"}) == 403


def test_a_small_token_stays_small(hub: LiveHub, visitors: dict[str, Visitor]) -> None:
    scopes = ["custom:data:read", "access:services!service=api"]
    made = visitors["rita"].call("POST", "/hub/api/users/rita/tokens", json={"scopes": scopes})
    assert made.status_code == 201, made.text
    small = made.json()["token"]
    assert status(hub, f"{API}/universes", small) == 200
    assert status(hub, f"{API}/portfolio", small) == 403
    assert status(hub, f"{API}/runs", small, "POST", json={"job": "none-such"}) == 403
    assert status(hub, "/user/rita/api/status", small) in {302, 403, 404}
    assert status(hub, "/hub/api/users/rita/tokens", small, "POST", json={}) in {403, 404}
    without_access = visitors["rita"].call("POST", "/hub/api/users/rita/tokens", json={"scopes": ["custom:data:read"]})
    assert status(hub, f"{API}/universes", without_access.json()["token"]) == 403


@pytest.mark.parametrize(
    "wish",
    [
        {"scopes": ["custom:proposals:approve"]},
        {"scopes": ["admin-ui"]},
        {"scopes": ["tokens"]},
        {"scopes": ["self", "custom:schedule:write"]},
        {"scopes": ["access:servers!user=ravi"]},
        {"scopes": ["custom:proposals:approve!user=rita"]},
        {"roles": ["admin"]},
        {"roles": ["manager"]},
        {"roles": ["foliohub-supervisor"]},
    ],
    ids=json.dumps,
)
def test_nobody_asks_for_more_than_they_hold(
    hub: LiveHub, visitors: dict[str, Visitor], wish: dict[str, object]
) -> None:
    rita = visitors["rita"]
    for way in (rita.browse, rita.call):
        answer = way("POST", "/hub/api/users/rita/tokens", json=wish)
        assert answer.status_code in {400, 403}, answer.text
    page = rita.browse("POST", "/hub/token", data={"note": "x", "scopes": " ".join(wish.get("scopes", []))})
    assert page.status_code in {403, 405}


@pytest.mark.parametrize("service", ["service-api", "service-dashboards", "jupyterhub-user-ravi"])
def test_logging_in_to_a_service_grants_no_scope_she_lacks(
    hub: LiveHub, visitors: dict[str, Visitor], service: str
) -> None:
    name = service.removeprefix("service-")
    callback = "/user/ravi/oauth_callback" if "user" in service else f"/services/{name}/oauth_callback"
    query = {"client_id": service, "redirect_uri": callback, "response_type": "code", "state": "x"}
    greedy = query | {"scope": "custom:proposals:approve admin:users"}
    answer = visitors["rita"].client.get("/hub/api/oauth2/authorize", params=greedy, follow_redirects=False)
    assert answer.status_code in {400, 403} or "error=" in answer.headers.get("location", "") or "user" not in service
    if answer.status_code == 302 and "code=" in answer.headers["location"]:
        pytest.fail("A code was given for scopes she does not hold")
    stolen = query | {"redirect_uri": "https://evil.example/"}
    answer = visitors["rita"].client.get("/hub/api/oauth2/authorize", params=stolen, follow_redirects=False)
    assert answer.status_code in {400, 403}
    assert "evil.example" not in answer.headers.get("location", "")


def test_a_new_password_ends_every_session(hub: LiveHub) -> None:
    added = hub.command("users", "add", "sam", "--group", "managers", stdin="sam-has-a-password\n")
    assert added.returncode == 0, added.stdout + added.stderr
    try:
        with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=60) as client:
            assert log_in(client, "sam", "sam-has-a-password").status_code == 302
            client.get("/services/dashboards/operations")
            cookies = client.build_request("GET", "/hub/home").headers["cookie"]
            assert enters(hub, "/hub/home", cookies)
            changed = hub.command("users", "passwd", "sam", stdin="sam-has-another-password\n")
            assert changed.returncode == 0, changed.stdout + changed.stderr
            deadline = time.monotonic() + TRUSTED
            while enters(hub, "/hub/home", cookies) and time.monotonic() < deadline:
                time.sleep(0.5)
            assert not enters(hub, "/hub/home", cookies)
    finally:
        removed = hub.command("users", "remove", "sam")
        assert removed.returncode == 0, removed.stdout + removed.stderr


def enters(hub: LiveHub, page: str, cookies: str) -> bool:
    """Whether a browser with these cookies sees a page, rather than a way to log in."""
    headers = {"Cookie": cookies, "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
    return httpx.get(hub.url + page, headers=headers, timeout=60).status_code == 200
