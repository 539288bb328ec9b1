"""A cluster of pods, made by Dask's operator: asked for, waited for with open eyes, and taken away."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from foliohub.clusters.complaints import Complaint, complaint_of, refusal
from foliohub.clusters.resource import kubernetes_spec
from foliohub.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client

    from foliohub.config import Settings

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_OPERATOR_SECONDS = 45.0
"""How long the operator may take to notice a cluster."""
_REACH_SECONDS = 30.0
_END_SECONDS = 20.0
_PORT = 8786
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""By which a pod asks Kubernetes."""


class Pods:
    """A scheduler and workers as pods, of a namespace of their own and of this image.

    Parameters
    ----------
    settings : Settings
    workers : int
    memory : int
        Bytes of each.
    timeout : float
        Seconds they may take to come up.

    Raises
    ------
    ClusterError
        They did not; says which quota is full, or what else Kubernetes says of it. Nothing is left then.
    """

    def __init__(self, settings: Settings, workers: int, memory: int, *, timeout: float) -> None:
        import kr8s
        from kr8s.objects import new_class

        self._settings = settings
        self._workers = workers
        self._timeout = timeout
        self.name = f"foliohub-{uuid4().hex[:8]}"
        try:
            self.namespace = settings.cluster_namespace or str(kr8s.api().namespace)
            made = new_class("DaskCluster", "kubernetes.dask.org/v1", asyncio=False)
            spec = kubernetes_spec(settings, self.name, workers, memory)
            spec["metadata"]["namespace"] = self.namespace
            self._resource: Any = made(spec, namespace=self.namespace)
            self._resource.create()
        except (kr8s.ServerError, kr8s.APITimeoutError, ValueError, OSError) as error:
            raise self._refused(error) from None
        self._began = time.monotonic()
        self._cluster: Any = None
        try:
            self._wait()
            self._connect()
        except BaseException:
            self.close(wait=False)  # whoever reads why it failed need not wait for the end of it
            raise

    def client(self) -> Client:
        """A client of it, once a worker is there."""
        from distributed import Client

        client = Client(self._cluster)  # type: ignore[no-untyped-call]
        try:
            self._wait_for_worker(client)
        except BaseException:
            client.close(timeout=_END_SECONDS)  # type: ignore[no-untyped-call]
            raise
        return client

    def close(self, *, wait: bool = True) -> None:
        """Take everything away, and wait until it is gone; it goes by itself later, should that be impossible now."""
        import kr8s

        try:
            if self._cluster is not None:
                self._cluster.close()
            self._resource.delete()
            until = time.monotonic() + _END_SECONDS
            while wait and self._resource.exists() and time.monotonic() < until:
                time.sleep(_POLL_SECONDS)
        except kr8s.NotFoundError:  # ended before, for want of work
            return
        except (kr8s.ServerError, kr8s.APITimeoutError, OSError, TimeoutError) as error:
            logger.warning("the cluster %s could not be taken away, and ends by itself: %s", self.name, error)

    def _wait(self) -> None:
        """Wait until the scheduler answers and a pod of each worker is there, or somebody says why not."""
        while True:
            waited = time.monotonic() - self._began
            deployments, pods = self._parts("deployments"), self._parts("pods")
            complaint = complaint_of(deployments, pods, waited)
            if complaint and complaint.final:
                raise self._failed(complaint)
            kinds = [pod["metadata"]["labels"].get("dask.org/component") for pod in pods]
            if kinds.count("worker") >= self._workers and any(map(_is_ready_scheduler, pods)):
                return
            if not deployments and waited > _OPERATOR_SECONDS:
                raise ClusterError(
                    f"Nobody made the cluster {self.name} in {_OPERATOR_SECONDS:g} s: Dask's operator is not at work.",
                    remedy="Ask whoever runs the platform to look at its Deployment `operator`.",
                )
            if waited > self._timeout:
                raise self._failed(complaint)
            time.sleep(_POLL_SECONDS)

    def _wait_for_worker(self, client: Client) -> None:
        while not client.scheduler_info()["workers"]:
            waited = time.monotonic() - self._began
            complaint = complaint_of(self._parts("deployments"), self._parts("pods"), waited)
            if (complaint and complaint.final) or waited > self._timeout:
                raise self._failed(complaint)
            time.sleep(_POLL_SECONDS)

    def _connect(self) -> None:
        from dask_kubernetes.operator import KubeCluster  # type: ignore[import-untyped]

        if _ACCOUNT.exists():  # outside the cluster a port is forwarded
            self._reach(f"{self.name}-scheduler.{self.namespace}")
        self._cluster = KubeCluster.from_name(self.name, namespace=self.namespace, shutdown_on_close=False, quiet=True)

    def _reach(self, host: str) -> None:
        """Be sure of the way to the scheduler: KubeCluster would look for it for ever."""
        until = time.monotonic() + _REACH_SECONDS
        while True:
            try:
                socket.create_connection((host, _PORT), timeout=2.0).close()
            except OSError as error:
                if time.monotonic() > until:
                    raise ClusterError(
                        f"The scheduler {host}:{_PORT} is up and cannot be reached: {error}.",
                        remedy="Ask whoever runs the platform: a network policy may forbid it.",
                    ) from None
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _parts(self, kind: str) -> list[dict[str, Any]]:
        import kr8s

        try:
            found = kr8s.get(kind, namespace=self.namespace, label_selector={"dask.org/cluster-name": self.name})
            return [part.raw for part in found]
        except (kr8s.ServerError, kr8s.APITimeoutError) as error:
            raise self._refused(error) from None

    def _failed(self, complaint: Complaint | None) -> ClusterError:
        asked = f"No cluster of {self._workers} workers came up in {self.namespace}"
        if complaint is None:
            return ClusterError(
                f"{asked} within {self._timeout:g} s, and nothing says why.",
                remedy=f"Look at `kubectl get pods --namespace {self.namespace}`.",
            )
        return ClusterError(f"{asked}. {complaint.sentence.rstrip('.')}.", remedy=complaint.remedy)

    def _refused(self, error: Exception) -> ClusterError:
        response = getattr(error, "response", None)
        if response is not None and response.status_code == 404:
            return ClusterError(
                "This Kubernetes knows no Dask clusters.",
                remedy="Ask whoever runs the platform to install its resources with the chart.",
            )
        if response is None:
            return ClusterError(
                f"Kubernetes cannot be asked for a cluster: {type(error).__name__}: {error}.",
                remedy="Set FOLIOHUB_CLUSTERS=local to start the workers on this machine.",
            )
        return self._failed(refusal(str(error)))


def _is_ready_scheduler(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    is_ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return is_ready and pod["metadata"]["labels"].get("dask.org/component") == "scheduler"


__all__ = ["Pods"]
