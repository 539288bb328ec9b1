"""People come, change and go on a platform that runs: what they held ends at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.hub.live import LiveHub, log_in

FIRST, SECOND = "a-first-password", "a-second-password"


@pytest.fixture
def nina(hub: LiveHub):
    """Somebody new, let in while the platform runs."""
    done = hub.command("users", "add", "nina", "--group", "managers", stdin=f"{FIRST}\n")
    assert done.returncode == 0, done.stderr
    yield "nina"
    hub.command("users", "remove", "nina")


@contextmanager
def session(hub: LiveHub, password: str) -> Iterator[httpx.Client]:
    with hub.client() as client:
        assert log_in(client, "nina", password).status_code == 302
        yield client


def inside(client: httpx.Client) -> bool:
    return client.get("/hub/home").url.path == "/hub/home"


def test_somebody_added_gets_in_at_once(hub: LiveHub, nina: str) -> None:
    with session(hub, FIRST) as client:
        assert inside(client)
        assert client.get("/hub/api/user").json()["groups"] == ["managers"]


def test_names_may_be_typed_with_large_letters(hub: LiveHub, nina: str) -> None:
    with hub.client() as client:
        assert log_in(client, "Nina", FIRST).status_code == 302


def test_another_password_ends_sessions_with_the_hub_and_its_services(hub: LiveHub, nina: str) -> None:
    with session(hub, FIRST) as client:
        assert client.get("/services/dashboards/").url.path == "/services/dashboards/"
        done = hub.command("users", "passwd", "nina", stdin=f"{SECOND}\n")
        assert done.returncode == 0, done.stderr
        time.sleep(6)  # a session counts as checked for five seconds
        assert not inside(client)
    with hub.client() as client:
        assert log_in(client, "nina", FIRST).status_code == 403
    with session(hub, SECOND) as client:
        assert inside(client)


def test_other_groups_count_from_the_next_click(hub: LiveHub, nina: str) -> None:
    with session(hub, FIRST) as client:
        assert hub.command("users", "groups", "nina", "--group", "operators").returncode == 0
        time.sleep(6)
        assert client.get("/hub/api/user").json()["groups"] == ["operators"]
        assert client.get("/hub/admin").status_code == 200


def test_somebody_removed_loses_sessions_and_tokens(hub: LiveHub, nina: str) -> None:
    with session(hub, FIRST) as client:
        headers = {"X-XSRFToken": client.cookies.get("_xsrf", path="/hub/") or "", "Referer": f"{hub.url}/hub/token"}
        answer = client.post("/hub/api/users/nina/tokens", json={"note": "program"}, headers=headers)
        token = {"Authorization": f"token {answer.json()['token']}"}
        assert httpx.get(f"{hub.url}/hub/api/user", headers=token).status_code == 200
        done = hub.command("users", "remove", "nina")
        assert done.returncode == 0, done.stderr
        assert httpx.get(f"{hub.url}/hub/api/user", headers=token).status_code == 403
        assert not inside(client)
    with hub.client() as client:
        assert log_in(client, "nina", FIRST).status_code == 403


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["add", "rita", "--group", "managers"], "long-enough-password\n", "is there already"),
        (["add", "x", "--group", "kings"], "long-enough-password\n", "no group 'kings'"),
        (["add", "Big Name", "--group", "managers"], "long-enough-password\n", "log-in name"),
        (["add", "short", "--group", "managers"], "short\n", "12 are the fewest"),
        (["passwd", "nobody"], "long-enough-password\n", "Nobody is called 'nobody'"),
        (["groups", "nobody", "--group", "managers"], "", "Nobody is called 'nobody'"),
        (["remove", "nobody"], "", "Nobody is called 'nobody'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(hub: LiveHub, arguments: list[str], stdin: str, said: str) -> None:
    done = hub.command("users", *arguments, stdin=stdin)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_made_password_is_shown_and_works(hub: LiveHub) -> None:
    done = hub.command("users", "add", "omar", "--group", "researchers", "--generate")
    password = done.stdout.split("shown this once: ")[1].split()[0]
    with hub.client() as client:
        assert log_in(client, "omar", password).status_code == 302
    assert "omar" in hub.command("users", "list").stdout
    assert password not in (hub.home / "hub" / "people.json").read_text()
    assert hub.command("users", "remove", "omar").returncode == 0
