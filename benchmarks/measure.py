"""One figure of the benchmark table, how seconds are taken, and on how many cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A promise and what was measured.

    Attributes
    ----------
    name : str
        What was measured.
    seconds : float
        Ours; best of several. Where `unit` says so, another figure, of which less is better.
    promised : float
        Largest number of seconds, or where there is a peer, smallest ratio of the peer's seconds to ours.
    peer : str
        Named with its version; empty where the promise is one of seconds.
    peer_seconds : float or None
    remark : str
        What a reader must know: agreement of the results, sizes.
    unit : str
        Of the figure where it is not seconds; empty for a ratio or a share.
    """

    name: str
    seconds: float
    promised: float
    peer: str = ""
    peer_seconds: float | None = None
    remark: str = ""
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer; None without one."""
        return None if self.peer_seconds is None else self.peer_seconds / self.seconds

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.seconds <= self.promised if self.ratio is None else self.ratio >= self.promised

    def row(self) -> tuple[str, str, str, str, str, str]:
        """The figure as texts for a table."""
        if self.ratio is None:
            figure, promised = f"{self.seconds:.3f} {self.unit}".strip(), f"≤ {self.promised:g} {self.unit}".strip()
            return self.name, figure, "", "", "", promised
        return (
            self.name,
            f"{self.seconds:.3f} s",
            self.peer,
            f"{self.peer_seconds:.3f} s",
            f"{self.ratio:.1f} ×",
            f"≥ {self.promised:g} ×",
        )


def best_seconds(function: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several runs: what is left when nothing else disturbs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


@contextmanager
def one_core() -> Iterator[None]:
    """Bind this thread, and all it starts, to one core, and the libraries of linear algebra to one thread.

    Where the system binds nobody to a core (it is Linux that does), to one thread alone.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        if not hasattr(os, "sched_setaffinity"):
            yield
            return
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(allowed)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, allowed)
