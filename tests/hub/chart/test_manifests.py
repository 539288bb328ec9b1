"""What holds for everything the chart makes, in every environment."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from hub.config.services import SERVICES
from tests.hub.chart.conftest import NAMESPACE, RELEASE, ROOT, Manifest, Render, of_kind, pods, variables

_PATHS = {"FOLIOHUB_SIGNING_KEY", "FOLIOHUB_ACCEPTED_KEYS"}
_SIGN = {f"{RELEASE}-api", f"{RELEASE}-scheduler"}


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """What Kubernetes does with a label selector."""
    wanted = selector.get("matchLabels", {})
    rules = selector.get("matchExpressions", [])
    assert all(rule["operator"] in {"In", "Exists"} for rule in rules)
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        rule["key"] in labels and (rule["operator"] == "Exists" or labels[rule["key"]] in rule["values"])
        for rule in rules
    )


def test_pods_keep_to_the_restricted_standard(manifests: list[Manifest]) -> None:
    seen = 0
    for name, pod in pods(manifests):
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"], name
        assert (security["runAsUser"], security["runAsGroup"]) == (1000, 1000), name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"], name
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert {"requests", "limits"} <= set(container["resources"]), name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"]), name
        assert all(
            {"emptyDir", "secret", "persistentVolumeClaim", "configMap"} & set(v) for v in pod["spec"]["volumes"]
        )
        seen += 1
    assert seen >= 5


def test_only_who_makes_clusters_has_a_token_of_kubernetes(manifests: list[Manifest]) -> None:
    accounts = of_kind(manifests, "ServiceAccount")
    for name, pod in pods(manifests):
        account = pod["spec"].get("serviceAccountName")
        if account is None:
            assert pod["spec"]["automountServiceAccountToken"] is False, name
        else:
            assert account in accounts, name
    with_token = {name for name, pod in pods(manifests) if pod["spec"].get("automountServiceAccountToken") is not False}
    assert {name for name in with_token if "-job-" not in name} <= {
        f"{RELEASE}-{part}" for part in ("scheduler", "operator", "clear-clusters")
    }


def test_the_private_key_is_where_something_is_signed_and_nowhere_else(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        mounted = {
            item["key"]
            for volume in pod["spec"]["volumes"]
            if "secret" in volume
            for item in volume["secret"]["items"]  # a Secret mounted whole would hold the private key
        }
        assert ("signing.pem" in mounted) == (name in _SIGN or "-job-" in name), name


def test_no_secret_stands_in_a_manifest(manifests: list[Manifest]) -> None:
    assert not of_kind(manifests, "Secret")
    secretive = re.compile("TOKEN|PASSWORD|SECRET|_KEY|STORE$|WEBHOOK|SMTP")
    for name, pod in pods(manifests):
        for container in containers(pod):
            for variable, value in variables(container).items():
                if secretive.search(variable) and variable not in _PATHS:
                    assert "secretKeyRef" in value, f"{name}: {variable}"


def test_images_have_a_tag_that_names_them(manifests: list[Manifest]) -> None:
    for name, pod in pods(manifests):
        for container in containers(pod):
            image, _, tag = container["image"].rpartition(":")
            assert image, name
            assert re.fullmatch(r"[\w][\w.-]*", tag), name
            assert tag != "latest", name


def test_names_and_labels_are_kubernetes_own(manifests: list[Manifest]) -> None:
    for manifest in manifests:
        metadata = manifest["metadata"]
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", metadata["name"])
        assert metadata["labels"]["app.kubernetes.io/part-of"] == "foliohub", metadata["name"]
        assert all(len(value) <= 63 for value in metadata["labels"].values())
        if manifest["kind"] not in {"Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"}:
            assert metadata.get("namespace", NAMESPACE) in {NAMESPACE, f"{NAMESPACE}-dask"}
    keys = [(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in manifests]
    assert len(set(keys)) == len(keys)


def test_what_selects_finds_its_pods_and_no_others(manifests: list[Manifest]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests)}
    for name, deployment in of_kind(manifests, "Deployment").items():
        selector = deployment["spec"]["selector"]
        assert [other for other, given in labels.items() if matches(selector, given)] == [name]
    for name, service in of_kind(manifests, "Service").items():
        found = [
            other for other, given in labels.items() if matches({"matchLabels": service["spec"]["selector"]}, given)
        ]
        assert found == [name.removesuffix("-pods")]
    for name, budget in of_kind(manifests, "PodDisruptionBudget").items():
        assert matches(budget["spec"]["selector"], labels[name])


def test_ports_that_are_named_exist(manifests: list[Manifest]) -> None:
    ports = {
        name: {port["name"] for container in containers(pod) for port in container.get("ports", [])}
        for name, pod in pods(manifests)
    }
    for name, service in of_kind(manifests, "Service").items():
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports[name.removesuffix("-pods")]
    for name, pod in pods(manifests):
        for container in containers(pod):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                door = container.get(probe, {}).get("httpGet") or container.get(probe, {}).get("tcpSocket")
                assert door is None or door["port"] in ports[name]


@pytest.mark.parametrize("part", ["api", "dashboards"])
def test_web_services_are_told_what_the_hub_would_tell_them(manifests: list[Manifest], part: str) -> None:
    [service] = [one for one in SERVICES if one.name == part]
    [container] = of_kind(manifests, "Deployment")[f"{RELEASE}-{part}"]["spec"]["template"]["spec"]["containers"]
    given = variables(container)
    public = given["JUPYTERHUB_PUBLIC_HUB_URL"].removesuffix("/hub/")
    wanted = service.environment(
        token="", hub_url="http://hub:8081", base_url="/", url="http://0.0.0.0:8080", public_url=public
    )
    token = given["JUPYTERHUB_API_TOKEN"]["secretKeyRef"]
    assert token == {"name": "hub", "key": f"hub.services.{part}.apiToken"}
    told = {name: value for name, value in given.items() if name.startswith("JUPYTERHUB_")}
    for name in ("JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "JUPYTERHUB_OAUTH_ACCESS_SCOPES", "JUPYTERHUB_OAUTH_SCOPES"):
        assert sorted(_list(told.pop(name))) == sorted(_list(wanted.pop(name)))
    assert told | {"JUPYTERHUB_API_TOKEN": ""} == wanted


def _list(text: str) -> list[str]:
    import json

    values: list[str] = json.loads(text)
    return values


@pytest.mark.parametrize("part", ["api", "dashboards"])
def test_web_services_are_replaced_without_a_gap(manifests: list[Manifest], part: str) -> None:
    name = f"{RELEASE}-{part}"
    deployment = of_kind(manifests, "Deployment")[name]["spec"]
    scaler = of_kind(manifests, "HorizontalPodAutoscaler")[name]["spec"]
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "replicas" not in deployment  # the autoscaler's to say
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    assert scaler["scaleTargetRef"]["name"] == name
    assert of_kind(manifests, "PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1
    pod = deployment["template"]["spec"]
    [container] = pod["containers"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    given = variables(container)
    ending = sum(float(given[f"FOLIOHUB_{part.upper()}_{name}_SECONDS"]) for name in ("DRAIN", "FINISH"))
    assert pod["terminationGracePeriodSeconds"] > ending + 5


def test_roles_hold_in_dasks_namespace_alone(manifests: list[Manifest]) -> None:
    for role in of_kind(manifests, "Role").values():
        assert role["metadata"]["namespace"] == f"{NAMESPACE}-dask"
        for rule in role["rules"]:
            assert not {"*", "secrets", "pods/exec", "pods/portforward", "serviceaccounts"} & set(rule["resources"])
            assert "*" not in rule["verbs"]
    for role in of_kind(manifests, "ClusterRole").values():
        assert all(set(rule["verbs"]) <= {"list", "watch"} for rule in role["rules"])
    users = of_kind(manifests, "RoleBinding")[f"{RELEASE}-clusters"]["subjects"]
    assert {user["name"] for user in users} == {f"{RELEASE}-researcher", f"{RELEASE}-job"}


def test_a_subpath_and_another_host_reach_every_address(render: Render) -> None:
    manifests = render("production", "jupyterhub.hub.baseUrl=/research/")
    [container] = of_kind(manifests, "Deployment")[f"{RELEASE}-api"]["spec"]["template"]["spec"]["containers"]
    given = variables(container)
    assert given["JUPYTERHUB_SERVICE_PREFIX"] == "/research/services/api/"
    assert given["JUPYTERHUB_API_URL"] == "http://hub:8081/research/hub/api"
    assert container["readinessProbe"]["httpGet"]["path"] == "/research/services/api/ready"


def test_the_trial_store_outlives_the_release(render: Render) -> None:
    volume = of_kind(render("laptop"), "PersistentVolumeClaim")[f"{RELEASE}-s3"]
    assert volume["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert not of_kind(render("production"), "PersistentVolumeClaim")


def test_quotas_count_nothing_the_chart_itself_teaches_kubernetes(manifests: list[Manifest]) -> None:
    # Until its quota controller has found a new kind, up to five minutes, Kubernetes refuses every object of it.
    crds = (ROOT / "hub" / "chart" / "crds").glob("*.yaml")
    kinds = {f"count/{yaml.safe_load(crd.read_text())['metadata']['name']}" for crd in crds}
    assert kinds
    for quota in of_kind(manifests, "ResourceQuota").values():
        assert not kinds & set(quota["spec"]["hard"])
