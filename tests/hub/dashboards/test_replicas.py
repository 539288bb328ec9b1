"""Two replicas and no affinity: log-in, pages and their sockets work whichever of them a request comes to."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from foliohub.errors import ConfigurationError
from hub.dashboards.replicas import Replicas
from hub.supervisor.ports import free_ports
from tests.hub.dashboards.conftest import Service, running
from tests.hub.dashboards.small_hub import PREFIX, SmallHub, small_hub
from tests.hub.dashboards.talking import ask, kernel_of, socket


@dataclass(frozen=True)
class Pair:
    """Two replicas behind one hub."""

    hub: SmallHub
    first: Service
    second: Service


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two replicas, each with the address of both."""
    folder = tmp_path_factory.mktemp("pair")
    ports = free_ports(2)
    peers = ",".join(f"127.0.0.1:{port}" for port in ports)
    with small_hub() as hub:
        options = {"hub": hub.environment(), "pool": 0, "seats": 12, "peers": peers}
        one, two = (f"127.0.0.1:{port}" for port in ports)
        with (
            running(folder, port=ports[0], replica=one, **options) as first,
            running(folder, port=ports[1], replica=two, **options) as second,
        ):
            yield Pair(hub, first, second)


def _headers(client: httpx.Client) -> dict[str, str]:
    found = {cookie.name: cookie.value or "" for cookie in client.cookies.jar}
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in found.items()), "User-Agent": "max"}


def _through(service: Service, page: str) -> str:
    """Where a page's socket lies, asked of one replica."""
    found = re.search(r'data-replica="([0-9a-f]{16})"', page)
    assert found, page
    return f"{service.url}replicas/{found[1]}/"


@pytest.fixture(scope="module")
def max_(pair: Pair) -> httpx.Client:
    """Max's browser: left for the hub from the first replica, came back to the second."""
    return pair.hub.log_in("max", pair.first.url, pair.second.url)


def test_a_log_in_is_finished_on_another_replica_and_holds_on_both(pair: Pair, max_: httpx.Client):
    for service in (pair.first, pair.second):
        answer = max_.get(service.url + "controls")
        assert answer.status_code == 200
        assert "fd-user'>max<" in answer.text
    assert len([cookie for cookie in max_.cookies.jar if cookie.name == "_xsrf"]) == 1


def test_what_travels_through_a_log_in_tells_nothing_and_cannot_be_made(pair: Pair):
    client = httpx.Client(timeout=60)
    sent = client.get(f"{pair.first.url}controls?size=4").headers["location"]
    state = parse_qs(urlsplit(sent).query)["state"][0]
    assert "verifier" not in state
    assert "controls" not in state
    other = httpx.Client(timeout=60)
    stolen = other.get(f"{pair.second.url}oauth_callback", params=pair.hub.code("max", sent))
    assert stolen.status_code == 403, "a code counts in the browser alone that left for it"
    landed = client.get(f"{pair.second.url}oauth_callback", params=pair.hub.code("max", sent))
    assert landed.headers["location"] == f"{PREFIX}controls?size=4"
    forged = pair.hub.code("max", sent) | {"state": state[:-8] + "AAAAAAA="}
    assert other.get(f"{pair.second.url}oauth_callback", params=forged).status_code == 403


def test_a_page_is_talked_to_through_any_replica(pair: Pair, max_: httpx.Client):
    page = max_.get(pair.first.url + "controls").text
    for service in (pair.first, pair.second):
        with socket(_through(service, page), kernel_of(page), headers=_headers(max_)) as connection:
            assert "size 7 " in ask(connection, {"size": "7"})["html"]


def test_forwarding_changes_nothing_about_who_may(pair: Pair, max_: httpx.Client):
    page = max_.get(pair.first.url + "controls").text
    url, kernel = _through(pair.second, page), kernel_of(page)
    rita = pair.hub.log_in("rita", pair.second.url, pair.second.url)
    for headers, status in (
        (_headers(rita), 404),
        ({}, 403),
        ({"Cookie": "service-dashboards=forged"}, 403),
        (_headers(max_) | {"Origin": "https://evil.example"}, 403),
        (_headers(max_) | {"X-Foliohub-Replica": "1"}, 404),
    ):
        with pytest.raises(InvalidStatus) as refused, socket(url, kernel, headers=headers):
            pass
        assert refused.value.response.status_code == status, headers


def test_only_the_addresses_of_replicas_are_connected_to(pair: Pair, max_: httpx.Client):
    """Whatever a viewer names, no other server of the network hears of it."""
    heard: list[bytes] = []

    class Listener(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(100))

    with socketserver.TCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        page = max_.get(pair.first.url + "controls").text
        kernel = kernel_of(page)
        named = [f"127.0.0.1:{port}", f"127.0.0.1%3A{port}", "0" * 16, "localhost", f"{'0' * 16}@127.0.0.1:{port}"]
        for replica in named:
            with pytest.raises(InvalidStatus) as refused:
                connect(
                    f"{pair.second.url.replace('http', 'ws', 1)}replicas/{replica}/api/kernels/{kernel}/channels",
                    additional_headers=_headers(max_),
                    proxy=None,
                )
            assert refused.value.response.status_code == 404
        here = _through(pair.second, page)
        for path in ("controls", "health", f"waiting/secret/{kernel}", "../../hub/api/user", f"api/kernels/{kernel}"):
            answer = max_.get(here + path, follow_redirects=False)
            assert answer.status_code == 404, path
        server.shutdown()
    assert heard == []


def test_garbage_does_not_get_to_the_other_replica(pair: Pair, max_: httpx.Client):
    page = max_.get(pair.first.url + "controls").text
    url, kernel = _through(pair.second, page), kernel_of(page)
    for garbage in ('{"header": {"msg_type": "execute_request"}}', b"\xff" * 64):
        with socket(url, kernel, headers=_headers(max_)) as connection:
            connection.send(garbage)
            with pytest.raises(Exception, match="1008"):
                connection.recv(timeout=10)
    with socket(url, kernel, headers=_headers(max_)) as connection:
        assert "size 5 " in ask(connection, {"size": "5"})["html"]


@pytest.mark.parametrize("address", ["10.0.0.1", "name:8080", "10.0.0.1:x"])
def test_an_own_address_that_is_none_is_refused(address: str):
    with pytest.raises(ConfigurationError):
        Replicas(address, "", b"secret")
