"""The service around the engine: its health, its lock, and what it does where something is broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import filelock
import pytest

from foliohub.errors import StoreError
from hub.scheduler import service
from hub.scheduler.making import run_environment
from hub.scheduler.service import Service
from tests.hub.scheduler.receivers import wait_until


@pytest.fixture
def running(project, monkeypatch) -> Callable[[], object]:
    """Run a service in a thread; gives a function that reads its health."""
    monkeypatch.setattr(service, "TICK", 0.05)
    file = project.settings.home / "services" / "scheduler.json"

    def health() -> dict[str, object]:
        return json.loads(file.read_text()) if file.exists() else {}

    @contextmanager
    def run() -> Iterator[Callable[[], dict[str, object]]]:
        stop = threading.Event()
        thread = threading.Thread(target=Service(project.settings).run, args=(stop,))
        thread.start()
        try:
            yield health
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()

    return run


def test_its_health_says_what_is_next_and_that_it_was_stopped(project, running):
    project.job("a", "0 18 * * 1-5")
    with running() as health:
        wait_until(lambda: health().get("state") == "idle")
        assert health()["detail"].startswith("a is next, at 20")
        assert set(health()["next"]) == {"a"}
    assert health()["state"] == "stopped"


def test_broken_job_files_degrade_it_until_they_are_right(project, running):
    project.job("a", "0 18 * * 1-5")
    file = project.folder / "jobs" / "a.yaml"
    right = file.read_text()
    file.write_text(right.replace("0 18", "61 18"))
    with running() as health:
        wait_until(lambda: health().get("state") == "degraded")
        assert "a.yaml, schedule.cron" in health()["detail"]
        file.write_text(right)
        wait_until(lambda: health().get("state") == "idle")


def test_a_store_that_cannot_be_used_degrades_it_until_it_can(project, running, monkeypatch):
    project.job("a", "0 18 * * 1-5")
    opened = service.open_store

    def broken(_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(service, "open_store", broken)
    with running() as health:
        wait_until(lambda: health().get("state") == "degraded")
        assert health()["detail"] == "The disk is full."
        monkeypatch.setattr(service, "open_store", opened)
        wait_until(lambda: health().get("state") == "idle")


def test_it_waits_for_another_to_go_and_leaves_its_health_alone(project, running):
    project.job("a", "0 18 * * 1-5")
    project.settings.locks.mkdir(parents=True)
    other = filelock.FileLock(project.settings.locks / "scheduler.lock")
    other.acquire()
    with running() as health:
        threading.Event().wait(0.5)
        assert health() == {}
        other.release()
        wait_until(lambda: health().get("state") == "idle")


def test_a_run_inherits_no_key_of_the_hub_and_no_address_of_alerts(project):
    given = {
        "PATH": "/bin",
        "ALPHAVANTAGE_API_KEY": "of the vendor, and for the run to pass on",
        "JUPYTERHUB_API_TOKEN": "hush",
        "CONFIGPROXY_AUTH_TOKEN": "hush",
        "FOLIOHUB_HUB_CRYPT_KEY": "hush",
        "FOLIOHUB_ALERT_SMTP": "hush",
        "FOLIOHUB_MINIMUM_UNIVERSE": "0.9",
    }
    left = run_environment(project.settings, given)
    assert "hush" not in left.values()
    assert {"PATH", "ALPHAVANTAGE_API_KEY", "FOLIOHUB_MINIMUM_UNIVERSE", "FOLIOHUB_PROJECT", "FOLIOHUB_STORE"} == set(
        left
    )
