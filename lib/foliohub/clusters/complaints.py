"""Why pods of a cluster do not come up, as Kubernetes says it: the quota that is full, the image that is not there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AT_ONCE = frozenset({"InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError"})
_AFTER_A_WHILE = frozenset({"ErrImagePull", "ImagePullBackOff", "CrashLoopBackOff", "RunContainerError"})
"""What may pass by itself."""
_WHILE_SECONDS = 20.0
_QUOTA = re.compile(r"exceeded quota: (?P<quota>[^,]+), (?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a cluster does not come up.

    Attributes
    ----------
    sentence : str
    remedy : str
    final : bool
        Whether waiting is of no use.
    """

    sentence: str
    remedy: str
    final: bool


def complaint_of(
    deployments: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]], waited: float
) -> Complaint | None:
    """What keeps a cluster from coming up; None where nothing is said to.

    Parameters
    ----------
    deployments, pods : iterable of mapping
        Those of the cluster, as the API gives them.
    waited : float
        Seconds since it was asked for.
    """
    for deployment in deployments:
        for condition in deployment.get("status", {}).get("conditions", ()):
            if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
                return refusal(str(condition.get("message", "")))
    found = [each for pod in pods if (each := _of_pod(pod, waited)) is not None]
    return min(found, key=lambda each: not each.final, default=None)


def refusal(message: str) -> Complaint:
    """What a refusal to make a pod or a cluster means.

    Examples
    --------
    >>> refusal(
    ...     'pods "w" is forbidden: exceeded quota: dask, requested: pods=1, used: pods=4, limited: pods=4'
    ... ).sentence
    'The quota dask of the namespace is used up (requested: pods=1, used: pods=4, limited: pods=4)'
    """
    quota = _QUOTA.search(message)
    if quota is None:
        return Complaint(
            f"Kubernetes refuses it: {message}",
            "Ask whoever runs the platform: its chart and its cluster differ.",
            True,
        )
    return Complaint(
        f"The quota {quota['quota']} of the namespace is used up ({quota['rest'].strip()})",
        "Ask for fewer workers or less memory, or wait until others have closed their clusters.",
        True,
    )


def _of_pod(pod: Mapping[str, Any], waited: float) -> Complaint | None:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for container in status.get("containerStatuses", ()):
        waiting = container.get("state", {}).get("waiting") or {}
        reason = waiting.get("reason", "")
        if reason in _AT_ONCE or reason in _AFTER_A_WHILE:
            text = f"The pod {name} does not start: {reason}: {waiting.get('message', 'no more is said')}"
            remedy = f"Look at the image {container.get('image')}, which FOLIOHUB_IMAGE names, and at `kubectl logs`."
            return Complaint(text, remedy, reason in _AT_ONCE or waited > _WHILE_SECONDS)
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            text = f"No node has room for the pod {name}: {condition.get('message', 'no more is said')}"
            return Complaint(text, "Ask for fewer workers or less memory, or wait for a node.", final=False)
    return None


__all__ = ["Complaint", "complaint_of", "refusal"]
