"""What Kubernetes says of a cluster that does not come up, in a sentence; with what can be waited out told apart."""

from __future__ import annotations

from types import SimpleNamespace

import kr8s
import pytest

from foliohub.clusters import pods
from foliohub.clusters.complaints import complaint_of, refusal
from foliohub.clusters.pods import Pods
from foliohub.config import Settings
from foliohub.errors import ClusterError

FULL = (
    'pods "w-1" is forbidden: exceeded quota: dask, requested: limits.memory=2Gi, used: limits.memory=3Gi, '
    "limited: limits.memory=4Gi"
)


def deployment(message: str) -> dict[str, object]:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    return {"metadata": {"name": "w"}, "status": {"conditions": [{"type": "Available", "status": "False"}, condition]}}


def pod(component: str = "worker", **status: object) -> dict[str, object]:
    return {"metadata": {"name": "w-1", "labels": {"dask.org/component": component}}, "status": status}


def waiting(reason: str) -> dict[str, object]:
    state = {"waiting": {"reason": reason, "message": "not found"}}
    return pod(containerStatuses=[{"image": "foliohub/research:1", "state": state}])


def test_a_full_quota_is_named_with_its_figures_at_once():
    found = complaint_of([deployment(FULL)], [], waited=0.0)
    assert found is not None
    assert found.final
    assert found.sentence.startswith("The quota dask of the namespace is used up")
    assert "used: limits.memory=3Gi" in found.sentence
    assert "fewer workers or less memory" in found.remedy


def test_another_refusal_is_told_as_it_is():
    assert refusal("violates PodSecurity").sentence == "Kubernetes refuses it: violates PodSecurity"


@pytest.mark.parametrize(
    ("reason", "waited", "final"),
    [("InvalidImageName", 0, True), ("ImagePullBackOff", 5, False), ("ImagePullBackOff", 25, True)],
)
def test_an_image_that_is_not_there_is_waited_for_a_while(reason, waited, final):
    found = complaint_of([], [waiting(reason)], waited)
    assert found is not None
    assert (found.final, reason in found.sentence, "foliohub/research:1" in found.remedy) == (final, True, True)


def test_who_finds_no_node_may_still_get_one():
    conditions = [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes: insufficient cpu"}]
    found = complaint_of([], [pod(conditions=conditions)], waited=200.0)
    assert found is not None
    assert (found.final, "insufficient cpu" in found.sentence) == (False, True)


def test_nothing_is_said_of_pods_that_are_starting():
    assert complaint_of([], [pod(phase="Pending"), waiting("ContainerCreating")], waited=1.0) is None


class Kubernetes:
    """One that answers as it is told."""

    def __init__(self, monkeypatch) -> None:
        self.taken_away = 0
        self.parts: dict[str, list[dict[str, object]]] = {"deployments": [], "pods": []}
        self.refuses: Exception | None = None
        monkeypatch.setattr("kr8s.objects.new_class", lambda *_, **__: self.resource)
        monkeypatch.setattr(kr8s, "get", lambda kind, **_: [SimpleNamespace(raw=part) for part in self.parts[kind]])
        for name in ("_POLL_SECONDS", "_OPERATOR_SECONDS"):
            monkeypatch.setattr(pods, name, 0.01)

    def resource(self, *_: object, **__: object) -> Kubernetes:
        return self

    def create(self) -> None:
        if self.refuses:
            raise self.refuses

    def delete(self) -> None:
        self.taken_away += 1

    def exists(self) -> bool:
        return False


@pytest.fixture
def kubernetes(monkeypatch) -> Kubernetes:
    return Kubernetes(monkeypatch)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, clusters="kubernetes", cluster_namespace="dask", image="foliohub/research:1")


def test_a_cluster_that_cannot_come_up_is_taken_away_and_says_why(kubernetes, settings):
    kubernetes.parts["deployments"] = [deployment(FULL)]
    with pytest.raises(ClusterError, match=r"No cluster of 3 workers came up in dask\. The quota dask"):
        Pods(settings, 3, 2**30, timeout=5)
    assert kubernetes.taken_away == 1


def test_without_an_operator_it_says_so(kubernetes, settings):
    with pytest.raises(ClusterError, match="Dask's operator is not at work"):
        Pods(settings, 1, 2**30, timeout=5)
    assert kubernetes.taken_away == 1


def test_what_takes_too_long_says_what_it_waited_for(kubernetes, settings):
    kubernetes.parts = {"deployments": [{}], "pods": [waiting("ImagePullBackOff")]}
    with pytest.raises(ClusterError, match="ImagePullBackOff"):
        Pods(settings, 1, 2**30, timeout=0.05)


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [(404, "not found", "knows no Dask clusters"), (403, f"x: {FULL.replace('pods', 'dask')}", "The quota dask")],
)
def test_a_cluster_that_is_refused_says_why(kubernetes, settings, status, text, said):
    kubernetes.refuses = kr8s.ServerError(text, response=SimpleNamespace(status_code=status))
    with pytest.raises(ClusterError, match=said):
        Pods(settings, 1, 2**30, timeout=5)
    assert kubernetes.taken_away == 0
