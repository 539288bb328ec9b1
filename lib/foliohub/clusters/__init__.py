"""Dask workers on demand: processes of this machine, or pods of a Kubernetes cluster, by a setting alone.

``with foliohub.cluster(workers=4) as client:`` starts them and ends them, however the block is left. Work goes there
through :func:`mapper`, which functions of the science take as an argument: they know nothing of clusters. What they
compute depends on what they are given, never on how many workers there are: each item is computed by one worker, on
one thread of linear algebra, from seeds that come with it, and answers come in the order of the items.

A worker that dies costs the items it had begun a retry; a third death over one item is the item's fault, and an error.
Workers of this machine end with the process that started them, even if that is killed; those on Kubernetes, and what a
forgotten notebook left open, end after a while without work.
"""

from foliohub.clusters.mapping import mapper
from foliohub.clusters.opening import cluster
from foliohub.clusters.resource import kubernetes_spec

__all__ = ["cluster", "kubernetes_spec", "mapper"]
