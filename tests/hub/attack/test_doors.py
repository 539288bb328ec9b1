"""Each person at each door, with a browser and with a token: whoever belongs there gets in, nobody else does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.hub.attack.visitors import PEOPLE, Visitor

ALL, NONE = frozenset(PEOPLE), frozenset[str]()
RESEARCH, MANAGE, OPERATE = frozenset({"rita", "ravi"}), frozenset({"max"}), frozenset({"olga"})
RITA = frozenset({"rita"})
API = "/services/api/v1"
TEXT = {"type": "file", "format": "text", "content": "an attack"}
WRONG = {"reason": "an attack"}


@dataclass(frozen=True)
class Door:
    """An address, and who may use it.

    Attributes
    ----------
    name : str
    method, path : str
    allowed : frozenset of str
        For everybody else it is closed.
    body : dict or None
        Sent as JSON.
    browser, token : bool
        Whether it opens for browsers, for tokens. Where it does not, it is closed for everybody.
    shut : frozenset of int
        Statuses that mean closed. In the API, 404 and 422 come after the door: who gets them has passed it.
    """

    name: str
    method: str
    path: str
    allowed: frozenset[str]
    body: dict[str, Any] | None = None
    browser: bool = True
    token: bool = True
    shut: frozenset[int] = field(default=frozenset({401, 403, 404, 405}))


def api(name: str, path: str, allowed: frozenset[str], method: str = "GET", body: dict[str, Any] | None = None) -> Door:
    return Door(name, method, API + path, allowed, body, browser=method == "GET", shut=frozenset({401, 403}))


SERVER = "/user/rita"
DOORS = [
    # A researcher's server: hers alone.
    Door("lab", "GET", f"{SERVER}/lab", RITA),
    Door("server status", "GET", f"{SERVER}/api/status", RITA),
    Door("contents", "GET", f"{SERVER}/api/contents", RITA),
    Door(
        "write a file",
        "PUT",
        f"{SERVER}/api/contents/attack.txt",
        RITA,
        {"type": "file", "format": "text", "content": "x"},
    ),
    Door("file", "GET", f"{SERVER}/files/templates/notebooks/10_ingest.ipynb", RITA),
    Door("kernel specs", "GET", f"{SERVER}/api/kernelspecs", RITA),
    Door("kernels", "GET", f"{SERVER}/api/kernels", RITA),
    Door("sessions", "GET", f"{SERVER}/api/sessions", RITA),
    Door("terminals", "GET", f"{SERVER}/api/terminals", RITA),
    Door("settings", "GET", f"{SERVER}/lab/api/settings", RITA),
    Door("converted notebook", "GET", f"{SERVER}/nbconvert/html/templates/notebooks/10_ingest.ipynb", RITA),
    Door("proxied port", "GET", f"{SERVER}/proxy/1/", NONE),
    Door("proxied host", "GET", f"{SERVER}/proxy/example.com:80/", NONE),
    Door("voila in her server", "GET", f"{SERVER}/voila/render/templates/reports/operations.ipynb", NONE),
    # The hub's own pages and API.
    Door("admin page", "GET", "/hub/admin", OPERATE, token=False),
    Door("all users", "GET", "/hub/api/users", OPERATE),
    Door("one user", "GET", "/hub/api/users/rita", OPERATE | RITA),
    Door("groups", "GET", "/hub/api/groups", NONE),
    Door("services", "GET", "/hub/api/services/api", OPERATE),
    Door("metrics", "GET", "/hub/metrics", OPERATE),
    Door("proxy routes", "GET", "/hub/api/proxy", NONE),
    Door("her tokens", "GET", "/hub/api/users/rita/tokens", RITA),
    Door("token for her", "POST", "/hub/api/users/rita/tokens", RITA, {"note": "attack", "expires_in": 60}),
    Door("start ravi's server", "POST", "/hub/api/users/ravi/server", frozenset({"ravi", "olga"})),
    Door("new user", "POST", "/hub/api/users/mallory", NONE),
    Door("make her an admin", "PATCH", "/hub/api/users/rita", NONE, {"admin": True}),
    Door("join managers", "POST", "/hub/api/groups/managers/users", NONE, {"users": ["rita"]}),
    Door("remove her", "DELETE", "/hub/api/users/rita", NONE),
    Door("end the hub", "POST", "/hub/api/shutdown", NONE, {}),
    # The dashboards: pages for all people, and nothing behind them for anybody.
    Door("dashboard", "GET", "/services/dashboards/operations", ALL),
    *(
        Door(f"dashboards' {path}", method, f"/services/dashboards/{path}", NONE)
        for method, path in [
            ("GET", "api/kernels"),
            ("POST", "api/kernels"),
            ("GET", "api/contents"),
            ("GET", "api/sessions"),
            ("POST", "api/terminals"),
            ("GET", "api/kernelspecs"),
            ("GET", "api/status"),
            ("GET", "tree"),
            ("GET", "files/today.ipynb"),
            ("GET", "voila/files/today.ipynb"),
            ("GET", "voila/render/today.ipynb"),
            ("GET", "voila/static/main.js"),
            ("GET", "voila/query/00000000-0000-0000-0000-000000000000"),
            ("GET", "voila/api/shutdown/00000000-0000-0000-0000-000000000000"),
            ("GET", "waiting/secret/00000000-0000-0000-0000-000000000000"),
            ("GET", "today.ipynb"),
        ]
    ),
    # The API.
    api("universes", "/universes", ALL),
    api("prices", "/prices?ticker=AAPL&start=2022-12-01", ALL),
    api("portfolio", "/portfolio", ALL),
    api("proposals", "/proposals", ALL),
    api("runs", "/runs", ALL),
    api("schedule", "/schedule", ALL),
    api("start a run", "/runs", RESEARCH | OPERATE, "POST", {"job": "none-such"}),
    api("a run's log", "/runs/requests/none-such/log", ALL),
    api("cancel a request", "/runs/requests/none-such", OPERATE, "DELETE"),
    api("pause a job", "/schedule/none-such/pause", OPERATE, "POST"),
    api("resume a job", "/schedule/none-such/resume", OPERATE, "POST"),
    api("approve", "/proposals/sample.2000-01-03.1/approve", MANAGE, "POST", WRONG),
    api("reject", "/proposals/sample.2000-01-03.1/reject", MANAGE, "POST", WRONG),
    api("import fills", "/portfolio/fills", OPERATE, "POST", {}),
]


def got_in(door: Door, answer: httpx.Response) -> bool:
    """Whether somebody passed a door; being sent to log in, or seeing a page to ask for access, is not to pass."""
    assert answer.status_code < 500 or door.path.startswith(f"{SERVER}/proxy/"), (door.name, answer.text)
    if answer.status_code in door.shut or answer.status_code >= 500:
        return False
    return not answer.url.path.startswith(("/hub/login", "/hub/api/oauth2"))


@pytest.mark.parametrize("name", [*PEOPLE, "nobody"])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_a_door_opens_for_those_it_is_for(visitors: dict[str, Visitor], door: Door, name: str) -> None:
    visitor = visitors[name]
    ways = [(visitor.browse, door.browser), (visitor.call, door.token)]
    for way, open_at_all in ways:
        arguments = {} if door.body is None else {"json": door.body}
        answer = way(door.method, door.path, **arguments)
        expected = name in door.allowed and open_at_all
        assert got_in(door, answer) == expected, f"{name}, {way.__name__}: {answer.status_code} {answer.text[:300]}"


def test_the_table_names_no_door_that_could_not_open() -> None:
    """A door nobody may pass stands beside one that is passed at the same address or its neighbour."""
    opened = {door.path.split("/")[1] for door in DOORS if door.allowed}
    assert {door.path.split("/")[1] for door in DOORS if not door.allowed} <= opened


@pytest.mark.parametrize("kind", ["kernels", "terminals"])
def test_only_she_starts_what_runs_code(visitors: dict[str, Visitor], kind: str) -> None:
    path = f"{SERVER}/api/{kind}"
    for name in ("nobody", "ravi", "max", "olga"):
        for way in (visitors[name].browse, visitors[name].call):
            answer = way("POST", path, json={})
            refused = answer.status_code in {401, 403, 404, 405} or answer.url.path.startswith(
                ("/hub/login", "/hub/api")
            )
            assert refused, (name, answer.status_code)
    before = visitors["rita"].call("GET", path).json()
    started = visitors["rita"].browse("POST", path, json={})
    assert started.status_code in {200, 201}, started.text
    model = started.json()
    assert len(visitors["rita"].call("GET", path).json()) == len(before) + 1
    assert visitors["rita"].browse("DELETE", f"{path}/{model.get('id') or model['name']}").status_code == 204
