"""The API service over an empty store, and browsers without scripts of three people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foliohub.config import Settings
from foliohub.runs.opening import open_store
from foliohub.schedule import Requests, open_requests
from hub.api.app import create_app
from hub.api.identity import TokenTable
from hub.api.settings import ApiSettings
from tests.hub.browsing import FormBrowser, browsers

ROOT = Path(__file__).parents[3]
PAGE = "/services/api/jobs"


class Browser(FormBrowser):
    """Opens the page, and sends the forms it finds there."""

    pages = PAGE

    def submit(self, path: str, *, headers: dict[str, str | None] | None = None, **form: str | None):
        """Send a form of the page; None leaves a field or header out."""
        return self.post_form(path, {"csrf": self.hidden("csrf")} | form, headers)

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
    return browsers(Browser, app, tokens)
