"""What a cluster of pods is, as the resource that Dask's operator is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foliohub.clusters.mapping import DEATHS

if TYPE_CHECKING:
    from foliohub.config import Settings

_END_SECONDS = 10
"""What a pod has to end in order: its work is tried again elsewhere."""
_SCHEDULER_ENVIRONMENT = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(DEATHS - 1)}
_WORKER_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_ENVIRONMENT = {
    # All that may be written is the pod's own /tmp.
    "HOME": "/tmp",  # noqa: S108
    "FOLIOHUB_HOME": "/tmp/foliohub",  # noqa: S108
    "DASK_TEMPORARY_DIRECTORY": "/tmp/dask",  # noqa: S108
    "PYTHONHASHSEED": "0",
}


def kubernetes_spec(settings: Settings, name: str, workers: int, memory: int) -> dict[str, Any]:
    """The DaskCluster resource for a number of workers.

    Parameters
    ----------
    settings : Settings
        Name the image, what a pod requests of a core, and how long a cluster may idle.
    name : str
    workers : int
    memory : int
        Bytes of each worker, and of the scheduler, through which what all items share goes.

    Notes
    -----
    Dask 2026.8 has no programs ``dask-scheduler`` and ``dask-worker`` any more, which dask-kubernetes still starts:
    both commands are given here. Pods keep to Kubernetes' *restricted* security standard, write nothing but their own
    ``/tmp``, and know no secret: neither the store's nor the cluster's. Work comes to them with its data.
    """
    from dask_kubernetes.operator import make_cluster_spec  # type: ignore[import-untyped]

    spec: dict[str, Any] = make_cluster_spec(
        name=name,
        image=settings.image,
        n_workers=workers,
        resources={
            "requests": {"cpu": settings.cluster_cpu_request, "memory": str(memory)},
            "limits": {"cpu": "1", "memory": str(memory)},
        },
        worker_command=["dask", "worker", "--nthreads", "1", "--memory-limit", str(memory)],
        idle_timeout=int(settings.cluster_idle_seconds),
    )
    scheduler, worker = spec["spec"]["scheduler"]["spec"], spec["spec"]["worker"]["spec"]
    scheduler["containers"][0]["args"] = ["dask", "scheduler", "--host", "0.0.0.0"]  # noqa: S104 - within its pod
    for pod, own in ((scheduler, _SCHEDULER_ENVIRONMENT), (worker, _WORKER_ENVIRONMENT)):
        _bound(pod, _ENVIRONMENT | own)
    return spec


def _bound(pod: dict[str, Any], environment: dict[str, str]) -> None:
    """Take from a pod what it does not need."""
    pod["automountServiceAccountToken"] = False
    pod["enableServiceLinks"] = False
    pod["terminationGracePeriodSeconds"] = _END_SECONDS
    pod["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    pod["volumes"] = [{"name": "tmp", "emptyDir": {}}]
    container = pod["containers"][0]
    container["env"] = [{"name": name, "value": value} for name, value in environment.items()]
    container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


__all__ = ["kubernetes_spec"]
