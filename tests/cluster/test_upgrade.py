"""From one version to the next, back, and away: people stay logged in, and what they have stays theirs."""

from __future__ import annotations

import threading
from typing import Self

import httpx

from foliohub.client import Client
from tests.cluster.cluster import eventually
from tests.cluster.server import Server
from tests.cluster.trial import RELEASE, Trial
from tests.hub.live import LiveHub


class Calls:
    """Asks the API again and again, and keeps what failed."""

    def __init__(self, url: str) -> None:
        self._url, self._stop, self.failed = url, threading.Event(), list[str]()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            try:
                answer = httpx.get(f"{self._url}/services/api/health", timeout=30)
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code} {answer.text[:200]}")
            except httpx.HTTPError as error:
                self.failed.append(repr(error))


def test_an_upgrade_and_a_rollback_fail_no_request_and_log_nobody_out(
    platform: Trial, hub: LiveHub, rita: Server, api: Client
) -> None:
    runs = {run.id for run in api.runs(limit=200)}
    with hub.client("max") as browser:
        with Calls(platform.url) as calls:
            platform.values["settings"] = {"FOLIOHUB_KEEP_DAYS": "91"}
            platform.install()
            platform.up()
            assert "91" in platform.cluster.execute(f"deployment/{RELEASE}-api", "printenv", "FOLIOHUB_KEEP_DAYS")
            platform.cluster.helm("rollback", RELEASE)
            platform.up()
        assert calls.failed == []
        assert browser.get("/hub/home", follow_redirects=False).status_code == 200
    with rita.kernel() as kernel:
        assert "5" in kernel.run("print(2 + 3)")
    assert {run.id for run in api.runs(limit=200)} >= runs


def test_an_uninstalled_platform_leaves_homes_and_store(platform: Trial) -> None:
    before = {item["metadata"]["name"] for item in platform.cluster.get("pvc")["items"]}
    assert {"claim-rita", f"{RELEASE}-s3"} <= before
    platform.cluster.helm("uninstall", RELEASE, "--wait")
    assert not platform.cluster.get("deployments", f"--selector=app.kubernetes.io/instance={RELEASE}")["items"]
    assert {item["metadata"]["name"] for item in platform.cluster.get("pvc")["items"]} == before
    platform.install()
    platform.up()
    eventually(
        lambda: httpx.get(f"{platform.url}/services/api/ready").status_code in (200, 404), saying="the API again"
    )
