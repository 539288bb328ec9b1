"""What the service tells of itself, for Prometheus: ages, connections, what was refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.quotes.telemetry import QuotesTelemetry


def test_quotes_connections_and_refusals_are_told(world, yahoo, message) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url) as service:
            told = QuotesTelemetry(service, world.clock).registry.get_sample_value
            assert told("foliohub_quotes_known") == 0
            await world.until(lambda: server.subscriptions)
            made = world.clock() - timedelta(seconds=30)
            await server.send("garbage", message("KO", 50.25, made))
            await world.until(lambda: told("foliohub_quotes_known") == 1)
            assert told("foliohub_quotes_followed") == 3
            assert told("foliohub_quotes_state", {"state": "live"}) == 1
            assert told("foliohub_quotes_market_open") == 1
            assert 30 <= told("foliohub_quotes_age_seconds") < 60
            assert abs(told("foliohub_quotes_last_quote_timestamp_seconds") - made.timestamp()) < 0.01
            assert told("foliohub_quotes_refused_messages_total") == 1
            server.drop()
            await world.until(lambda: told("foliohub_quotes_connections_total") == 2)
            assert told("foliohub_quotes_connection_failures_total") == 1

    asyncio.run(run())
