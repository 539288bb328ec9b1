"""Replicas restarted one after the other, under load, behind a real proxy: nobody's request fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Self

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from foliohub.client import Client
from foliohub.errors import FoliohubError
from hub.supervisor.ports import free_ports
from tests.hub.balancing import balanced
from tests.hub.dashboards.conftest import running, wait_until, write_notebook
from tests.hub.dashboards.small_hub import SmallHub, small_hub
from tests.hub.dashboards.talking import kernel_of

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds for what should take ten, on a machine that has other work."""
PAGES = {
    "index": ["from foliohub.dashboards import kit", "request = kit.wait()", "kit.page('Start', lead=request.user)"],
    "slow": [
        "import time\nfrom foliohub.dashboards import kit",
        "request = kit.wait()",
        "time.sleep(1.5)",
        "kit.prose('slept')",
    ],
    "controls": [
        "from foliohub.dashboards import kit",
        "request = kit.wait()",
        "sizes = [kit.slider('size', 'Size', 0, 10, start=3)]",
        "kit.live(lambda size: kit.prose(f'size {size:g}'), sizes, request=request)",
    ],
}


class Load:
    """Requests one after the other from several threads, and what came of them.

    Parameters
    ----------
    asked : tuple of (str, str)
        Address, and what its whole answer ends with. One thread each keeps its connection, another one does not.
    """

    def __init__(self, asked: tuple[tuple[str, str], ...], headers: dict[str, str] | None = None) -> None:
        self.count: Counter[str] = Counter()
        self.failures: list[str] = []
        self._asked, self._headers = asked, headers or {}
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(*what, keeps)) for what in asked for keeps in (True, False)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, address: str, end: str, keeps: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=None if keeps else 0)
        with httpx.Client(timeout=60, limits=limits, headers=self._headers) as client:
            while not self._over.is_set():
                try:
                    answer = client.get(address)
                    whole = answer.status_code == 200 and answer.text.rstrip().endswith(end)
                    if not whole or "cannot be shown" in answer.text:
                        self.failures.append(f"{address}: {answer.status_code} {answer.text[-300:]}")
                except httpx.HTTPError as error:
                    self.failures.append(f"{address}: {error!r}")
                self.count[address] += 1
                time.sleep(0.05)


class Listener:
    """A page's socket: comes back where it is told to, and notes with which codes it was closed."""

    def __init__(self, address: str) -> None:
        self.codes: list[int | None] = []
        self._address = address.replace("http", "ws", 1)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(20)

    def _listen(self) -> None:
        while not self.codes or self.codes[-1] == 1001:
            with connect(self._address, proxy=None, open_timeout=30) as socket:
                try:
                    while True:
                        socket.recv()
                except ConnectionClosed as closed:
                    self.codes.append(closed.rcvd.code if closed.rcvd else None)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_dashboards_are_renewed_without_a_failed_request(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    for name, cells in PAGES.items():
        write_notebook(tmp_path / "reports" / f"{name}.ipynb", cells)
    ports = free_ports(2)
    options = {"pool": 1, "seats": 12, "leave_seconds": 60, "drain_seconds": 2, "finish_seconds": 15}
    options["peers"] = ",".join(f"127.0.0.1:{port}" for port in ports)

    def start(port: int) -> AbstractContextManager[object]:
        return running(tmp_path, port=port, replica=f"127.0.0.1:{port}", **options)

    with balanced(ports, "/services/dashboards/ready") as (url, balancer), ExitStack() as last:
        services = [ExitStack() for _ in ports]
        for service, port in zip(services, ports, strict=True):
            service.enter_context(start(port))
            last.push(service)
        wait_until(lambda: balancer.ready == set(ports), PATIENCE, "two replicas")
        prefix = f"{url}/services/dashboards/"
        page = httpx.get(f"{prefix}controls", timeout=60).text
        tag = page.partition('data-replica="')[2][:16]
        socket = f"{prefix}replicas/{tag}/api/kernels/{kernel_of(page)}/channels?session_id=test"
        asked = ((f"{prefix}index", "</html>"), (f"{prefix}slow", "</html>"), (f"{prefix}health", "}"))
        with Listener(socket) as listener, Load(asked) as load:
            for service, port in zip(services, ports, strict=True):
                service.close()
                service.enter_context(start(port))
                wait_until(lambda: balancer.ready == set(ports), PATIENCE, "the new replica")
    assert load.failures == []
    assert min(load.count.values()) > 5, load.count
    assert listener.codes[-1] == 1012, "a page hears that its kernel ends, whichever replica its socket is at"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_api_is_renewed_without_a_failed_request(tmp_path: Path) -> None:
    ports = free_ports(2)
    with small_hub() as hub, balanced(ports, "/services/api/ready") as (url, balancer), ExitStack() as last:
        token = hub.token("rita")
        services = [ExitStack() for _ in ports]
        for service, port in zip(services, ports, strict=True):
            service.enter_context(_api(tmp_path, port, hub))
            last.push(service)
        wait_until(lambda: balancer.ready == set(ports), PATIENCE, "two replicas")
        asked = ((f"{url}/services/api/v1/universes", "}"), (f"{url}/services/api/v1/quotes", "}"))
        updates = Updates(f"{url}/services/api", token)
        with updates, Load(asked, {"Authorization": f"Bearer {token}"}) as load:
            for service, port in zip(services, ports, strict=True):
                service.close()
                service.enter_context(_api(tmp_path, port, hub))
                wait_until(lambda: balancer.ready == set(ports), PATIENCE, "the new replica")
            updates.over.set()
    assert load.failures == []
    assert min(load.count.values()) > 20, load.count
    assert updates.failures == []
    assert updates.count >= 2, "a stream goes on from another replica, with all there are"


class Updates:
    """A program that follows quotes with our client."""

    def __init__(self, url: str, token: str) -> None:
        self.count = 0
        self.failures: list[Exception] = []
        self.over = threading.Event()
        self._client = Client(url, token)
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.wait(1)

    def _follow(self) -> None:
        try:
            for _ in self._client.stream_quotes():
                self.count += 1
        except FoliohubError as error:
            if not self.over.is_set():
                self.failures.append(error)


@contextmanager
def _api(folder: Path, port: int, hub: SmallHub) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOLIOHUB_", "JUPYTER"))}
    environment |= hub.environment("api") | {
        "FOLIOHUB_HOME": str(folder / "home"),
        "FOLIOHUB_API_DRAIN_SECONDS": "1",
        "FOLIOHUB_API_FINISH_SECONDS": "10",
        "FOLIOHUB_API_REQUESTS_PER_SECOND": "1000",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen([sys.executable, "-m", "hub.api"], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
