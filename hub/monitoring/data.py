"""Figures of prices and of the store: how far they reach, what cleaning made of them, what they take up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from foliohub import calendars
from foliohub.data.sizes import WRITE_TIMES
from hub.monitoring.families import gauge, single

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from hub.monitoring.facts import Facts, Prices

_STATUSES = ("clean", "touched", "quarantined", "not listed", "left")


def data_metrics(facts: Facts, now: datetime) -> Iterator[Metric]:
    """Every figure of prices.

    Parameters
    ----------
    facts : Facts
    now : datetime
        UTC.
    """
    prices = facts.prices
    last = {(name,): told.session.tz_localize(UTC).timestamp() for name, told in prices.items()}
    behind = {(name,): float(_behind(told, now)) for name, told in prices.items()}
    yield gauge(
        "foliohub_data_last_session_timestamp_seconds", "Last session whose prices are stored.", ["universe"], last
    )
    yield gauge(
        "foliohub_data_sessions_behind",
        "Sessions that have closed since; 0 where the source has nothing later.", ["universe"], behind,
    )  # fmt: skip
    tickers: dict[tuple[str, str], float] = {}
    rows: dict[tuple[str, str], float] = {}
    for (kind, universe), frame in facts.tables.items():
        if kind == "quality_summary":
            counts = frame["status"].value_counts()
            tickers |= {(universe, status): float(counts.get(status, 0)) for status in _STATUSES}
        elif kind == "quality":
            rows |= {(universe, str(rule)): float(count) for rule, count in frame["rule"].value_counts().items()}
    yield gauge("foliohub_data_tickers", "Tickers by what cleaning made of them.", ["universe", "status"], tickers)
    yield gauge("foliohub_data_touched_rows", "Rows that a rule of cleaning touched.", ["universe", "rule"], rows)
    added = {
        (universe,): float(frame["rows_added"].sum())
        for (kind, universe), frame in facts.tables.items()
        if kind == "ingest"
    }
    yield gauge("foliohub_data_rows_added", "Rows that the last ingestion added.", ["universe"], added)
    yield gauge(
        "foliohub_data_proposals", "Proposals.", ["portfolio", "status"],
        {key: float(count) for key, count in facts.proposals.items()},
    )  # fmt: skip


def store_metrics(facts: Facts) -> Iterator[Metric]:
    """Every figure of the store, and of the volume that the state folder lies on."""
    read = facts.read_at.timestamp() if facts.read_at else 0.0
    yield single(
        "foliohub_store_up", "1 where the store could be read when it was last looked at.", float(not facts.fault)
    )
    yield single("foliohub_store_read_timestamp_seconds", "When these figures were read from the store.", read)
    yield gauge(
        "foliohub_store_bytes", "Bytes that is stored, compressed.", ["library"],
        {(name,): float(told.size) for name, told in facts.sizes.items()},
    )  # fmt: skip
    yield gauge(
        "foliohub_store_versions", "Versions kept, of everything in the library.", ["library"],
        {(name,): float(told.versions) for name, told in facts.sizes.items()},
    )  # fmt: skip
    yield gauge(
        "foliohub_volume_bytes", "Size of the volume.", ["volume"],
        {(name,): float(total) for name, (total, _) in facts.space.items()},
    )  # fmt: skip
    yield gauge(
        "foliohub_volume_free_bytes", "Bytes that are free on it.", ["volume"],
        {(name,): float(free) for name, (_, free) in facts.space.items()},
    )  # fmt: skip


def write_metrics() -> Iterator[Metric]:
    """How long this process's own writes to the store took."""
    from prometheus_client.core import SummaryMetricFamily

    family = SummaryMetricFamily(
        "foliohub_store_write_seconds", "Writes to the store, waits for others included.", labels=["kind"]
    )
    for kind, (count, seconds) in sorted(WRITE_TIMES.totals().items()):
        family.add_metric([kind], count_value=count, sum_value=seconds)
    yield family


def _behind(told: Prices, now: datetime) -> int:
    closed = calendars.last_closed_session(now, told.calendar)
    if told.ended or closed <= told.session:
        return 0
    return len(calendars.sessions(told.session, closed, told.calendar)) - 1


__all__ = ["data_metrics", "store_metrics", "write_metrics"]
