"""Dask workers on demand: processes of this machine, or pods of a Kubernetes cluster, by a setting alone.

``with foliohub.cluster(workers=4) as client:`` starts them and ends them, however the block is left. Work goes there
through :func:`mapper`, which functions of the science take as an argument: they know nothing of clusters. What they
compute depends on what they are given, never on how many workers there are: each item is computed by one worker, on
one thread of linear algebra, from seeds that come with it, and answers come in the order of the items.

A worker that dies costs the items it had begun a retry; a third death over one item is the item's fault, and an error.
Workers of this machine end with the process that started them, even if that is killed; those on Kubernetes, and what a
forgotten notebook left open, end after a while without work.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from foliohub.config import Settings, load_settings
from foliohub.errors import ClusterError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client

    from foliohub.types import Mapper

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_START_SECONDS = 300
"""How long pods may take to come up: an image may have to be fetched first."""
_END_SECONDS = 5
"""How long the client looks for a scheduler that may have ended before it, for want of work."""
_DEATHS = 3
"""Workers that may die over one item before the item is given up."""


@contextmanager
def cluster(*, workers: int = 2, memory: str = "2GiB", settings: Settings | None = None) -> Iterator[Client]:
    """Dask workers for the length of a block, one thread each.

    Parameters
    ----------
    workers : int
        How many.
    memory : str
        Of each, as "2GiB"; a worker that takes more is ended and its work tried again.
    settings : Settings, optional
        Say whether workers are processes of this machine or pods; from the environment by default.

    Yields
    ------
    distributed.Client
        Its `dashboard_link` leads to Dask's own pages, through the hub where there is one; shown in a notebook.

    Raises
    ------
    InputError
        Fewer than one worker, or an amount of memory that is none.
    ClusterError
        The workers did not come up; says why.

    Examples
    --------
    >>> import foliohub
    >>> with foliohub.cluster(workers=1) as client:  # doctest: +SKIP
    ...     backtest.evaluate_forecasters(..., mapper=clusters.mapper(client))
    """
    import dask
    from dask.utils import parse_bytes
    from distributed import Client

    settings = settings or load_settings()
    if workers < 1:
        raise InputError(f"{workers} workers can do nothing.", remedy="Ask for at least 1.")
    try:
        size = parse_bytes(memory)
    except ValueError:
        raise InputError(f"{memory!r} is no amount of memory.", remedy="Write it as '2GiB'.") from None
    configured: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": _DEATHS - 1,
        "distributed.admin.large-graph-warning-threshold": "1GiB",  # prices and features of a universe are given whole
    }
    if settings.jupyter_prefix:
        place = "{host}:{port}" if settings.clusters == "kubernetes" else "{port}"
        configured["distributed.dashboard.link"] = f"{settings.jupyter_prefix}proxy/{place}/status"
    with dask.config.set(configured):
        try:
            if settings.clusters == "kubernetes":
                made = _on_kubernetes(settings, workers, size)
            else:
                made = _on_this_machine(settings, workers, size)
        except (OSError, RuntimeError, TimeoutError) as error:
            raise ClusterError(
                f"No cluster of {workers} workers came up on {settings.clusters}: {type(error).__name__}: {error}.",
                remedy="Ask for fewer workers or less memory, or look at `kubectl get pods` where it is Kubernetes.",
            ) from error
        try:
            client = Client(made)  # type: ignore[no-untyped-call]
            try:
                client.wait_for_workers(1, timeout=_START_SECONDS)
                _show(client.dashboard_link, settings)
                yield client
            finally:
                client.close(timeout=_END_SECONDS)  # type: ignore[no-untyped-call]
        finally:
            made.close()


def mapper(client: Client) -> Mapper:
    """What sends a function's items to the workers of a cluster, for functions that take a `mapper`.

    Parameters
    ----------
    client : distributed.Client
        From :func:`cluster`.

    Returns
    -------
    Mapper
        Its answers come in the order of the items, each as soon as it and all before it are there. Raises what the
        function raises, and :class:`~foliohub.errors.ClusterError` where workers die over an item again and again, or
        the cluster was closed meanwhile.
    """

    def run(function: Callable[..., Answer], items: Sequence[Item], *shared: Any) -> Iterator[Answer]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        if client.status != "running":
            raise ClusterError(
                "The cluster was closed, or has ended for want of work.",
                remedy="Open another; FOLIOHUB_CLUSTER_IDLE_SECONDS says how long one waits for work.",
            )
        # What all items share goes to each worker once, and as tasks of its own: what is merely scattered is lost for
        # good with the last worker that had it.
        given = [client.submit(_given, value, pure=False) for value in shared]
        repeated = ([value] * len(items) for value in given)
        waiting = client.map(_single_threaded, [function] * len(items), list(items), *repeated, pure=False)
        try:
            for number, future in enumerate(waiting):
                try:
                    yield future.result()
                except KilledWorker as error:
                    raise ClusterError(
                        f"{_DEATHS} workers died over item {number + 1} of {len(items)}: {error}",
                        remedy="It may need more memory than a worker has: ask for more of it, or for fewer workers.",
                    ) from None
                except CancelledError:
                    raise ClusterError(
                        f"The cluster was closed before item {number + 1} of {len(items)} was done.",
                        remedy="Keep the `with` block open until everything is read.",
                    ) from None
        finally:
            client.cancel([future for future in waiting if not future.done()])  # type: ignore[no-untyped-call]

    return run


def _given(value: Answer) -> Answer:
    return value


def _single_threaded(function: Callable[..., Answer], item: Any, *shared: Any) -> Answer:
    """One item, on one thread: sums of linear algebra depend on how many share them."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        return function(item, *shared)


