"""Opening a cluster for the length of a block: processes of this machine, or pods."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from foliohub.clusters.mapping import DEATHS
from foliohub.config import Settings, load_settings
from foliohub.errors import ClusterError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from distributed import Client

logger = logging.getLogger(__name__)

_START_SECONDS = 300
"""How long workers may take to come up: a node may have to be added, and an image fetched."""
_END_SECONDS = 5
"""How long the client looks for a scheduler that may have ended before it, for want of work."""


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
        "distributed.scheduler.allowed-failures": DEATHS - 1,
        # Its keeper starts a worker that died again. By default one that is not there 15 s after is given up for good,
        # even if it was back meanwhile and died once more; without the last of them work would wait for ever.
        "distributed.deploy.lost-worker-timeout": "1 day",
        "distributed.admin.large-graph-warning-threshold": "1GiB",  # prices and features of a universe are given whole
    }
    if settings.jupyter_prefix:
        place = "{host}:{port}" if settings.clusters == "kubernetes" else "{port}"
        configured["distributed.dashboard.link"] = f"{settings.jupyter_prefix}proxy/{place}/status"
    with dask.config.set(configured):
        try:
            made: Any
            if settings.clusters == "kubernetes":
                from foliohub.clusters.pods import Pods

                made = Pods(settings, workers, size, timeout=_START_SECONDS)
            else:
                made = _on_this_machine(settings, workers, size)
        except (OSError, RuntimeError, TimeoutError) as error:
            raise ClusterError(
                f"No cluster of {workers} workers came up on {settings.clusters}: {type(error).__name__}: {error}.",
                remedy="Ask for fewer workers or less memory, or look at `kubectl get pods` where it is Kubernetes.",
            ) from error
        try:
            client = made.client() if settings.clusters == "kubernetes" else Client(made)  # type: ignore[no-untyped-call]
            try:
                client.wait_for_workers(1, timeout=_START_SECONDS)
                _show(client.dashboard_link, settings)
                yield client
            finally:
                client.close(timeout=_END_SECONDS)
        finally:
            made.close()


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


def _show(link: str, settings: Settings) -> None:
    """Tell where Dask's pages are; in a notebook that somebody works in, as a link to click."""
    logger.info("Dask's pages: %s", link)
    if settings.run_id is None and (interactive := sys.modules.get("IPython")) and interactive.get_ipython():
        from IPython.display import HTML, display

        show: Any = display
        show(HTML(f'Dask: <a href="{link}" target="_blank" rel="noopener">what the workers do</a>'))  # type: ignore[no-untyped-call]


__all__ = ["cluster"]
