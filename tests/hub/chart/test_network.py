"""Who may reach whom, read from the policies as Kubernetes reads them."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from tests.hub.chart.conftest import NAMESPACE, Manifest, Render, pods
from tests.hub.chart.test_manifests import matches

_OUTSIDERS = {"hub": "hub", "proxy": "proxy", "researcher": "singleuser-server"}
_DASK = f"{NAMESPACE}-dask"

Pod = tuple[str, dict[str, str]]
"""Namespace and labels."""


def everybody(manifests: list[Manifest]) -> dict[str, Pod]:
    """Our pods by part, those of the hub's chart, and Dask's."""
    found: dict[str, Pod] = {
        pod["metadata"]["labels"]["app.kubernetes.io/component"]: (NAMESPACE, pod["metadata"]["labels"])
        for _, pod in pods(manifests)
    }
    found |= {name: (NAMESPACE, {"app.kubernetes.io/component": part}) for name, part in _OUTSIDERS.items()}
    cluster = {"dask.org/cluster-name": "one"}
    found["dask-scheduler"] = (_DASK, cluster | {"dask.org/component": "scheduler"})
    found["dask-worker"] = (_DASK, cluster | {"dask.org/component": "worker"})
    return found


def reached(manifests: list[Manifest], source: Pod, target: Pod | str, port: int | str, number: int) -> bool:
    """Whether a connection may be made; `target` is a pod or an address, `port` the name its pod gives to `number`."""
    out = _allowed(manifests, "Egress", source, target, port, number)
    return out and (isinstance(target, str) or _allowed(manifests, "Ingress", target, source, port, number))


def _allowed(
    manifests: list[Manifest], direction: str, pod: Pod, other: Pod | str, port: int | str, number: int
) -> bool:
    policies = [
        one["spec"]
        for one in manifests
        if one["kind"] == "NetworkPolicy"
        and direction in one["spec"]["policyTypes"]
        and one["metadata"].get("namespace", NAMESPACE) == pod[0]
        and matches(one["spec"]["podSelector"], pod[1])
    ]
    sides = {"Egress": ("egress", "to"), "Ingress": ("ingress", "from")}
    rules, side = sides[direction]
    return not policies or any(
        (side not in rule or any(_is_peer(peer, other, pod[0]) for peer in rule[side]))
        and ("ports" not in rule or any(one["port"] in {port, number} for one in rule["ports"]))
        for policy in policies
        for rule in policy.get(rules, [])
    )


def _is_peer(peer: dict[str, Any], other: Pod | str, home: str) -> bool:
    if isinstance(other, str):
        if "ipBlock" not in peer:
            return False
        address, block = ipaddress.ip_address(other), peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(hole) for hole in block.get("except", [])
        )
    namespace, labels = other
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != home:
        return False
    return "ipBlock" not in peer and matches(peer.get("podSelector", {}), labels)


_DOORS = {"api": ("http", 8080), "dashboards": ("http", 8080), "s3": ("s3", 8333), "hub": ("http", 8081)}
_DOORS |= {"dask-scheduler": ("", 8786), "dask-worker": ("", 40000), "researcher": ("", 8888)}
_WHO_REACHES = {
    "api": {"proxy", "hub", "researcher"},
    "dashboards": {"proxy", "hub", "dashboards"},
    "s3": {"api", "dashboards", "scheduler", "quotes", "job", "researcher"},
    "hub": {"api", "dashboards", "researcher", "proxy", "hub"},
    "dask-scheduler": {"job", "scheduler", "operator", "researcher", "dask-scheduler", "dask-worker"},
    "dask-worker": {"dask-scheduler", "dask-worker"},
    "researcher": {"hub", "proxy"},
}


@pytest.mark.parametrize("target", _WHO_REACHES)
def test_doors_open_to_those_who_need_them(render: Render, target: str) -> None:
    manifests = render("laptop")
    known = everybody(manifests)
    door = _DOORS[target]
    got = {name for name, pod in known.items() if reached(manifests, pod, known[target], *door)}
    assert got == _WHO_REACHES[target]


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("93.184.216.34", {"researcher", "scheduler", "quotes", "job"}),
        ("10.1.2.3", set()),
        ("169.254.169.254", set()),  # a cloud's credentials
    ],
    ids=["a vendor", "something private", "the cloud's own"],
)
def test_vendors_are_reached_and_private_addresses_are_not(render: Render, address: str, who: set[str]) -> None:
    # With its address given: rendered without a cluster, the policy cannot look the API's up.
    manifests = render("laptop", "network.kubernetes.cidrs={172.20.0.1/32}", "network.store.cidrs={192.0.2.0/24}")
    known = {name: pod for name, pod in everybody(manifests).items() if name not in {"hub", "proxy"}}
    assert {name for name, pod in known.items() if reached(manifests, pod, address, "", 443)} == who


def test_who_makes_clusters_reaches_kubernetes_and_nobody_else(render: Render) -> None:
    manifests = render("laptop", "network.kubernetes.cidrs={172.20.0.1/32}", "network.store.cidrs={192.0.2.0/24}")
    known = {name: pod for name, pod in everybody(manifests).items() if name not in {"hub", "proxy"}}
    got = {name for name, pod in known.items() if reached(manifests, pod, "172.20.0.1", "", 443)}
    assert got == {"researcher", "scheduler", "job", "operator", "clear-clusters"}


def test_figures_are_read_from_the_monitoring_namespace_alone(render: Render) -> None:
    manifests = render("production")
    known = everybody(manifests)
    prometheus = ("monitoring", {"app": "prometheus"})
    for name in ("api", "dashboards", "scheduler", "quotes"):
        assert _allowed(manifests, "Ingress", known[name], prometheus, "metrics", 9101)
        assert not _allowed(manifests, "Ingress", known[name], known["researcher"], "metrics", 9101)
        assert not _allowed(manifests, "Ingress", known[name], ("elsewhere", {}), "metrics", 9101)
    assert _allowed(manifests, "Ingress", known["hub"], prometheus, "", 8081)
    assert not _allowed(manifests, "Ingress", known["hub"], ("elsewhere", {}), "", 8081)
