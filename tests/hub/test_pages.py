"""The hub's own pages offer people what their role allows, and say in plain words what it does not."""

from __future__ import annotations

import re

import pytest

from tests.hub.live import LiveHub

OPENS = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


def words(text: str) -> str:
    body = re.sub(r"<(style|script|noscript)\b.*?</\1>", "", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize(
    ("name", "offered", "not_offered"),
    [
        ("max", ["Dashboards", "Proposals", "Jobs"], ["JupyterLab", "Servers"]),
        ("rita", ["Dashboards", "Proposals", "Jobs", "JupyterLab"], ["Servers"]),
        ("olga", ["Dashboards", "Proposals", "Jobs", "JupyterLab", "Servers"], []),
    ],
)
def test_the_home_page_offers_what_somebody_may_open(
    hub: LiveHub, name: str, offered: list[str], not_offered: list[str]
) -> None:
    with hub.client(name) as client:
        page = client.get("/hub/home", headers=OPENS).text
        links = {text: address for address, text in re.findall(r'<a[^>]*href="([^"]+)"[^>]*>([^<]+)</a>', page)}
        assert set(offered) <= set(links)
        assert not set(not_offered) & set(links)
        for text in ("Dashboards", "Proposals", "Jobs", "Programming interface"):
            answer = client.get(links[text], headers=OPENS, follow_redirects=True)
            assert answer.status_code not in {403, 404}, text


def test_refusals_and_wrong_addresses_are_told_in_plain_words(hub: LiveHub) -> None:
    with hub.client("max") as client:
        for path, status, said in (
            ("/hub/none-such", 404, "There is nothing here"),
            ("/user/nobody-of-this-name/lab", 404, "There is nothing here"),
            ("/hub/admin", 403, "You may not open this"),
            ("/hub/spawn", 403, "You may not open this"),
        ):
            answer = client.get(path, headers=OPENS, follow_redirects=True)
            assert answer.status_code == status, path
            shown = words(answer.text)
            assert said in shown
            assert not re.search(r"scopes|moons|JupyterHub", shown)


def test_operators_are_not_shown_what_their_role_refuses(hub: LiveHub) -> None:
    with hub.client("olga") as client:
        page = client.get("/hub/admin", headers=OPENS).text
        assert "foliohub users" in page
        for hidden in ("#shutdown-button", 'a[href="#/add-users"]', 'a[href="#/groups"]'):
            assert re.search(re.escape(hidden) + r"[^{}]*\{ display: none", page), hidden