def _on_this_machine(settings: Settings, workers: int, memory: int) -> Any:
    """Processes that end with this one: a worker whose parent is gone notices, and goes too."""
    from distributed import LocalCluster

    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=memory,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=True,  # keys of its own: other users of this machine can reach its ports, and must not command it
        scheduler_kwargs={"idle_timeout": f"{settings.cluster_idle_seconds}s"},
        silence_logs=logging.ERROR,
    )


def _on_kubernetes(settings: Settings, workers: int, memory: int) -> Any:
    """Pods of a namespace of their own, of this image, made by Dask's operator."""
    from uuid import uuid4

    from dask_kubernetes.operator import KubeCluster  # type: ignore[import-untyped]

    name = f"foliohub-{uuid4().hex[:8]}"
    return KubeCluster(
        namespace=settings.cluster_namespace or None,
        custom_cluster_spec=kubernetes_spec(settings, name, workers, memory),
        resource_timeout=_START_SECONDS,
        shutdown_on_close=True,
        quiet=True,
    )


def kubernetes_spec(settings: Settings, name: str, workers: int, memory: int) -> dict[str, Any]:
    """The DaskCluster resource for a number of workers.

    Parameters
    ----------
    settings : Settings
        Name the image and how long a cluster may idle.
    name : str
    workers : int
    memory : int
        Bytes of each worker.

    Notes
    -----
    Dask 2026.8 has no programs ``dask-scheduler`` and ``dask-worker`` any more, which dask-kubernetes still starts:
    both commands are given here. Pods keep to Kubernetes' *restricted* security standard.
    """
    from dask_kubernetes.operator import make_cluster_spec

    amounts = {"cpu": "1", "memory": str(memory)}
    spec: dict[str, Any] = make_cluster_spec(
        name=name,
        image=settings.image,
        n_workers=workers,
        resources={"requests": amounts, "limits": amounts},
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        worker_command=["dask", "worker", "--nthreads", "1", "--memory-limit", str(memory)],
        idle_timeout=int(settings.cluster_idle_seconds),
    )
    pods = [spec["spec"]["scheduler"]["spec"], spec["spec"]["worker"]["spec"]]
    pods[0]["containers"][0]["args"] = ["dask", "scheduler", "--host", "0.0.0.0"]  # noqa: S104 - within its pod
    for pod in pods:
        pod["automountServiceAccountToken"] = False
        pod["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        pod["containers"][0]["securityContext"] = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    return spec


def _show(link: str, settings: Settings) -> None:
    """Tell where Dask's pages are; in a notebook that somebody works in, as a link to click."""
    logger.info("Dask's pages: %s", link)
    if settings.run_id is None and (interactive := sys.modules.get("IPython")) and interactive.get_ipython():
        from IPython.display import HTML, display

        show: Any = display
        show(HTML(f'Dask: <a href="{link}" target="_blank" rel="noopener">what the workers do</a>'))  # type: ignore[no-untyped-call]


__all__ = ["cluster", "kubernetes_spec", "mapper"]
