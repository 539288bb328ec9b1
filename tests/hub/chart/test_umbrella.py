"""Our chart together with the hub's own, whose schema takes our values."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub.config.services import SERVICES
from tests.hub.chart.conftest import NAMESPACE, RELEASE, Manifest, Render, hubs_chart, of_kind, pods
from tests.hub.chart.test_manifests import matches


@pytest.fixture
def everything(render_all: Render, environment: str) -> list[Manifest]:
    return render_all(environment)


def test_on_github_the_hubs_own_chart_is_fetched_and_elsewhere_named() -> None:
    assert hubs_chart({"GITHUB_ACTIONS": "true"}) == ""  # `make chart` lets Helm fetch it
    assert hubs_chart({"GITHUB_ACTIONS": "true", "JUPYTERHUB_CHART": "/charts/jupyterhub"}) == "/charts/jupyterhub"
    assert hubs_chart({}) is None


def test_hub_and_proxy_are_of_our_images_and_have_our_names(everything: list[Manifest]) -> None:
    deployments = of_kind(everything, "Deployment")
    [hub] = deployments["hub"]["spec"]["template"]["spec"]["containers"]
    assert hub["image"].startswith("foliohub/hub:")
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(everything)}
    for part in ("hub", "proxy"):  # by which our network policies know them
        assert labels[part]["app.kubernetes.io/component"] == part
    given = {one["name"]: one.get("value") for one in hub["env"]}
    assert given["FOLIOHUB_HUB_PLATFORM"] == "kubernetes"
    assert given["HELM_RELEASE_NAME"] == RELEASE


def test_the_hub_makes_a_token_for_each_service_of_ours(everything: list[Manifest]) -> None:
    made = of_kind(everything, "Secret")["hub"]["data"]
    assert {f"hub.services.{service.name}.apiToken" for service in SERVICES} <= set(made)


def test_the_hubs_own_policies_let_nothing_more_out_of_peoples_servers(everything: list[Manifest]) -> None:
    pod = {"app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/instance": RELEASE}
    pod |= {"app": "jupyterhub", "release": RELEASE}
    pod |= {"component": "singleuser-server", "app.kubernetes.io/component": "singleuser-server"}
    policies = [
        policy["spec"]
        for policy in of_kind(everything, "NetworkPolicy").values()
        if policy["metadata"].get("namespace", NAMESPACE) == NAMESPACE and matches(policy["spec"]["podSelector"], pod)
    ]
    assert len(policies) == 2
    blocks = [
        peer["ipBlock"]
        for one in policies
        for rule in one["egress"]
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]
    wide = [block for block in blocks if block["cidr"] == "0.0.0.0/0"]
    assert wide
    # By TLS alone, and to no private address but where the store is set to be.
    ports = [
        {port["port"] for port in rule["ports"]}
        for one in policies
        for rule in one["egress"]
        if any(peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0" for peer in rule.get("to", []))
    ]
    assert all(found == {443} for found in ports)


def test_a_typo_in_the_hubs_own_values_is_refused(helm: str, umbrella: Path) -> None:
    command = [helm, "template", RELEASE, str(umbrella), "--set", "jupyterhub.singleuser.storag.capacity=1Gi"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "storag" in done.stderr
