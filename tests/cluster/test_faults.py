"""What dies comes back by itself: no row lost, no run doubled, people's servers alive."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import httpx
import pandas as pd
import pytest

from foliohub.client import Client
from foliohub.data.sample import SampleSource
from tests.cluster.cluster import eventually
from tests.cluster.jobs import fire, night
from tests.cluster.server import Kernel, Server
from tests.cluster.trial import RELEASE, Trial
from tests.hub.live import LiveHub

PARTS = {
    "proxy": "app.kubernetes.io/component=proxy",
    "hub": "app.kubernetes.io/component=hub",
    "api": "app.kubernetes.io/component=api",
    "dashboards": "app.kubernetes.io/component=dashboards",
    "operator": "app.kubernetes.io/component=operator",
    "scheduler": "app.kubernetes.io/component=scheduler",
}
ONE_WORKER = """
import foliohub
with foliohub.cluster(workers=1, memory="512MiB") as client:
    print(client.submit(lambda: 17 * 19).result(timeout=60))
"""


@pytest.fixture
def kernel(rita: Server) -> Iterator[Kernel]:
    """A kernel that remembers something, as hours of somebody's work."""
    with rita.kernel() as kernel:
        kernel.run("remembered = 17")
        yield kernel


def check_stored(api: Client, day: str) -> None:
    """The store holds of a session what its source has, and what one run, and no half of another, told of it."""
    (run,) = eventually(lambda: api.runs(jobs=["daily-ingest"], as_of=day, status=["succeeded"]), saying="its record")
    source = SampleSource()
    bars = {ticker: source.fetch(ticker, None, pd.Timestamp(day).date()) for ticker in source.tickers()}
    closes = pd.DataFrame({ticker: bars[ticker]["close"] for ticker in sorted(bars)})
    prices = api.prices("sample", as_of=day).pivot(index="date", columns="ticker", values="close")
    pd.testing.assert_frame_equal(prices, closes, check_names=False, check_freq=False, check_index_type=False)
    quality = api.quality_summary("sample", as_of=day)
    assert quality.attrs["run"] == run.id
    assert set(quality["ticker"]) == set(closes)
    assert set(quality["sessions"]) == {len(closes)}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_comes_back_and_does_its_work(
    platform: Trial, hub: LiveHub, rita: Server, api: Client, part: str
) -> None:
    before = platform.cluster.pods("app.kubernetes.io/component=singleuser-server")
    with hub.client("max") as browser:
        killed = platform.cluster.kill(PARTS[part])
        platform.cluster.replaced(PARTS[part], killed)
        platform.up()
        for path in ("/hub/health", "/services/api/health", "/services/dashboards/health"):
            eventually(lambda path=path: httpx.get(platform.url + path).status_code == 200, seconds=120, saying=path)
        eventually(
            lambda: browser.get("/hub/home", follow_redirects=False).status_code == 200, saying="max, still logged in"
        )
    with rita.kernel() as kernel:
        assert "5" in kernel.run("print(2 + 3)")
        if part == "operator":
            assert "323" in kernel.run(ONE_WORKER)
    if part == "scheduler":
        asked = api.start("daily-ingest", "2022-12-20")
        assert api.wait(asked.id, timeout=300).state in ("done", "already done")
    after = platform.cluster.pods("app.kubernetes.io/component=singleuser-server")
    assert [pod["metadata"]["uid"] for pod in after] == [pod["metadata"]["uid"] for pod in before]


def test_a_job_whose_pod_is_killed_amid_writing_is_done_once(platform: Trial, api: Client) -> None:
    job = fire(platform.cluster, "daily-ingest", night(23))
    eventually(lambda: api.runs(jobs=["daily-ingest"], as_of="2022-12-23"), seconds=120, saying="the run's beginning")
    (pod,) = job.pods()
    platform.cluster.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force", "--wait=false")
    job.wait(400)
    check_stored(api, "2022-12-23")


def test_a_store_that_is_away_for_a_minute_loses_nothing(platform: Trial, api: Client) -> None:
    job = fire(platform.cluster, "daily-ingest", night(22))
    platform.cluster.kubectl("scale", f"deployment/{RELEASE}-s3", "--replicas=0")
    time.sleep(60)
    platform.cluster.kubectl("scale", f"deployment/{RELEASE}-s3", "--replicas=1")
    platform.up()
    job.wait(400)
    check_stored(api, "2022-12-22")
    assert api.runs(jobs=["daily-rebalance"], as_of="2022-12-28")


@pytest.mark.skipif("CLUSTER_KILL" not in os.environ, reason="CLUSTER_KILL names no command that kills a node's part")
def test_a_kubelet_that_is_killed_ends_nobodys_work(platform: Trial, kernel: Kernel) -> None:
    subprocess.run([*os.environ["CLUSTER_KILL"].split(), "kubelet"], check=True)
    time.sleep(5)
    eventually(
        lambda: platform.cluster.kubectl("get", "nodes", "--no-headers").split()[1] == "Ready", saying="the node"
    )
    platform.up()
    assert "17" in kernel.run("print(remembered)")
