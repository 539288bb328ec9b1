"""Prometheus' namespace reads the figures of every service, and nothing else of them; others read none."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster, eventually
from tests.cluster.trial import TAG, Trial, namespace

SERVICES = ("api", "dashboards", "scheduler", "quotes")
ASKS = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import urlopen

def answer(address):
    try:
        lines = urlopen(address, timeout=2).read().decode().splitlines()
        return [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    except HTTPError:
        return []
    except OSError:
        return None

def told(address):
    until = time.monotonic() + 10
    while (said := answer(address)) is None and time.monotonic() < until:
        time.sleep(0.2)
    return said

addresses = json.loads(sys.argv[1])
with ThreadPoolExecutor(len(addresses)) as pool:
    print(json.dumps(dict(zip(addresses, pool.map(told, addresses.values())))))
"""


@pytest.fixture
def namespaces(platform: Trial) -> Iterator[tuple[Cluster, Cluster]]:
    """That of who watches, and one that nobody has named."""
    both = Cluster(platform.monitoring_namespace), Cluster(f"{platform.cluster.namespace}-elsewhere")
    platform.cluster.apply(*(namespace(one.namespace) for one in both))
    yield both
    names = [one.namespace for one in both]
    platform.cluster.kubectl("delete", "namespace", *names, "--ignore-not-found", "--wait=false")


def test_only_who_watches_reads_figures(platform: Trial, namespaces: tuple[Cluster, Cluster]) -> None:
    addresses = {part: f"http://{_address(platform, part)}:9101/metrics" for part in SERVICES}
    addresses["pages"] = f"http://{_address(platform, 'api')}:8080/services/api/health"
    addresses["hub"] = f"http://{_address(platform, 'hub')}:8081/hub/health"
    addresses["door"] = f"http://{_address(platform, 'proxy')}:8000/hub/health"  # open to all: shows the way is there
    for one in namespaces:
        _ask(one, addresses)
    watching, elsewhere = (_answers(one) for one in namespaces)
    for part in SERVICES:
        assert any(name.startswith(f"foliohub_{part}_") for name in watching[part] or ()), (part, watching[part])
    assert {name for name, said in watching.items() if said is not None} == {*SERVICES, "hub", "door"}
    assert {name for name, said in elsewhere.items() if said is not None} == {"door"}


def _address(platform: Trial, part: str) -> str:
    """Of a pod, as Prometheus asks them: a service that is not ready, as quotes without a market, tells figures too."""
    found = platform.cluster.pods(f"app.kubernetes.io/component={part}")
    return next(str(pod["status"]["podIP"]) for pod in found if pod["status"].get("podIP"))


def _ask(cluster: Cluster, addresses: dict[str, str]) -> None:
    """Have a pod ask for each of the addresses until it answers, for ten seconds."""
    container = {
        "name": "ask",
        "image": f"foliohub/research:{TAG}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["python", "-c", ASKS, json.dumps(addresses)],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ask"}, "spec": spec}

    def made() -> bool:
        cluster.apply(pod)
        return True

    eventually(made, saying="the namespace's account, without which no pod is made there")


def _answers(cluster: Cluster) -> dict[str, list[str] | None]:
    """Names of the figures at each address; None where nothing answered."""

    def ended() -> str:
        phase = str(cluster.get("pod", "ask")["status"].get("phase"))
        return phase if phase in ("Succeeded", "Failed") else ""

    phase = eventually(ended, seconds=90, saying=f"the answers to a pod in {cluster.namespace}")
    log = cluster.kubectl("logs", "ask")
    assert phase == "Succeeded", log
    return dict(json.loads(log))
