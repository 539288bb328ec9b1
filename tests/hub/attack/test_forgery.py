"""Requests that another page makes a browser send, and names of hosts that are not ours."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.hub.attack.visitors import Visitor, raw
from tests.hub.live import LiveHub, xsrf

API = "/services/api/v1"
WRITES = [
    ("POST", f"{API}/runs", "rita", {"job": "none-such"}),
    ("POST", f"{API}/schedule/none-such/pause", "olga", None),
    ("POST", f"{API}/schedule/none-such/resume", "olga", None),
    ("DELETE", f"{API}/runs/requests/none-such", "olga", None),
    ("POST", f"{API}/portfolio/fills", "olga", {}),
    ("POST", f"{API}/proposals/sample.2000-01-03.1/approve", "max", {"reason": "an attack"}),
    ("POST", f"{API}/proposals/sample.2000-01-03.1/reject", "max", {"reason": "an attack"}),
]
CHANGES = [
    ("POST", "/hub/api/users/rita/tokens", {"note": "forged", "expires_in": 60}),
    ("POST", "/user/rita/api/contents/", {"type": "file", "ext": ".txt"}),
    ("PUT", "/user/rita/api/contents/forged.txt", {"type": "file", "format": "text", "content": "x"}),
]
HOSTS = ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", ""]


@pytest.mark.parametrize(("method", "path", "name", "body"), WRITES)
def test_cookies_write_nothing_through_the_api(
    visitors: dict[str, Visitor], method: str, path: str, name: str, body: dict[str, object] | None
) -> None:
    visitor = visitors[name]
    arguments = {} if body is None else {"json": body}
    assert visitor.call(method, path, **arguments).status_code in {400, 404, 409, 415, 422}  # past the door
    for site in (
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"},
    ):
        assert visitor.browse(method, path, headers=site, **arguments).status_code == 401


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_takes_the_token_of_this_very_log_in(
    visitors: dict[str, Visitor], method: str, path: str, body: dict[str, object]
) -> None:
    rita, ravi = visitors["rita"], visitors["ravi"]
    for forged in ("", "forged", ravi.xsrf("/hub/"), "2|00000000|00000000000000000000000000000000|1700000000"):
        answer = rita.browse(method, path, xsrf=False, headers={"X-XSRFToken": forged}, json=body)
        assert answer.status_code == 403, (forged, answer.text)
    missing = rita.browse(method, path, xsrf=False, json=body)
    assert missing.status_code == 403
    assert rita.browse(method, path, json=body).status_code in {200, 201}


@pytest.mark.parametrize("path", ["/user/rita/api/contents", "/hub/api/user", "/hub/api/users/rita/tokens"])
def test_another_page_reads_nothing_with_her_cookies(visitors: dict[str, Visitor], path: str) -> None:
    rita = visitors["rita"]
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Referer": "https://evil.example/"}
    answer = rita.browse("GET", path, xsrf=False, headers=foreign | {"Origin": "https://evil.example"})
    assert answer.status_code == 403 or "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in rita.browse("GET", path).headers
    assert rita.browse("GET", path).status_code == 200


def test_the_decision_form_is_sent_by_its_own_page_alone(visitors: dict[str, Visitor]) -> None:
    path = "/services/api/proposals"
    manager = visitors["max"]
    listing = manager.client.get(path, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
    assert listing.status_code == 200, listing.text
    proposals = re.findall(r'href="[^"]*proposals/([\w.-]+)"', listing.text)
    page = f"{path}/{proposals[0]}" if proposals else f"{path}/sample.2000-01-03.1"
    form = {"decision": "reject", "reason": "an attack", "csrf": "0" * 64}
    origin = str(manager.client.base_url).rstrip("/")
    same = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    attempts = [
        ({**form}, same),
        ({"decision": "reject", "reason": "an attack"}, same),
        (form, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}),
        (form, {"Origin": "null"}),
        (form, {}),
    ]
    for data, headers in attempts:
        answer = manager.client.post(page, data=data, headers=headers)
        assert answer.status_code == 403, (headers, answer.text[:500])
    shown = manager.client.get(page, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}).text
    known = re.search(r'name="csrf" value="([0-9a-f]{64})"', shown)
    if known:  # somebody else's token, of another log-in, is of no use either
        other = visitors["olga"].client.post(page, data=form | {"csrf": known[1]}, headers=same)
        assert other.status_code == 403


def test_the_forms_on_jobs_are_sent_by_their_own_page_alone(visitors: dict[str, Visitor]) -> None:
    path = "/services/api/jobs"
    operator = visitors["olga"]
    opens = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
    secret = re.search(r'name="csrf" value="([0-9a-f]{64})"', operator.client.get(path, headers=opens).text)
    assert secret
    same = {"Origin": str(operator.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"} | opens
    forged = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} | opens
    form = {"csrf": secret[1], "form": "0" * 32}
    for action in ("daily-ingest/pause", "daily-ingest/run", "requests/daily-ingest-1/cancel"):
        attempts = [
            (operator, form, forged),
            (operator, form, {}),
            (operator, form | {"csrf": "0" * 64}, same),
            (visitors["max"], form, same),  # the secret of somebody else's log-in
        ]
        for visitor, data, headers in attempts:
            answer = visitor.client.post(f"{path}/{action}", data=data, headers=headers)
            assert answer.status_code == 403, (action, headers, answer.text[:500])
    assert not any(item["paused"] for item in operator.call("GET", f"{API}/schedule").json()["items"])


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path",
    ["/", "/hub/login", "/services/dashboards/", f"{API}/docs", "/services/api/proposals", "/services/api/jobs"],
)
def test_no_name_of_a_host_leads_people_elsewhere(hub: LiveHub, host: str, path: str) -> None:
    for name in ("Host", "X-Forwarded-Host", "Forwarded"):
        value = f"host={host}" if name == "Forwarded" else host
        headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", name: value}
        answer = located(hub, path, headers)
        assert "evil.example" not in answer, (name, answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_api_answers_to_its_own_names_only(hub: LiveHub, visitors: dict[str, Visitor], method: str) -> None:
    headers = {"Authorization": f"Bearer {visitors['rita'].token}", "Content-Length": "0"}
    assert raw(hub.url, "GET", f"{API}/universes", headers)[0] == 200
    for host in HOSTS[:4]:
        assert raw(hub.url, method, f"{API}/universes", headers | {"Host": host})[0] == 400


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/%5cevil.example",
        "https:evil.example",
        "///evil.example",
    ],
)
def test_logging_in_leads_to_no_other_site(hub: LiveHub, wanted: str) -> None:
    with hub.client() as client:
        client.get("/hub/login")
        form = {"username": "max", "password": hub.passwords["max"], "_xsrf": xsrf(client)}
        answer = client.post("/hub/login", params={"next": wanted}, data=form, follow_redirects=False)
        assert answer.status_code == 302
        where = httpx.URL(answer.headers["location"])
        assert where.host in {"", httpx.URL(hub.url).host}
        assert not answer.headers["location"].startswith(("//", "/\\"))


def test_a_report_of_a_run_has_no_way_to_our_cookies(visitors: dict[str, Visitor]) -> None:
    """Researchers write what reports hold; whoever opens one on our address must not run it with their log-in."""
    manager = visitors["max"]
    for run in manager.call("GET", f"{API}/runs").json()["items"]:
        answer = manager.call("GET", f"{API}/runs/{run['id']}/outputs/report")
        if answer.status_code == 200:
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("sandbox ")
            assert "allow-same-origin" not in policy
            return
    pytest.fail("The seeded cycle has no report")


def located(hub: LiveHub, path: str, headers: dict[str, str]) -> str:
    """The Location a request is answered with, and the body."""
    import http.client

    connection = http.client.HTTPConnection(httpx.URL(hub.url).netloc.decode(), timeout=60)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return f"{answer.getheader('Location', '')} {answer.read().decode(errors='replace')}"
    finally:
        connection.close()
