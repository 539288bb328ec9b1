"""Clusters on demand from a notebook: pods of a namespace of their own, which compute what this machine would."""

from __future__ import annotations

from tests.cluster.cluster import Cluster, eventually
from tests.cluster.server import Server
from tests.cluster.trial import Trial

OPEN = """
import foliohub
from foliohub import clusters
opened = foliohub.cluster(workers=2, memory="512MiB")
client = opened.__enter__()
client.wait_for_workers(2, timeout=120)
"""
TRAIN = """
import numpy as np
from foliohub.forecast.gradient_search import HalvingSearch
random = np.random.default_rng(0)
x, dates = random.normal(size=(600, 5)), np.repeat(np.arange(200), 3)
y = x[:, 0] + random.normal(size=600)
def searched(mapper):
    return HalvingSearch(candidates=3, folds=2, mapper=mapper).run(x, y, dates, 5, 30)[1]
print("the same", searched(clusters.mapper(client)).drop(columns="seconds", errors="ignore").equals(
    searched(None).drop(columns="seconds", errors="ignore")))
"""
WAIT = """
import time
from concurrent.futures import ThreadPoolExecutor
def wait():
    try:
        return list(clusters.mapper(client)(time.sleep, [30, 30]))
    except foliohub.errors.ClusterError as error:
        return repr(error)
waiting = ThreadPoolExecutor(1).submit(wait)
"""
FIGURES = """
from urllib.parse import urlsplit
from urllib.request import urlopen
host = urlsplit(client.scheduler.address).hostname
told = urlopen(f"http://{host}:8787/metrics", timeout=30).read().decode()
counts = [line.split()[-1] for line in told.splitlines() if line.startswith("dask_scheduler_workers{")]
print("workers told", sum(map(float, counts)), "in", len(counts), "states")
"""
WORKER = "dask.org/component=worker"
SCHEDULER = "dask.org/component=scheduler"


def _pods(platform: Trial) -> list[str]:
    """Pods of clusters, those that are ending included: they count for the quota."""
    return [item["metadata"]["name"] for item in Cluster(platform.dask_namespace).get("pods")["items"]]


def test_two_worker_pods_train_what_this_machine_would(rita: Server, platform: Trial) -> None:
    with rita.kernel() as kernel:
        kernel.run(OPEN)
        assert len(platform.cluster.pods(WORKER, platform.dask_namespace)) == 2
        assert "the same True" in kernel.run(TRAIN)
        assert "workers told 2.0 in" in kernel.run(FIGURES)
        kernel.run("opened.__exit__(None, None, None)")
    eventually(lambda: not _pods(platform), saying="the end of its pods")


def test_work_survives_the_death_of_a_worker(rita: Server, platform: Trial) -> None:
    with rita.kernel() as kernel:
        kernel.run(OPEN)
        kernel.run("import time; asked = client.map(lambda n: (time.sleep(2), n)[1], range(8), pure=False)")
        first = platform.cluster.pods(WORKER, platform.dask_namespace)[0]["metadata"]["name"]
        Cluster(platform.dask_namespace).kubectl("delete", "pod", first, "--grace-period=0", "--force", "--wait=false")
        assert "28" in kernel.run("print(sum(client.gather(asked)))")
        kernel.run("opened.__exit__(None, None, None)")
    eventually(lambda: not _pods(platform), saying="the end of its pods")


def test_the_death_of_the_scheduler_is_a_clear_error_and_another_cluster_can_be_had(
    rita: Server, platform: Trial
) -> None:
    with rita.kernel() as kernel:
        kernel.run(OPEN)
        kernel.run(WAIT)
        platform.cluster.kill(SCHEDULER, platform.dask_namespace)
        assert "ClusterError" in kernel.run("print(waiting.result(timeout=150))")
        kernel.run("opened.__exit__(None, None, None)")
        kernel.run(OPEN)
        assert "3" in kernel.run("print(client.submit(lambda: 1 + 2).result(timeout=60))")
        kernel.run("opened.__exit__(None, None, None)")
    eventually(lambda: not _pods(platform), saying="the end of its pods")


def test_a_full_quota_is_said_in_plain_words(rita: Server, platform: Trial) -> None:
    with rita.kernel() as kernel:
        said = kernel.run(
            "import foliohub\ntry:\n    foliohub.cluster(workers=8, memory='512MiB').__enter__()\n"
            "except foliohub.errors.ClusterError as error:\n    print(error)"
        )
    assert "quota" in said, said
    eventually(lambda: not _pods(platform), saying="the end of those that found room")


def test_a_cluster_whose_notebook_died_vanishes(rita: Server, platform: Trial) -> None:
    with rita.kernel() as kernel:
        kernel.run(OPEN)
        assert platform.cluster.pods(SCHEDULER, platform.dask_namespace)
    eventually(lambda: not _pods(platform), seconds=180, saying="the end of a cluster")
