"""What the chart has from elsewhere is the same there."""

from __future__ import annotations

from pathlib import Path

import dask_kubernetes
import yaml

from tests.hub.chart.conftest import ROOT, Manifest, Render, of_kind

CHART = ROOT / "hub" / "chart"


def test_resource_definitions_are_those_of_the_installed_operator() -> None:
    package = Path(dask_kubernetes.__file__).parent / "operator" / "deployment" / "helm"
    theirs = {path.name: path.read_text(encoding="utf-8") for path in package.glob("*/crds/*.yaml")}
    assert theirs
    assert {path.name: path.read_text(encoding="utf-8") for path in (CHART / "crds").glob("*.yaml")} == theirs


def test_the_assembled_chart_has_every_job_and_rule(chart: Path) -> None:
    for inside, outside in (("jobs", "jobs"), ("monitoring/rules", "hub/monitoring/rules")):
        wanted = {path.name: path.read_bytes() for path in (ROOT / outside).glob("*.y*ml")}
        assert wanted
        assert {path.name: path.read_bytes() for path in (chart / "files" / inside).glob("*.y*ml")} == wanted


def test_rules_and_dashboards_are_taken_as_they_are(render: Render) -> None:
    manifests = render("production")
    rules: dict[str, Manifest] = of_kind(manifests, "PrometheusRule")
    for path in (ROOT / "hub" / "monitoring" / "rules").glob("*.yaml"):
        assert rules[f"foliohub-{path.stem}"]["spec"] == yaml.safe_load(path.read_text(encoding="utf-8"))
    shown = {name: text for one in of_kind(manifests, "ConfigMap").values() for name, text in one["data"].items()}
    for path in (ROOT / "hub" / "monitoring" / "grafana" / "dashboards").glob("*.json"):
        assert shown[path.name].strip() == path.read_text(encoding="utf-8").strip()


def test_every_version_of_an_image_is_the_charts() -> None:
    described = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    hub = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["jupyterhub"]
    version = described["appVersion"]
    assert (hub["hub"]["image"]["tag"], hub["singleuser"]["image"]["tag"]) == (version, version)
    assert f'version = "{version}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
