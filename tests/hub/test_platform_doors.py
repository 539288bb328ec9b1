"""Who gets in where, on the live platform: log-in, roles, landing pages, headers, throttling."""

from __future__ import annotations

import httpx
import pytest

from tests.hub.live import LiveHub, log_in, xsrf

READ = {"custom:data:read", "custom:portfolio:read", "custom:runs:read"}


def own_scopes(hub: LiveHub, name: str) -> set[str]:
    answer = httpx.get(f"{hub.url}/hub/api/user", headers={"Authorization": f"token {hub.token(name)}"})
    return set(answer.json()["scopes"])


def test_everything_runs(hub: LiveHub) -> None:
    done = hub.command("status")
    assert done.returncode == 0, done.stdout + done.stderr
    assert hub.url in done.stdout


def test_nobody_is_sent_to_the_log_in_page(hub: LiveHub) -> None:
    with hub.client() as client:
        answer = client.get("/")
        assert answer.url.path == "/hub/login"
        assert client.get("/hub/api/users").status_code == 403


@pytest.mark.parametrize(("name", "password"), [("rita", "wrong password"), ("nobody", "wrong password"), ("", "")])
def test_a_wrong_password_and_an_unknown_name_look_the_same(hub: LiveHub, name: str, password: str) -> None:
    with hub.client() as client:
        answer = log_in(client, name, password)
    assert answer.status_code == 403
    assert "Invalid username or password" in answer.text


def test_each_role_lands_where_it_works(hub: LiveHub) -> None:
    pages = {
        "rita": ("/hub/spawn", "/user/rita/"),
        "max": ("/services/dashboards/",),
        "olga": ("/services/dashboards/",),
    }
    for name, expected in pages.items():
        with hub.client(name) as client:
            assert client.get("/hub/", follow_redirects=False).headers["location"] in expected


def test_roles_hold_the_scopes_their_work_needs_and_no_more(hub: LiveHub) -> None:
    researcher, manager, operator = (own_scopes(hub, name) for name in ("rita", "max", "olga"))
    assert researcher & manager & operator >= READ
    assert "custom:proposals:approve" in manager - researcher - operator
    assert {"custom:proposals:create", "custom:runs:start"} <= researcher - manager
    assert {"custom:schedule:write", "custom:fills:import", "admin-ui"} <= operator - researcher - manager
    assert not [scope for scope in manager if "servers" in scope]
    for scopes in (researcher, manager, operator):
        assert not {"tokens", "access:servers", "admin:users", "shutdown", "proxy"} & scopes


def test_a_manager_gets_no_server_and_an_operator_nobody_elses(hub: LiveHub) -> None:
    for name, owner in [("max", "max"), ("max", "rita"), ("rita", "ravi")]:
        with hub.client(name) as client:
            client.get("/hub/home")
            headers = {"X-XSRFToken": xsrf(client), "Referer": f"{hub.url}/hub/home"}
            assert client.post(f"/hub/api/users/{owner}/server", headers=headers).status_code in {403, 404}
    with hub.client("olga") as client:
        assert client.get("/user/rita/lab").status_code in {403, 404}


def test_nobody_makes_a_token_stronger_than_themselves(hub: LiveHub) -> None:
    with hub.client("rita") as client:
        client.get("/hub/token")
        headers = {"X-XSRFToken": xsrf(client), "Referer": f"{hub.url}/hub/token"}
        for scopes in (["custom:proposals:approve"], ["admin:users"], ["access:servers!server=ravi/"]):
            answer = client.post("/hub/api/users/rita/tokens", json={"scopes": scopes}, headers=headers)
            assert answer.status_code == 400
        assert client.post("/hub/api/users/max/tokens", json={}, headers=headers).status_code in {403, 404}


def test_pages_say_what_browsers_must_not_do_with_them(hub: LiveHub) -> None:
    with hub.client() as client:
        answer = client.get("/hub/login")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    for cookie in answer.headers.get_list("set-cookie"):
        assert "samesite=lax" in cookie.lower()


def test_the_log_in_page_loads_nothing_from_elsewhere(hub: LiveHub) -> None:
    with hub.client() as client:
        page = client.get("/hub/login").text
    assert "//" not in "".join(part.split('"')[0] for part in page.split('src="')[1:])


def test_a_made_up_origin_does_not_spare_the_waiting(hub: LiveHub) -> None:
    with hub.client() as client:
        codes = set()
        for number in range(8):
            client.headers.update({"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"})
            codes.add(log_in(client, "disguised", f"guess {number}").status_code)
    assert 429 in codes


def test_guessing_has_to_wait_and_says_how_long(hub: LiveHub) -> None:
    with hub.client() as client:
        answers = [log_in(client, "guessed", f"guess {number}") for number in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert "Try again in" in refused[-1].text
    assert int(refused[-1].headers["retry-after"]) >= 1
    with hub.client("ravi"):  # others still get in
        pass
