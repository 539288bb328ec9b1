"""What the scheduler tells of itself and, as the one process that always runs, of jobs, data, models and the store."""

from __future__ import annotations

import time
from collections import Counter as Count
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.registry import Collector

from foliohub.schedule.request import State
from hub.monitoring.data import data_metrics, store_metrics, write_metrics
from hub.monitoring.facts import FactFinder
from hub.monitoring.families import gauge, single
from hub.monitoring.jobs import job_metrics
from hub.monitoring.models import model_metrics

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from foliohub.config import Settings
    from foliohub.schedule import Request

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
STALLED_AFTER = 120.0
"""Seconds without a finished round after which the scheduler is as good as dead: rounds are a second apart."""


class SchedulerTelemetry:
    """Figures of one scheduler.

    Parameters
    ----------
    settings : Settings
    clock : callable
        Gives the time, UTC.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.registry = CollectorRegistry()
        self.facts = FactFinder(settings, clock)
        self._rounded_at: float | None = None
        self._last = Gauge(
            "foliohub_scheduler_last_tick_timestamp_seconds",
            "When a round of the scheduler last ended well.",
            registry=self.registry,
        )
        self._seconds = Histogram(
            "foliohub_scheduler_tick_seconds", "Seconds of a round.", buckets=_BUCKETS, registry=self.registry
        )
        self._failed = Counter(
            "foliohub_scheduler_tick_failures", "Rounds that could not use the store or a job's file.",
            registry=self.registry,
        )  # fmt: skip
        self._running = Gauge(
            "foliohub_scheduler_running", "1 while a run of the job is under way.", ["job_name"], registry=self.registry
        )
        self.registry.register(_Platform(self.facts, clock))
        ProcessCollector(registry=self.registry)

    @contextmanager
    def round(self) -> Iterator[None]:
        """Count one round; an error counts as a failure, and goes on."""
        began = time.perf_counter()
        self._rounded_at = time.monotonic()
        try:
            yield
        except Exception:
            self._failed.inc()
            raise
        else:
            self._last.set_to_current_time()
        finally:
            self._seconds.observe(time.perf_counter() - began)
            self._rounded_at = time.monotonic()

    def running(self, request: Request | None) -> None:
        """Tell what is under way."""
        self._running.clear()
        if request is not None:
            self._running.labels(request.job).set(1)

    def stalled(self) -> str:
        """What is wrong, where no round has ended for long: for whoever ends and starts the process again."""
        if self._rounded_at is None:  # another one is at work, and this waits for it to go
            return ""
        since = time.monotonic() - self._rounded_at
        return f"No round of the scheduler has ended for {since:.0f} seconds." if since > STALLED_AFTER else ""


class _Platform(Collector):
    """What the fact finder read last; reads nothing itself."""

    def __init__(self, finder: FactFinder, clock: Callable[[], datetime]) -> None:
        self._finder = finder
        self._clock = clock
        self._since = clock()

    def describe(self) -> list[Metric]:
        """Nothing: what there is to tell depends on the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, as last read."""
        facts, now = self._finder.facts, self._clock()
        counts = Count(request.state.value for request in facts.requests)
        yield gauge(
            "foliohub_scheduler_requests", "Requests kept, by state.", ["state"],
            {(state.value,): float(counts[state.value]) for state in State},
        )  # fmt: skip
        waiting = [request.due_at for request in facts.requests if request.state in (State.WAITING, State.RETRYING)]
        oldest = max((now - min(waiting)).total_seconds(), 0.0) if waiting else 0.0
        yield single("foliohub_scheduler_longest_wait_seconds", "How long the oldest open request has waited.", oldest)
        yield from job_metrics(facts, now, self._since)
        yield from data_metrics(facts, now)
        yield from model_metrics(facts)
        yield from store_metrics(facts)
        yield from write_metrics()


__all__ = ["STALLED_AFTER", "SchedulerTelemetry"]
