"""Paths that climb: no address leads to a file outside what it serves, however it is written."""

from __future__ import annotations

import json

import pytest

from tests.hub.attack.visitors import Visitor, raw
from tests.hub.live import LiveHub

CLIMBS = [
    "../",
    "%2e%2e/",
    "..%2f",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..%5c",
    "..\\",
    "....//",
    "..;/",
    "%c0%ae%c0%ae/",
    "..%00/",
    "./../",
    "//",
]
"""One step up, written as servers have fallen for."""

TARGETS = ["hub/keys.json", "etc/passwd"]

SERVED = {
    "/hub/static/": "css/style.min.css",
    "/services/dashboards/assets/": None,
    "/services/dashboards/": "operations",
    "/services/api/v1/runs/": None,
    "/services/api/v1/docs/": "swagger-ui.css",
    "/services/api/v1/runs/daily-forecast.2022-12-28.1/outputs/": "notebook",
    "/user/rita/files/": "templates/notebooks/10_ingest.ipynb",
    "/user/rita/api/contents/": "templates/notebooks/10_ingest.ipynb",
    "/user/rita/static/": "favicon.ico",
    "/user/rita/lab/extensions/foliohub-launcher/": "static/launcher.js",
    "/user/rita/kernelspecs/foliohub/": "logo-svg.svg",
    "/user/rita/nbconvert/html/": "templates/notebooks/10_ingest.ipynb",
    "/user/rita/lab/api/workspaces/": None,
}
"""Where files are served, and one that is there."""


def headers(visitor: Visitor, path: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {visitor.token}", "Cookie": visitor.cookies(path)}


@pytest.mark.parametrize("place", [place for place, file in SERVED.items() if file])
def test_what_is_served_is_found(hub: LiveHub, visitors: dict[str, Visitor], place: str) -> None:
    """The attacks below ask at the same addresses."""
    status, body = raw(hub.url, "GET", f"{place}{SERVED[place]}", headers(visitors["rita"], place))
    assert status == 200, body[:500]
    assert body


@pytest.mark.parametrize("place", SERVED)
@pytest.mark.parametrize("climb", CLIMBS)
def test_no_path_climbs_out(
    hub: LiveHub, visitors: dict[str, Visitor], secrets: list[bytes], place: str, climb: str
) -> None:
    deep = str(hub.home).count("/")
    for target in TARGETS:
        for steps in (2, deep + 3, 12):
            _, body = raw(hub.url, "GET", f"{place}{climb * steps}{target}", headers(visitors["rita"], place))
            assert not [secret for secret in secrets if secret in body]
            assert b"root:x:0" not in body


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../ravi", "../../hub/keys.json", "~ravi", "..", "templates/../../ravi"]
)
@pytest.mark.parametrize("field", ["path", "copy_from"])
def test_her_files_api_stays_in_her_home(hub: LiveHub, visitors: dict[str, Visitor], path: str, field: str) -> None:
    (hub.home / "people" / "ravi").mkdir(exist_ok=True)
    (hub.home / "people" / "ravi" / "private.txt").write_text("ravi's own")
    rita = visitors["rita"]
    if field == "path":
        answer = rita.browse("PATCH", "/user/rita/api/contents/attack.txt", json={"path": f"{path}/private.txt"})
    else:
        answer = rita.browse("POST", "/user/rita/api/contents/", json={"copy_from": f"{path}/private.txt"})
    assert answer.status_code >= 400 or "ravi's own" not in answer.text
    assert (hub.home / "people" / "ravi" / "private.txt").read_text() == "ravi's own"


def test_a_link_out_of_her_home_leads_nowhere(hub: LiveHub, visitors: dict[str, Visitor], secrets: list[bytes]) -> None:
    """The server follows links that lie in the home; what it runs in does not let it."""
    from hub.researcher import confinement

    if not confinement.version():
        pytest.skip("this system has no Landlock: researchers' programs run with the platform's rights")
    door = hub.home / "people" / "rita" / "door"
    door.unlink(missing_ok=True)
    door.symlink_to(hub.home / "hub")
    try:
        for path in ("/user/rita/files/door/keys.json", "/user/rita/api/contents/door/keys.json"):
            answer = visitors["rita"].browse("GET", path)
            assert answer.status_code >= 400
            assert not [secret for secret in secrets if secret in answer.content]
    finally:
        door.unlink()


def test_templates_cannot_be_written_over(visitors: dict[str, Visitor]) -> None:
    rita = visitors["rita"]
    path = "/user/rita/api/contents/templates/notebooks/10_ingest.ipynb"
    model = rita.browse("GET", path).json()
    answer = rita.browse("PUT", path, json={"type": "notebook", "content": model["content"]})
    assert answer.status_code == 403
    assert "read-only" in json.loads(answer.text)["message"]
    copy = rita.browse("POST", "/user/rita/api/contents/", json={"copy_from": "templates/notebooks/10_ingest.ipynb"})
    assert copy.status_code == 201
    again = rita.browse(
        "PUT", f"/user/rita/api/contents/{copy.json()['path']}", json={"type": "notebook", "content": model["content"]}
    )
    assert again.status_code == 200
