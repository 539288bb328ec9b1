"""Work for a cluster: a function over items, answered in their order, with the bits it has on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from foliohub.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client

    from foliohub.types import Mapper

Item = TypeVar("Item")
Answer = TypeVar("Answer")

DEATHS = 3
"""Workers that may die over one item before the item is given up."""


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
                        f"{DEATHS} workers died over item {number + 1} of {len(items)}: {error}",
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


__all__ = ["DEATHS", "mapper"]
