"""The service on its own, without a hub, over notebooks made for the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest

from hub.supervisor.ports import free_ports

ROOT = Path(__file__).parents[3]
PREFIX = "/services/dashboards/"

NOTEBOOKS: dict[str, list[str]] = {
    "index": ["from foliohub.dashboards import kit", "request = kit.wait()", "kit.page('Start', lead=request.user)"],
    "runs": [
        "from foliohub.dashboards import kit",
        "request = kit.wait()",
        "kit.prose(', '.join(run.id for run in kit.sources().records.list()) or 'none')",
    ],
    "broken": [
        "from foliohub.dashboards import kit",
        "request = kit.wait()",
        "print('printed-secret')",
        "hidden = 'shown-secret'\nraise RuntimeError(hidden)",
        "kit.part('Part', lambda: 1 / 0)",
        "kit.prose('still here')",
    ],
    "environment": [
        "import os\nfrom foliohub.dashboards import kit",
        "request = kit.wait()",
        "kit.prose(' '.join(sorted(os.environ)))",
        "kit.prose(f'process {os.getpid()} query {dict(request.query)}')",
    ],
    "controls": [
        "import os\nfrom foliohub.dashboards import kit",
        "request = kit.wait()",
        "sizes = [kit.slider('size', 'Size', 0, 10, start=3)]",
        "kit.live(lambda size: kit.prose(f'size {size:g} process {os.getpid()}'), sizes, request=request)",
    ],
    "slow": ["from foliohub.dashboards import kit\nimport time", "request = kit.wait()", "time.sleep(30)"],
}


@dataclass(frozen=True)
class Service:
    """A service that runs."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, page: str = "", **options: object) -> httpx.Response:
        """Ask for a page."""
        return httpx.get(self.url + page, timeout=60, **options)  # type: ignore[arg-type]

    def kernels(self) -> list[psutil.Process]:
        """The processes of its kernels."""
        return [child for nursery in psutil.Process(self.process.pid).children() for child in nursery.children()]

    def wait_ready(self, count: int, seconds: float = 90) -> None:
        """Wait until so many kernels are there: the pool is filled."""
        wait_until(lambda: len(self.kernels()) >= count, seconds, f"{count} kernels")


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something; fail by its name."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells."""
    cells_made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells_made), path)


@contextmanager
def running(folder: Path, *, port: int = 0, hub: dict[str, str] | None = None, **settings: object) -> Iterator[Service]:
    """Run a service over a folder's `reports` until the end of the block.

    Parameters
    ----------
    folder : Path
    port : int
        To listen on; a free one by default.
    hub : dict, optional
        What a hub tells its services; without it, nobody logs in.
    **settings
        Of the service.
    """
    reports, home = folder / "reports", folder / "home"
    if not reports.exists():
        reports.mkdir(parents=True)
        for name, cells in NOTEBOOKS.items():
            write_notebook(reports / f"{name}.ipynb", cells)
    port = port or free_ports(1)[0]
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOLIOHUB_", "JUPYTER"))}
    environment |= {f"FOLIOHUB_DASHBOARDS_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {
        "FOLIOHUB_HOME": str(home),
        "FOLIOHUB_DASHBOARDS_REPORTS": str(reports),
        "JUPYTERHUB_SERVICE_URL": url,
        "JUPYTERHUB_API_TOKEN": "token-of-the-service",
        "ALPHAVANTAGE_API_KEY": "key-of-a-vendor",
        "PYTHONPATH": str(ROOT),
    } | (hub or {})
    log = folder / f"service-{port}.log"
    with log.open("ab") as out:
        command = [sys.executable, "-m", "hub.dashboards", *([] if hub else ["--open"])]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        wait_until(lambda: _healthy(url) or process.poll() is not None, 180, "health")
        assert process.poll() is None, log.read_text()
        yield Service(url + PREFIX, home, process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}{PREFIX}health", timeout=2).json() == {"status": "ok"}
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for the tests of a module, its pool filled."""
    settings = {"pool": 1, "leave_seconds": 1, "seats": 12}
    with running(tmp_path_factory.mktemp("dashboards"), **settings) as started:
        started.wait_ready(len(NOTEBOOKS))
        yield started
