"""What holds for every test: no network, no clock in examples, no more threads than cores, the longest first."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Each of several workers would otherwise start a thread per core; this must stand before numpy is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

import psutil
import pytest
from hypothesis import HealthCheck, settings

LONGEST = (
    "notebooks/test_cycle.py",
    "hub/attack/test_sockets.py",
    "hub/test_platform_processes.py",
    "hub/attack",
    "browser",
    "hub/dashboards",
    "unit/clusters",
    "unit/runs",
    "hub/scheduler",
)
"""Files that take longest, so that none of them is still under way when all others are through. The second starts the
live platform, which those after it share."""

# A busy machine is slow, not wrong. In CI the examples are the same every time; at home new ones are tried.
settings.register_profile(
    "foliohub", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("foliohub")


# Started in the background or by nohup, this process ignores these signals, and its children would, too. One that it
# handles it goes on to ignore, and children start with the signal's default.
if threading.current_thread() is threading.main_thread():
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for processes they have started."""
    return (psutil.cpu_count(logical=False) or os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; the rest stays in its order."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        path = item.path.relative_to(folder).as_posix() if item.path.is_relative_to(folder) else ""
        return next((number for number, part in enumerate(LONGEST) if path.startswith(part)), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse every connection that would leave the machine."""
    connect = socket.socket.connect

    def connect_to_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise OSError(f"Tests use no network: a connection to {address[0]}:{address[1]} was refused.")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_to_loopback)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_user() -> Iterator[None]:
    """Run with the default settings, whoever runs the tests: no home, store or key of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in [name for name in os.environ if name.startswith(("FOLIOHUB_", "ALPHAVANTAGE_"))]:
            patch.delenv(variable)
        yield


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
