"""The platform comes up on an empty namespace, with the security standard that Kubernetes calls restricted."""

from __future__ import annotations

import httpx

from tests.cluster.cluster import eventually
from tests.cluster.trial import DEPLOYMENTS, Trial


def test_everything_comes_up(platform: Trial) -> None:
    """An autoscaler that has just come may still be adding the second of a part."""

    def lacking() -> list[str]:
        found = {name: platform.cluster.get("deployment", name)["status"] for name in DEPLOYMENTS}
        return [name for name, status in found.items() if status.get("readyReplicas") != status["replicas"]]

    eventually(lambda: not lacking(), seconds=120, saying="every replica")
    for part in ("api", "dashboards"):
        assert len(platform.cluster.pods(f"app.kubernetes.io/component={part}")) >= 2, part


def test_the_hub_routes_to_both_services(platform: Trial) -> None:
    for service in ("api", "dashboards"):
        address = f"{platform.url}/services/{service}/health"
        eventually(lambda address=address: httpx.get(address).status_code == 200, saying=address)


def test_no_pod_but_those_that_sign_is_given_the_private_key(platform: Trial) -> None:
    for pod in platform.cluster.get("pods")["items"]:
        volumes = [volume.get("secret", {}) for volume in pod["spec"].get("volumes", [])]
        keys = [secret for secret in volumes if secret.get("secretName") == "foliohub-signing"]
        items = {item["key"] for secret in keys for item in secret.get("items", [{"key": "everything"}])}
        part = pod["metadata"]["labels"].get("app.kubernetes.io/component")
        if items - {"accepted.pem"}:
            assert part in {"api", "scheduler", "job"}, pod["metadata"]["name"]
