"""Values are complete, and a name with a typo in it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hub.chart.conftest import ENVIRONMENTS, ROOT, run

VALUES: dict[str, Any] = yaml.safe_load((ROOT / "hub" / "chart" / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = json.loads((ROOT / "hub" / "chart" / "values.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_is_linted(helm: str, chart: Path, environment: str) -> None:
    run(helm, "lint", "--strict", "--values", f"hub/values/{environment}.yaml", chart)


@pytest.mark.parametrize(
    "typo",
    [
        "imagee.tag=1",
        "api.replcas=3",
        "jobs.keep.sucessful=3",
        "dask.operator.resources.request.cpu=1",
        "network.store.cidr=10.0.0.0/8",
        "image.tag=latest",
        "store.existingSecret=Not_A_Name",
        "publicUrl=foliohub.example.com",
        "dashboards.autoscaling.most=many",
        "jupyterhub.hub.baseUrl=no-slashes",
    ],
)
def test_a_typo_is_refused(helm: str, chart: Path, typo: str) -> None:
    complaint = run(helm, "lint", "--set", typo, chart, fails=True)
    assert typo.partition("=")[0].split(".")[0] in complaint


def test_the_schema_knows_every_value_and_no_other() -> None:
    assert set(_keys(VALUES, SCHEMA)) == set(_known(SCHEMA))


def test_our_part_of_the_schema_is_strict() -> None:
    objects = _objects({k: v for k, v in SCHEMA["properties"].items() if k not in _FREE})
    objects += _objects(SCHEMA["definitions"])
    assert objects
    assert all("additionalProperties" in one and one["additionalProperties"] is not True for one in objects)


_FREE = ("jupyterhub", "global", "tolerations")
"""What is others' to check: the hub's own chart has a schema, and so has Kubernetes."""


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    found: dict[str, Any] = SCHEMA["definitions"][reference.rpartition("/")[2]] if reference else schema
    return found


def _is_group(schema: dict[str, Any]) -> bool:
    return bool(schema.get("properties")) and schema.get("additionalProperties") is False and "required" in schema


def _known(schema: dict[str, Any], path: str = "") -> list[str]:
    found = []
    for name, part in schema["properties"].items():
        inner = _resolve(part)
        found += _known(inner, f"{path}{name}.") if _is_group(inner) else [path + name]
    return found


def _keys(values: dict[str, Any], schema: dict[str, Any], path: str = "") -> list[str]:
    found = []
    for name, value in values.items():
        inner = _resolve(schema["properties"].get(name, {}))
        found += _keys(value, inner, f"{path}{name}.") if _is_group(inner) else [path + name]
    return found


def _objects(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [one for inner in part for one in _objects(inner)]
    if not isinstance(part, dict):
        return []
    own = [part] if part.get("type") == "object" else []
    return own + [one for inner in part.values() for one in _objects(inner)]
