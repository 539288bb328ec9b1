"""Rate limits: a bucket of requests for everybody, which fills at a steady rate."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000
"""Buckets kept; who has not asked for longest is forgotten, which gives them a full one."""


class RateLimit:
    """Token buckets by name.

    Parameters
    ----------
    rate : float
        Requests a second, for long.
    burst : float
        Requests at once.
    clock : callable
        Seconds.

    Examples
    --------
    >>> now = [0.0]
    >>> limit = RateLimit(rate=2, burst=2, clock=lambda: now[0])
    >>> limit.take("ada"), limit.take("ada"), limit.take("ada"), limit.take("bob")
    (0.0, 0.0, 0.5, 0.0)
    >>> now[0] = 0.5
    >>> limit.take("ada")
    0.0
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Seconds to wait before the next request; 0 where this one may go on, which uses up one."""
        now = self._clock()
        left, since = self._buckets.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[name] = (left if wait else left - 1, now)
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return wait


def retry_after(wait: float) -> str:
    """A wait in whole seconds, as the header wants it; at least one."""
    return str(max(1, math.ceil(wait)))
