"""``python -m hub.dask.clear NAMESPACE``: take all Dask clusters away, before their operator goes.

The operator has a say in the end of each cluster: without it none could be removed, nor their namespace.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import kr8s

_PATIENCE = 60.0
_POLL = 1.0
_KIND = "daskclusters.kubernetes.dask.org"


def clear(namespace: str, *, patience: float = _PATIENCE, poll: float = _POLL) -> int:
    """Take all clusters of a namespace away; how many are left after a while.

    Parameters
    ----------
    namespace : str
    patience : float
        Seconds to wait for them to go.
    poll : float
        Seconds between two looks.
    """
    until = time.monotonic() + patience
    while left := list(kr8s.get(_KIND, namespace=namespace)):
        for cluster in left:
            if "deletionTimestamp" not in cluster.raw["metadata"]:
                cluster.delete()
        if time.monotonic() > until:
            break
        time.sleep(poll)
    return len(left)


def main(arguments: Sequence[str] | None = None) -> int:
    """Clear a namespace; never fails, so that nothing keeps an installation from being removed."""
    parser = argparse.ArgumentParser(prog="python -m hub.dask.clear", description=main.__doc__)
    parser.add_argument("namespace", metavar="NAMESPACE")
    try:
        left = clear(parser.parse_args(arguments).namespace)
    except (kr8s.ServerError, kr8s.APITimeoutError, OSError, ValueError) as error:
        sys.stderr.write(f"Dask's clusters could not be taken away: {error}\n")
    else:
        sys.stderr.write(f"{left} of Dask's clusters are left\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
