"""Browsers without scripts before the API service: they open pages and send the forms they find there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from fastapi.testclient import TestClient

from hub.api.access import SESSION_COOKIE
from hub.api.identity import Identity, TokenTable
from hub.config import roles

ORIGIN = "http://localhost"
PEOPLE = {"max": roles.MANAGER, "rita": roles.RESEARCHER, "olga": roles.OPERATOR}
OPENS = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}


class FormBrowser(TestClient):
    """Somebody's browser; a subclass says below which address its pages are."""

    pages = ""

    def open(self, path: str = "", **more: object):
        return self.get(self.pages + path, headers=OPENS | more.pop("headers", {}), **more)

    def hidden(self, name: str, path: str = "") -> str:
        """A hidden field of a page's form; empty where there is none."""
        found = re.search(rf'name="{name}" value="([0-9a-f]+)"', self.open(path).text)
        return found[1] if found else ""

    def post_form(self, path: str, form: dict[str, str | None], headers: dict[str, str | None] | None = None):
        """Send a form as a browser does; None leaves a field or header out."""
        sent = OPENS | {"origin": ORIGIN} | (headers or {})
        return self.post(
            self.pages + path,
            data={name: value for name, value in form.items() if value is not None},
            headers={name: value for name, value in sent.items() if value is not None},
            follow_redirects=False,
        )


Browser = TypeVar("Browser", bound=FormBrowser)


def browsers(browser: type[Browser], app: object, tokens: TokenTable) -> Callable[..., Browser]:
    """Makes browsers of people who have logged in; of nobody where no name is given."""

    def make(name: str = "", kind: str = "user", scopes: tuple[str, ...] | None = None) -> Browser:
        client = browser(app, base_url=ORIGIN)
        if name:
            granted = frozenset(PEOPLE[name] if scopes is None else scopes)
            client.cookies.set(SESSION_COOKIE, tokens.issue(Identity(name, kind, granted)), path="/services/api/")
        return client

    return make
