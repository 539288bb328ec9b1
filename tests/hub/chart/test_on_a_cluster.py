"""The API of a real cluster takes every rendering, of our own parts and of all; it makes nothing of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest
import yaml

from tests.hub.chart.conftest import NAMESPACE, ROOT, Manifest, Render, run

_ELSEWHERE = ("monitoring.coreos.com/", "beat.k8s.elastic.co/")
"""Kinds of others' operators, which the cluster of a test may lack."""


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A namespace that, as the README asks, takes restricted pods only; and Dask's beside it."""
    if not (shutil.which("kubectl") and os.environ.get("KUBECONFIG")):
        pytest.skip("NOT TESTED: the chart against a cluster; KUBECONFIG names none, or there is no kubectl")
    name = f"chart-{uuid4().hex[:8]}"
    for one in (name, f"{name}-dask"):
        run("kubectl", "create", "namespace", one)
        run(
            "kubectl",
            "label",
            "namespace",
            one,
            *(f"pod-security.kubernetes.io/{how}=restricted" for how in ("enforce", "warn")),
        )
    yield name
    run("kubectl", "delete", "namespace", name, f"{name}-dask", "--wait=false")


@pytest.fixture(scope="module")
def groups(namespace: str) -> set[str]:
    """API groups the cluster has."""
    return set(run("kubectl", "api-versions").split())


@pytest.fixture(params=["render", "render_all"])
def rendering(request: pytest.FixtureRequest) -> Render:
    """Renders our own parts, or all of it."""
    render: Render = request.getfixturevalue(request.param)
    return render


def test_the_cluster_takes_everything(rendering: Render, environment: str, namespace: str, groups: set[str]) -> None:
    asked: dict[str, list[Manifest]] = {}
    for manifest in rendering(environment, "s3.enabled=true", "priority.enabled=true", "monitoring.grafana=true"):
        version = manifest["apiVersion"]
        if not version.startswith(_ELSEWHERE) or version in groups:
            asked.setdefault(manifest["metadata"].get("namespace", NAMESPACE), []).append(manifest)
    for home, manifests in asked.items():
        place = home.replace(NAMESPACE, namespace, 1)
        text = yaml.safe_dump_all(manifests).replace(f"namespace: {home}\n", f"namespace: {place}\n")
        command = ["kubectl", "apply", "--dry-run=server", "--namespace", place, "--filename", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("(server dry run)") == len(manifests)
        assert "would violate" not in done.stderr, done.stderr  # Pod Security, of what makes pods later


@pytest.mark.usefixtures("namespace")
def test_the_cluster_takes_the_resource_definitions() -> None:
    printed = run(
        "kubectl", "apply", "--dry-run=server", "--server-side", "--force-conflicts", "-f", ROOT / "hub/chart/crds"
    )
    assert printed.count("(server dry run)") == 4
