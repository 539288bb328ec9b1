"""What the quotes service tells of itself: how old its quotes are, and how the connection to the vendor holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from foliohub.quotes import FeedState, session_at, trading_seconds

if TYPE_CHECKING:
    from hub.quotes.service import Service


class QuotesTelemetry:
    """Figures of one service.

    Parameters
    ----------
    service : Service
    now : callable
        Returns the present moment, aware of its time zone.
    """

    def __init__(self, service: Service, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Feed(service, now))
        ProcessCollector(registry=self.registry)


class _Feed(Collector):
    def __init__(self, service: Service, now: Callable[[], datetime]) -> None:
        self._service = service
        self._now = now

    def describe(self) -> list[Metric]:
        """Nothing: the state is known only once somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, as it is now."""
        service, now = self._service, self._now()
        quotes = service.board.quotes
        following = service.following
        state = GaugeMetricFamily("foliohub_quotes_state", "1 for the state that the feed is in.", labels=["state"])
        for one in FeedState:
            state.add_metric([one.value], float(one is service.board.state))
        yield state
        yield GaugeMetricFamily(
            "foliohub_quotes_followed", "Tickers that are followed.", value=float(len(following.members))
        )
        yield GaugeMetricFamily("foliohub_quotes_known", "Tickers with a quote.", value=float(len(quotes)))
        last = max((quote.time for quote in quotes.values()), default=None)
        yield GaugeMetricFamily(
            "foliohub_quotes_last_quote_timestamp_seconds",
            "Time of the newest quote; 0 without one.",
            value=last.timestamp() if last else 0.0,
        )
        calendar = next(iter(following.calendars), None)
        age = trading_seconds(last, now, calendar) if last and calendar else 0.0
        yield GaugeMetricFamily("foliohub_quotes_age_seconds", "Its age, in seconds of trading.", value=age)
        is_open = any(session_at(now, one) is not None for one in following.calendars)
        yield GaugeMetricFamily("foliohub_quotes_market_open", "1 while an exchange is open.", value=float(is_open))
        connection = service.connection
        yield CounterMetricFamily("foliohub_quotes_connections", "Streams opened.", value=float(connection.opened))
        yield CounterMetricFamily(
            "foliohub_quotes_connection_failures", "Streams that broke or could not be opened.",
            value=float(connection.broken),
        )  # fmt: skip
        yield CounterMetricFamily(
            "foliohub_quotes_refused_messages", "Messages that could not be read.", value=float(connection.refused)
        )


__all__ = ["QuotesTelemetry"]
