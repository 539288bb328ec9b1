"""Logs to Elasticsearch: an option, with the very files of hub/monitoring/elastic, in a namespace of its own."""

from __future__ import annotations

import yaml

from tests.hub.chart.conftest import NAMESPACE, RELEASE, ROOT, Manifest, Render, of_kind, variables

_KINDS = ("Elasticsearch", "Kibana", "Beat")
_CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding"}


def _elastic(render: Render, *settings: str) -> list[Manifest]:
    every = render("production", "logging.elastic.enabled=true", *settings)
    return [one for one in every if one["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "logs"]


def test_nothing_of_it_is_there_unless_asked_for(manifests: list[Manifest]) -> None:
    assert of_kind(manifests, *_KINDS) == {}


def test_all_of_it_lies_in_a_namespace_of_its_own(render: Render) -> None:
    found = _elastic(render)
    assert {one["kind"] for one in found} >= {*_KINDS, "ServiceAccount", "Job", *_CLUSTER_WIDE}
    places = {one["metadata"].get("namespace") for one in found if one["kind"] not in _CLUSTER_WIDE}
    assert places == {f"{NAMESPACE}-logs"}
    elsewhere = _elastic(render, "logging.elastic.namespace=observability")
    assert {one["metadata"].get("namespace") for one in elsewhere} - {None} == {"observability"}


def test_filebeat_is_told_what_the_file_says(render: Render) -> None:
    (beat,) = of_kind(_elastic(render), "Beat").values()
    file = ROOT / "hub" / "monitoring" / "elastic" / "filebeat.yaml"
    assert beat["spec"]["config"] == yaml.safe_load(file.read_text(encoding="utf-8"))
    (container,) = beat["spec"]["daemonSet"]["podTemplate"]["spec"]["containers"]
    asked = {"NODE_NAME", "ELASTICSEARCH_URL", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"}
    assert set(variables(container)) == asked
    assert all(f"${{{name}}}" in file.read_text(encoding="utf-8") for name in asked)


def test_passwords_come_from_secrets_and_set_up_runs_with_every_revision(render: Render) -> None:
    found = _elastic(render)
    (job,) = of_kind(found, "Job").values()
    assert job["metadata"]["name"] == f"{RELEASE}-logs-setup-1"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    password = variables(container)["ELASTICSEARCH_PASSWORD"]
    assert password == {"secretKeyRef": {"name": f"{RELEASE}-logs-es-elastic-user", "key": "elastic"}}
    (elasticsearch,) = of_kind(found, "Elasticsearch").values()
    assert elasticsearch["spec"]["auth"]["fileRealm"] == [{"secretName": "foliohub-log-writer"}]
