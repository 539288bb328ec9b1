"""Part of Dask's operator: clusters whose scheduler never came up, or came to stay away, are taken away.

The operator itself ends a cluster that its scheduler says is idle. Where there is no scheduler, because a quota was
full or an image missing when the notebook that asked for it died, nobody would. It is loaded beside the operator's own
handlers: ``kopf run --module=dask_kubernetes.operator.controller --module=hub.dask.forgotten``.
"""

from __future__ import annotations

import time
from typing import Any

import kopf
from kr8s.asyncio.objects import Pod, new_class

GRACE = 330.0
"""Seconds beyond a cluster's idle time; who asked for it waits for five minutes at most."""
_EVERY = 30.0

DaskCluster = new_class("DaskCluster", "kubernetes.dask.org/v1")


@kopf.timer("daskcluster.kubernetes.dask.org", id="forgotten", interval=_EVERY, initial_delay=_EVERY)
async def remove_forgotten(
    name: str, namespace: str | None, spec: kopf.Spec, memo: kopf.Memo, logger: kopf.Logger, **_: Any
) -> None:
    """Look whether a cluster has a scheduler; take the cluster away once it has had none for long.

    Parameters
    ----------
    name, namespace : str
        Of the cluster.
    spec : mapping
        Its "idleTimeout" is in seconds.
    memo : kopf.Memo
        Keeps between two looks since when there has been none.
    logger : kopf.Logger
    """
    labels = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    pods: Any = Pod.list(namespace=namespace, label_selector=labels)
    ready = [await pod.ready() async for pod in pods]
    if any(ready):
        memo.pop("alone_since", None)
        return
    alone = time.monotonic() - memo.setdefault("alone_since", time.monotonic())
    if alone > spec.get("idleTimeout", 0) + GRACE:
        logger.warning("the cluster %s has had no scheduler for %d s; it is taken away", name, alone)
        cluster = await DaskCluster.get(name, namespace=namespace)
        await cluster.delete()


__all__ = ["GRACE", "remove_forgotten"]
