"""Everybody, logged in, before one live platform on which rita's server runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.hub.attack.visitors import PEOPLE, Visitor, start_server, visit
from tests.hub.live import LiveHub

Visitors = dict[str, Visitor]


@pytest.fixture(scope="session")
def visitors(hub: LiveHub) -> Iterator[Visitors]:
    """By name; rita has entered her server."""
    with ExitStack() as stack:
        everybody = {name: stack.enter_context(visit(hub, name)) for name in (*PEOPLE, "nobody")}
        start_server(hub, everybody["rita"])
        yield everybody


@pytest.fixture(scope="session")
def secrets(hub: LiveHub) -> list[bytes]:
    """What no answer may ever hold: the platform's keys, and the hashes of passwords."""
    import json

    keys = json.loads((hub.home / "hub" / "keys.json").read_text())
    people = json.loads((hub.home / "hub" / "people.json").read_text())["people"]
    hashes = [person["password"] for person in people.values()]
    found = [keys["cookie_secret"], keys["crypt_key"], keys["proxy"], *keys["services"].values(), *hashes]
    return [secret.encode() for secret in found]
