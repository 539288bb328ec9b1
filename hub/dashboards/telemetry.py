"""What the dashboards tell of themselves: pages drawn and waited for, kernels, seats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

Outcome = Literal["drawn", "failed", "full", "crowded", "abandoned"]
_OUTCOMES: tuple[Outcome, ...] = ("drawn", "failed", "full", "crowded", "abandoned")
_BUCKETS = (0.1, 0.25, 0.5, 1, 1.5, 2.5, 4, 6, 10, 20, 40, 80)


@dataclass
class Told:
    """What became of one page; "failed" until somebody says otherwise."""

    outcome: Outcome = "failed"


class DashboardTelemetry:
    """Figures of one process.

    Parameters
    ----------
    names : tuple of str
        Of the dashboards: each is told from the start, so that a first failure counts as a rise.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.registry = CollectorRegistry()
        self._pages = Counter(
            "foliohub_dashboards_pages", "Pages asked for, by what came of them.", ["page", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "foliohub_dashboards_page_seconds", "Seconds from asking for a page to its last part.", ["page"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self._wait = Histogram(
            "foliohub_dashboards_wait_seconds", "Seconds that a viewer waited for a turn.", buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        for name in names:
            self._seconds.labels(name)
            for outcome in _OUTCOMES:
                self._pages.labels(name, outcome)
        ProcessCollector(registry=self.registry)

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Tell a figure that is read when somebody asks; `name` without ``foliohub_dashboards_``."""
        Gauge(f"foliohub_dashboards_{name}", meaning, registry=self.registry).set_function(read)

    @contextmanager
    def page(self, name: str) -> Iterator[Told]:
        """Count a page and, where it was drawn, time it; who draws says what came of it."""
        began, told = time.perf_counter(), Told()
        try:
            yield told
        finally:
            self._pages.labels(name, told.outcome).inc()
            if told.outcome == "drawn":
                self._seconds.labels(name).observe(time.perf_counter() - began)

    def waited(self, seconds: float) -> None:
        """Tell how long a viewer waited for a turn."""
        self._wait.observe(seconds)


__all__ = ["DashboardTelemetry", "Outcome", "Told"]
