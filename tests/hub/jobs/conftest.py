"""The API service over an empty store, and browsers without scripts of three people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from foliohub.config import Settings
from foliohub.runs.opening import open_store
from foliohub.schedule import Requests, open_requests
from hub.api.access import SESSION_COOKIE
from hub.api.app import create_app
from hub.api.identity import Identity, TokenTable
from hub.api.settings import ApiSettings
from hub.config import roles

ROOT = Path(__file__).parents[3]
PAGE = "/services/api/jobs"
ORIGIN = "http://localhost"
PEOPLE = {"max": roles.MANAGER, "rita": roles.RESEARCHER, "olga": roles.OPERATOR}
OPENS = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}


class Browser(TestClient):
    """Opens the page, and sends the forms it finds there."""

    def open(self, path: str = "", **more: object):
        return self.get(PAGE + path, headers=OPENS | more.pop("headers", {}), **more)

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([0-9a-f]+)"', self.open().text)
        return found[1] if found else ""

    def submit(self, path: str, *, headers: dict[str, str | None] | None = None, **form: str | None):
        """Send a form of the page as a browser does; None leaves a field or header out."""
        given = {"csrf": self.hidden("csrf")} | form
        sent = OPENS | {"origin": ORIGIN} | (headers or {})
        return self.post(
            PAGE + path,
            data={name: value for name, value in given.items() if value is not None},
            headers={name: value for name, value in sent.items() if value is not None},
            follow_redirects=False,
        )

    def words(self, path: str = "") -> str:
        body = re.sub(r"<(style|script)>.*?</\1>", "", self.open(path).text, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(project=ROOT, home=tmp_path_factory.mktemp("jobs") / "home")


@pytest.fixture(scope="module")
def tokens() -> TokenTable:
    return TokenTable()


@pytest.fixture(scope="module")
def app(settings: Settings, tokens: TokenTable) -> Iterator[object]:
    app = create_app(settings, tokens, ApiSettings(requests_per_second=1e6, burst=1e6))
    yield app
    app.state.context.store.close()


@pytest.fixture
def requests(settings: Settings, app: object) -> Iterator[Requests]:
    """Those of the store, which is left without open ones and without pauses."""
    store = open_store(settings)
    found = open_requests(settings, store)
    yield found
    for request in found.list(ended=False):
        found.cancel(request.id, by="the end of a test")
    for job in found.paused():
        found.resume(job, by="the end of a test")
    store.close()


@pytest.fixture
def browser(app: object, tokens: TokenTable) -> Callable[..., Browser]:
    """The browser of somebody who has logged in; of nobody where no name is given."""

    def make(name: str = "", kind: str = "user", scopes: tuple[str, ...] | None = None) -> Browser:
        client = Browser(app, base_url=ORIGIN)
        if name:
            granted = frozenset(PEOPLE[name] if scopes is None else scopes)
            client.cookies.set(SESSION_COOKIE, tokens.issue(Identity(name, kind, granted)), path="/services/api/")
        return client

    return make
