"""From one version to the next, back, and away: people stay logged in, and what they have stays theirs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Self

import httpx

from foliohub.client import Client
from tests.cluster.cluster import eventually
from tests.cluster.server import Server
from tests.cluster.trial import RELEASE, Trial
from tests.hub.live import LiveHub

HUB = "app.kubernetes.io/component=hub"


class Calls:
    """Asks both services again and again, one of them as somebody, and keeps what failed."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._stop, self.failed = url, threading.Event(), list[str]()
        somebody = {"Authorization": f"Bearer {token}"}
        asked = {"api/health": {}, "api/v1/runs?limit=5": somebody, "dashboards/health": {}}
        self._threads = [threading.Thread(target=self._run, args=each) for each in asked.items()]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, path: str, headers: Mapping[str, str]) -> None:
        with httpx.Client(headers=headers, timeout=30) as client:
            while not self._stop.wait(0.1):
                try:
                    answer = client.get(f"{self._url}/services/{path}")
                    if answer.status_code != 200:
                        self.failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
                except httpx.HTTPError as error:
                    self.failed.append(f"{path}: {error!r}")


def test_an_upgrade_and_a_rollback_fail_no_request_and_log_nobody_out(
    platform: Trial, hub: LiveHub, rita: Server, api: Client
) -> None:
    runs = {run.id for run in api.runs(limit=200)}
    with hub.client("max") as browser:
        with Calls(platform.url, hub.token("olga")) as calls:
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


def test_an_upgrade_of_the_hub_logs_nobody_out_and_ends_no_server(platform: Trial, hub: LiveHub, rita: Server) -> None:
    """There is one hub, and none for the seconds until the next is there: who asks meanwhile asks again."""
    servers = _uids(platform, "app.kubernetes.io/component=singleuser-server")
    before = _uids(platform, HUB)
    with hub.client("max") as browser, rita.kernel() as kernel:
        kernel.run("remembered = 17")
        platform.values["jupyterhub"]["hub"]["extraEnv"]["FOLIOHUB_CLUSTER_IDLE_SECONDS"] = "61"
        platform.install_hub()
        platform.cluster.replaced(HUB, before)
        platform.up()
        assert "61" in platform.cluster.execute("deployment/hub", "printenv", "FOLIOHUB_CLUSTER_IDLE_SECONDS")
        eventually(
            lambda: browser.get("/hub/home", follow_redirects=False).status_code == 200, saying="max, still logged in"
        )
        assert "17" in kernel.run("print(remembered)")
    with rita.kernel() as kernel:
        assert "5" in kernel.run("print(2 + 3)")
    assert _uids(platform, "app.kubernetes.io/component=singleuser-server") == servers


def test_an_uninstalled_platform_leaves_homes_and_store(platform: Trial, rita: Server, api: Client) -> None:
    runs, before = {run.id for run in api.runs(limit=200)}, _volumes(platform)
    assert runs
    assert {"claim-rita", f"{RELEASE}-s3"} <= before
    with rita.kernel() as kernel:
        kernel.run("from pathlib import Path; Path.home().joinpath('notes.txt').write_text('17 pages')")
    platform.cluster.helm("uninstall", RELEASE, "--wait")
    assert not platform.cluster.get("deployments", f"--selector=app.kubernetes.io/instance={RELEASE}")["items"]
    assert _volumes(platform) == before
    platform.install()
    platform.up()
    eventually(lambda: httpx.get(f"{platform.url}/services/api/ready").status_code == 200, saying="the API again")
    assert {run.id for run in api.runs(limit=200)} >= runs
    with rita.kernel() as kernel:
        assert "17 pages" in kernel.run(
            "from pathlib import Path; print(Path.home().joinpath('notes.txt').read_text())"
        )


def _uids(platform: Trial, selector: str) -> set[str]:
    return {pod["metadata"]["uid"] for pod in platform.cluster.pods(selector)}


def _volumes(platform: Trial) -> set[str]:
    """Claims of volumes, but for those that are to go once nobody uses them any more."""
    found = [item["metadata"] for item in platform.cluster.get("pvc")["items"]]
    return {metadata["name"] for metadata in found if "deletionTimestamp" not in metadata}
