"""Tests of the whole platform on a real cluster, which ``KUBECONFIG`` names: each is a step, in order, with its time.

``CLUSTER_TEST_NAMESPACE`` is where it is installed, ``CLUSTER_TEST_PORT`` the node's port it is reached by,
``CLUSTER_TEST_TAG`` the tag of the images. ``CLUSTER_TEST_KEEP=1`` leaves it there, and takes up what is there already:
for those who write these tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from foliohub.client import Client
from tests.cluster.cluster import Cluster, kubeconfig
from tests.cluster.server import Server
from tests.cluster.trial import PEOPLE, Trial, password
from tests.hub.live import LiveHub

ORDER = ("installation", "cycle", "people", "monitoring", "dask", "scaling", "faults", "upgrade")
collect_ignore = ["hub"]  # a chart
_HERE = Path(__file__).parent
_times: list[tuple[str, str, float]] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the steps in order; without a cluster skip them, and say so."""
    ours = [item for item in items if item.path.is_relative_to(_HERE)]
    ours.sort(key=lambda item: ORDER.index(item.path.stem.removeprefix("test_")))
    items[:] = [item for item in items if item not in ours] + ours
    if kubeconfig() is None or "CLUSTER_TEST_TAG" not in os.environ:
        reason = "NO CLUSTER: nothing was tried on Kubernetes. `make cluster-test` does, on the one KUBECONFIG names"
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Iterator[None]:
    """Keep each step's time, what it had to prepare included."""
    if "tests/cluster/" in report.nodeid and (report.when != "teardown" or report.failed or report.duration > 1):
        _times.append((report.nodeid.rpartition("::")[2] + f" ({report.when})", report.outcome, report.duration))
    yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the steps with their times."""
    if not any(seconds for _, _, seconds in _times):
        return
    terminalreporter.section("steps on the cluster")
    for name, outcome, seconds in _times:
        if seconds >= 0.05 or outcome != "passed":
            terminalreporter.write_line(f"{outcome:8} {seconds:7.1f} s  {name.replace('_', ' ')}")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> None:
    """These tests alone may leave the machine: the cluster has addresses of its own."""


@pytest.fixture(scope="session")
def trial() -> Iterator[Trial]:
    """The platform in a namespace of its own, whose Secrets are there; taken away at the end."""
    keep = bool(os.environ.get("CLUSTER_TEST_KEEP"))
    trial = Trial(Cluster(os.environ.get("CLUSTER_TEST_NAMESPACE", "foliohub-trial")))
    if not keep:
        trial.remove()
    trial.prepare()
    yield trial
    if not keep:
        trial.remove()


@pytest.fixture(scope="session")
def platform(trial: Trial) -> Trial:
    """The platform, installed and up."""
    if not trial.is_installed():
        trial.install_hub()
        trial.install()
    trial.up()
    return trial


@pytest.fixture(scope="session")
def hub(platform: Trial) -> LiveHub:
    """The hub, as browsers and programs see it."""
    return LiveHub(platform.url, Path(), {name: password(name) for name in PEOPLE}, {})


@pytest.fixture(scope="session")
def api(hub: LiveHub) -> Iterator[Client]:
    """The API for a program of olga, who is an operator."""
    with Client(hub.url, hub.token("olga")) as client:
        yield client


@pytest.fixture(scope="session")
def rita(hub: LiveHub) -> Server:
    """The server of rita, who is a researcher; started."""
    server = Server(hub.url, "rita", hub.token("rita"))
    server.start()
    return server
