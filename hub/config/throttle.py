"""Guessing passwords made slow: after a few failures, every next try has to wait longer."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Failures:
    count: float = 0.0
    last: float = 0.0


class Throttle:
    """Waiting times after failures, per key (a name, an address).

    Parameters
    ----------
    free : int
        Failures that cost no waiting.
    longest : float
        Seconds a wait lasts at most: an attacker may delay, but never lock out, whoever the name belongs to.
    forget : float
        Seconds after which one failure is forgotten.
    clock : callable, optional
        Seconds, never going back.

    Notes
    -----
    The wait doubles with each failure, from one second. At `longest` = 30 s a name is tried 2,900 times a day.
    """

    def __init__(
        self, free: int, *, longest: float = 30.0, forget: float = 300.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free, self._longest, self._forget, self._clock = free, longest, forget, clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._capacity = 10_000  # names are the attacker's choice; the memory is ours

    def wait(self, key: str) -> float:
        """Seconds until the next try is allowed; 0 when it is."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        over = self._left(failures) - self._free
        if over < 0:
            return 0.0
        return max(0.0, failures.last + min(self._longest, math.exp2(min(over, 30.0))) - self._clock())

    def failed(self, key: str) -> None:
        """Note a failure."""
        failures = self._failures.setdefault(key, _Failures())
        failures.count = self._left(failures) + 1
        failures.last = self._clock()
        self._failures.move_to_end(key)
        while len(self._failures) > self._capacity:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget a key's failures."""
        self._failures.pop(key, None)

    def _left(self, failures: _Failures) -> float:
        return max(0.0, failures.count - (self._clock() - failures.last) / self._forget)
