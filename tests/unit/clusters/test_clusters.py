"""Clusters: the same numbers from any number of workers, a retry for a worker that died, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest, clusters, forecast
from foliohub.clusters import mapping
from foliohub.config import Settings
from foliohub.errors import ClusterError, InputError, ModelError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(home=tmp_path_factory.mktemp("clusters"))


@pytest.fixture(scope="module")
def client(settings):
    with clusters.cluster(workers=2, memory="1GiB", settings=settings) as client:
        yield client


def draw(seed: int, scale: np.ndarray) -> float:
    draws = np.random.default_rng(seed).normal(size=(300, 300))
    return float(np.linalg.svd(draws @ draws.T, compute_uv=False)[:5].sum() * scale.sum())


def die_once(marker: str, _: None) -> int:
    """Take the worker along the first time it is tried."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die(number: int) -> None:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def refuse(number: int) -> int:
    if number == 2:
        raise ModelError("KO has no variance.", remedy="Leave it out.")
    return number


def test_the_workers_make_the_same_bits_in_the_same_order(client):
    run = clusters.mapper(client)
    scale = np.linspace(0, 1, 1000)
    assert list(run(draw, range(6), scale)) == [mapping._single_threaded(draw, seed, scale) for seed in range(6)]


def test_a_walk_forward_does_not_depend_on_who_computes_it(client):
    days = pd.bdate_range("2019-01-02", periods=330)
    returns = pd.DataFrame(np.random.default_rng(0).normal(0, 0.01, (330, 3)), days, ["A", "B", "C"])
    models = [forecast.get(name, calendar="24/5") for name in ("mean", "ewma")]
    told = []
    here = backtest.evaluate_forecasters(returns, None, models, days[[300, 310]], [1, 5])
    there = backtest.evaluate_forecasters(
        returns,
        None,
        models,
        days[[300, 310]],
        [1, 5],
        mapper=clusters.mapper(client),
        progress=lambda *made: told.append(made),
    )
    pd.testing.assert_frame_equal(here.forecasts, there.forecasts, check_exact=True)
    assert told == [(number, 4) for number in range(1, 5)]


def test_a_worker_killed_in_the_middle_costs_a_retry(client, tmp_path):
    markers = [str(tmp_path / name) for name in "ab"]
    assert len(list(clusters.mapper(client)(die_once, markers, None))) == 2


def test_an_error_of_the_function_is_raised_as_it_is(client):
    answers = iter(clusters.mapper(client)(refuse, range(4)))
    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(ModelError, match="KO has no variance"):
        next(answers)


def test_who_kills_worker_after_worker_is_given_up(client):
    with pytest.raises(ClusterError, match="3 workers died over item 2 of 2"):
        list(clusters.mapper(client)(die, range(2)))
    assert list(clusters.mapper(client)(refuse, [0, 1])) == [0, 1], "the cluster goes on"


def test_without_work_it_ends_by_itself_and_through_the_hub_its_link_leads(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/rita/")
    settings = Settings(home=tmp_path, cluster_idle_seconds=6)
    with clusters.cluster(workers=1, memory="1GiB", settings=settings) as client:
        assert client.dashboard_link.startswith("/user/rita/proxy/")
        assert client.dashboard_link.endswith("/status")
        workers = [worker["pid"] for worker in client.run(lambda: {"pid": os.getpid()}).values()]
        assert gone(workers, within=60)
        with pytest.raises(ClusterError, match="closed"):
            list(clusters.mapper(client)(refuse, [0]))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_the_process_that_started_them(end, tmp_path):
    code = (
        "import os, sys, time, foliohub\n"
        "if __name__ == '__main__':\n"
        "    with foliohub.cluster(workers=2, memory='1GiB') as client:\n"
        "        print(*client.run(os.getpid).values(), flush=True)\n"
        "        time.sleep(600)\n"
    )
    script = tmp_path / "kernel.py"
    script.write_text(code)
    environment = {**os.environ, "FOLIOHUB_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as kernel:
        assert kernel.stdout is not None
        pids = [int(pid) for pid in kernel.stdout.readline().split()]
        kernel.send_signal(end)
        kernel.wait(60)
    assert len(pids) == 2
    assert gone(pids, within=30)


def test_what_cannot_be_a_cluster_is_refused(settings):
    with pytest.raises(InputError, match="0 workers"), clusters.cluster(workers=0, settings=settings):
        pass
    with pytest.raises(InputError, match="'much' is no amount"), clusters.cluster(memory="much", settings=settings):
        pass


def test_pods_start_what_dask_has_and_keep_to_the_restricted_standard(tmp_path):
    settings = Settings(home=tmp_path, image="registry/foliohub:1", cluster_idle_seconds=600, cluster_cpu_request="50m")
    spec = clusters.kubernetes_spec(settings, "foliohub-1", 3, 2**31)["spec"]
    scheduler, worker = spec["scheduler"]["spec"], spec["worker"]["spec"]
    assert scheduler["containers"][0]["args"] == ["dask", "scheduler", "--host", "0.0.0.0"]
    assert worker["containers"][0]["args"][:4] == ["dask", "worker", "--nthreads", "1"]
    assert (spec["worker"]["replicas"], spec["idleTimeout"]) == (3, 600)
    for pod in (scheduler, worker):
        assert pod["containers"][0]["image"] == "registry/foliohub:1"
        assert pod["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": str(2**31)}
        assert pod["containers"][0]["resources"]["requests"] == {"cpu": "50m", "memory": str(2**31)}
        assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
        assert pod["containers"][0]["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert not [v for v in pod["containers"][0]["env"] if v["name"] in ("FOLIOHUB_STORE", "FOLIOHUB_SIGNING_KEY")]
    environment = {v["name"]: v["value"] for v in scheduler["containers"][0]["env"]}
    assert environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] == "2", "three deaths, as on one machine"


def gone(pids: list[int], *, within: float) -> bool:
    """Whether all these processes end in time; a zombie has ended."""
    import psutil

    end = time.monotonic() + within
    while time.monotonic() < end:
        alive = [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        if not alive:
            return True
        time.sleep(0.1)
    return False
