"""The chart as Helm renders it: our own parts, and all of it with the hub's own chart.

That comes from the folder that JUPYTERHUB_CHART names, and on GitHub, where Helm reaches it, from its repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ENVIRONMENTS = sorted(path.stem for path in (ROOT / "hub" / "values").glob("*.yaml"))
RELEASE, NAMESPACE = "foliohub", "research"

Manifest = dict[str, Any]
Render = Callable[..., list[Manifest]]


def run(*command: str | Path, fails: bool = False) -> str:
    """What a command prints; with `fails` what it complains about."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode != 0) == fails, done.stderr + done.stdout
    return done.stderr + done.stdout if fails else done.stdout


def assembled(folder: Path, jupyterhub: str) -> Path:
    """The chart, put together as `make chart` does."""
    run("make", "chart", f"JUPYTERHUB_CHART={jupyterhub}", f"CHART={folder}", "PREFIX=")
    return folder


def hubs_chart(environment: Mapping[str, str]) -> str | None:
    """Where `make chart` takes the hub's own chart from: a folder, or its repository if empty; None where it cannot."""
    named = environment.get("JUPYTERHUB_CHART", "")
    return named if named or "GITHUB_ACTIONS" in environment else None


@pytest.fixture(scope="session")
def helm() -> str:
    found = shutil.which("helm")
    assert found or "GITHUB_ACTIONS" not in os.environ, "there is no helm on PATH, and the chart must be tested here"
    if not found:
        pytest.skip("NOT TESTED: the chart; there is no helm on PATH")
    return found


@pytest.fixture(scope="session")
def chart(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own parts."""
    return assembled(tmp_path_factory.mktemp("chart") / "foliohub", "off")


@pytest.fixture(scope="session")
def umbrella(helm: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it."""
    origin = hubs_chart(os.environ)
    if origin is None:
        pytest.skip("NOT TESTED: the chart together with the hub's own; JUPYTERHUB_CHART names no folder with that")
    return assembled(tmp_path_factory.mktemp("umbrella") / "foliohub", origin)


def renderer(helm: str, chart: Path) -> Render:
    """What renders a chart for an environment, with further settings."""

    @cache
    def rendered(environment: str, *settings: str) -> list[Manifest]:
        given = [word for setting in settings for word in ("--set", setting)]
        values = ROOT / "hub" / "values" / f"{environment}.yaml"
        text = run(helm, "template", RELEASE, chart, "--namespace", NAMESPACE, "--values", values, *given)
        return [manifest for manifest in yaml.safe_load_all(text) if manifest]

    return rendered


@pytest.fixture(scope="session")
def render(helm: str, chart: Path) -> Render:
    """Renders our own parts."""
    return renderer(helm, chart)


@pytest.fixture(scope="session")
def render_all(helm: str, umbrella: Path) -> Render:
    """Renders all of it."""
    return renderer(helm, umbrella)


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def manifests(render: Render, environment: str) -> list[Manifest]:
    """Everything of one environment."""
    return render(environment)


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Those of some kinds, by name."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] in kinds}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Every pod's template, with the name of what makes it."""
    for manifest in manifests:
        spec = manifest.get("spec", {})
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if manifest["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}:
            yield manifest["metadata"]["name"], spec["template"]


def variables(container: Manifest) -> dict[str, Any]:
    """A container's environment, by name: the value, or where it comes from."""
    given = container.get("env", [])
    assert len({one["name"] for one in given}) == len(given), "a variable is set twice"
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in given}
