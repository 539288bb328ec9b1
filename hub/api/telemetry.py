"""Numbers about the platform for Prometheus: what was asked here, and what the store says of runs and data."""

from __future__ import annotations

import json
from collections import Counter as Count
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from foliohub.errors import FoliohubError, NotStoredError
from foliohub.runs.records import Status

if TYPE_CHECKING:
    from hub.api.context import Context

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    """Counts of one application.

    Parameters
    ----------
    at : Context
    """

    def __init__(self, at: Context) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "foliohub_api_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "foliohub_api_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(_Platform(at))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class _Platform(Collector):
    """Reads the store when asked; the catalogue must have been refreshed."""

    def __init__(self, at: Context) -> None:
        self._at = at

    def describe(self) -> list[Metric]:
        """Nothing: names are known only once there is something to read."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, as it is now."""
        yield from self._runs()
        yield self._sessions()
        yield self._proposals()
        yield from self._services()
        yield self._store()

    def _runs(self) -> Iterator[Metric]:
        records = self._at.catalogue.runs
        counts = Count((record.job, record.status.value) for record in records)
        runs = GaugeMetricFamily("foliohub_runs", "Run records kept.", labels=["job", "status"])
        for labels, number in sorted(counts.items()):
            runs.add_metric(list(labels), number)
        ended = GaugeMetricFamily(
            "foliohub_run_last_success_timestamp_seconds", "When a job last succeeded.", labels=["job"]
        )
        took = GaugeMetricFamily("foliohub_run_last_success_seconds", "How long that took.", labels=["job"])
        last = {record.job: record for record in records if record.status is Status.SUCCEEDED}
        for job, record in sorted(last.items()):
            if record.ended_at is not None and record.seconds is not None:
                ended.add_metric([job], record.ended_at.timestamp())
                took.add_metric([job], record.seconds)
        yield from (runs, ended, took)

    def _sessions(self) -> Metric:
        metric = GaugeMetricFamily(
            "foliohub_data_last_session_timestamp_seconds", "Last session whose prices are stored.", labels=["universe"]
        )
        for universe in self._at.universes:
            try:
                version = self._at.store.latest(f"raw/{universe}")
            except NotStoredError:
                continue
            if version.as_of is not None:
                metric.add_metric([universe], version.as_of.tz_localize("UTC").timestamp())
        return metric

    def _proposals(self) -> Metric:
        metric = GaugeMetricFamily("foliohub_proposals", "Proposals.", labels=["portfolio", "status"])
        for name in self._at.portfolios:
            try:
                found = self._at.ledger(name).proposals()
            except FoliohubError:  # a broken ledger must not take the other figures with it
                continue
            for status, number in sorted(Count(proposal.status for proposal in found).items()):
                metric.add_metric([name, status], number)
        return metric

    def _services(self) -> Iterator[Metric]:
        metric = GaugeMetricFamily(
            "foliohub_service_report_age_seconds", "Since a service last said how it is.", labels=["service", "state"]
        )
        for file in sorted((self._at.settings.home / "services").glob("*.json")):
            try:
                report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
                age = (datetime.now(UTC) - datetime.fromisoformat(report["at"])).total_seconds()
            except (OSError, ValueError, KeyError, TypeError):
                continue
            metric.add_metric([file.stem, str(report.get("state", ""))], age)
        yield metric

    def _store(self) -> Metric:
        folder = self._at.settings.home / "store"
        size = sum(file.stat().st_size for file in folder.rglob("*.mdb")) if folder.is_dir() else 0
        metric = GaugeMetricFamily("foliohub_store_bytes", "Size of the local store's files.")
        metric.add_metric([], size)
        return metric
