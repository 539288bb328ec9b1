"""Quotes come through whatever the vendor and the network do; and what they do is said."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from foliohub.quotes import FeedState

GARBAGE = [
    "",
    "{",
    "[]",
    "null",
    "42",
    '"text"',
    "{}",
    '{"message": null}',
    '{"message": 7}',
    '{"message": "not base64 at all"}',
    '{"message": "' + "QUJD" * 5000 + '"}',
    '{"type": "pricing", "message": "////////"}',
    "\u0000\uffff",
    "x" * 200_000,
    b"\x00\x01\x02\xff\xfe",
    "[" * 100_000,
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_quotes_come_and_the_feed_is_live(world, yahoo, message) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            now = world.clock()
            await server.send(message("KO", 50.25, now), message("PG", 101.5, now, day_volume=77))
            await world.until(lambda: len(world.last.read()) == 2)
            assert server.subscriptions[0] == ["GE", "KO", "PG"]
            quotes, feed = world.last.read(), world.last.feed
            assert (quotes["KO"].price, quotes["PG"].day_volume) == (50.25, 77)
            assert quotes["KO"].change == pytest.approx(0.01, abs=1e-6)
            assert abs(quotes["KO"].time - now) < timedelta(milliseconds=2)
            assert quotes["KO"].currency == "USD"
            assert (feed.state, feed.universes) == (FeedState.LIVE, ("around",))
            status = json.loads((world.home / "services" / "quotes.json").read_text())
            assert set(status) == {"state", "detail", "at"}
            assert status["state"] == "live"
        assert world.last.state is FeedState.STOPPED
        assert len(world.last.read()) == 2

    asyncio.run(run())


@pytest.mark.parametrize("how", ["drop", "hang_up"])
def test_after_a_drop_it_connects_and_subscribes_again(world, yahoo, message, how) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url):
            for number in range(1, 5):
                await world.until(lambda n=number: len(server.subscriptions) >= n)
                await server.send(message("KO", 50.0 + number, world.clock()))
                await world.until(lambda n=number: "KO" in (q := world.last.read()) and q["KO"].price == 50 + n)
                if (done := getattr(server, how)()) is not None:
                    await done
            assert server.made >= 4
            assert server.subscriptions[-1] == ["GE", "KO", "PG"]

    asyncio.run(run())


def test_garbage_is_refused_and_the_connection_stays(world, yahoo, message, caplog) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url) as service:
            await world.until(lambda: server.subscriptions)
            now = world.clock()
            impossible = [
                message("KO", 0.0, now),
                message("KO", -5.0, now),
                message("KO", float("nan"), now),
                message("KO", float("inf"), now),
                message("MSFT", 400.0, now),
                message("", 1.0, now),
                message("KO", 66.0, now + timedelta(days=2)),
                message("KO", 66.0, datetime(1971, 1, 1, tzinfo=UTC)),
                message("KO", 66.0, now, market_hours=9),
                message("KO", 66.0, now, time=2**62),
                message("KO", 66.0, now, change=float("nan")),
            ]
            await server.send(*GARBAGE, *impossible, message("KO", 50.0, now))
            await world.until(lambda: "KO" in world.last.read())
            assert world.last.read()["KO"].price == 50.0
            assert server.made == 1
            assert service.connection.refused == len(GARBAGE) + len(impossible)

    with caplog.at_level(logging.INFO):
        asyncio.run(run())
    assert len([record for record in caplog.records if not record.name.startswith("websockets")]) < 15


def test_random_bytes_never_end_the_connection(world, yahoo, message) -> None:
    chance = random.Random(7)
    whole = message("KO", 50.0, datetime.now(UTC))

    def spoilt() -> str:
        text = list(whole)
        for _ in range(chance.randint(1, 8)):
            text[chance.randrange(len(text))] = chr(chance.randrange(32, 127))
        return "".join(text)

    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            await server.send(*(spoilt() for _ in range(3000)))
            await server.send(message("PG", 123.0, world.clock()))
            await world.until(lambda: "PG" in world.last.read())
            assert server.made == 1

    asyncio.run(run())


@pytest.mark.slow
def test_a_flood_is_drunk_in_bounded_memory_and_the_beat_goes_on(world, yahoo, message) -> None:
    process = psutil.Process()

    async def run():
        async with yahoo() as server, world.serving(server.url) as service:
            await world.until(lambda: server.subscriptions)
            flood = [message("KO", 50 + n % 100 / 100, world.clock(), day_volume=n) for n in range(1000)] + ["{garbage"]
            await server.send(*flood)
            await world.until(lambda: "KO" in world.last.read())
            reports, before, began = set(), process.memory_info().rss, time.monotonic()
            for _ in range(40):
                await server.send(*flood)
                reports.add(world.told.at)
            await server.send(message("GE", 7.5, world.clock()))
            await world.until(lambda: "GE" in world.last.read(), 30)
            took = time.monotonic() - began
            assert process.memory_info().rss - before < 25e6  # 40,000 quotes kept would be twice that
            assert len(reports) >= min(10, took / 0.5)
            assert len(world.last.read()) == 2
            assert len(service.recorder) < 10
            assert server.made == 1

    asyncio.run(run())


def test_silence_while_the_exchange_trades_is_said_and_the_connection_renewed(
    world, yahoo, message, clock_type
) -> None:
    world.clock = clock_type(speed=60)
    world.pace = replace(world.pace, silence=30.0, healthy=1e9)

    async def run():
        async with yahoo() as server, world.serving(server.url):
            server.greeting = lambda: [message("KO", 50.0, world.clock())] if server.made == 1 else []
            await world.until(lambda: world.last.state is FeedState.LIVE)
            await world.until(lambda: world.last.state is FeedState.SILENT)
            assert "no quote" in world.last.feed.detail
            await world.until(lambda: server.made >= 3)
            assert world.told.state is FeedState.SILENT  # a connection that was taken is no quote
            server.greeting = lambda: [message("KO", 51.0, world.clock())]
            await world.until(lambda: world.last.state is FeedState.LIVE)
            assert world.last.read()["KO"].price == 51.0

    asyncio.run(run())


def test_garbage_alone_is_silence(world, yahoo, clock_type) -> None:
    world.clock = clock_type(speed=60)
    world.pace = replace(world.pace, silence=30.0)

    async def run():
        async with yahoo() as server, world.serving(server.url):
            server.greeting = lambda: ["{garbage"] * 10
            await world.until(lambda: world.last.state is FeedState.SILENT)

    asyncio.run(run())


def test_silence_while_the_exchange_is_closed_is_no_fault(world, yahoo, message, clock_type) -> None:
    world.clock = clock_type(datetime(2019, 6, 29, 16, 0, tzinfo=UTC), speed=300)  # a Saturday
    friday = datetime(2019, 6, 28, 19, 59, 59, tzinfo=UTC)

    async def run():
        async with yahoo() as server, world.serving(server.url, quotes_universes="sample"):
            server.greeting = lambda: [message("KO", 50.9, friday)]
            await world.until(lambda: "KO" in world.last.read())
            await asyncio.sleep(2)  # ten minutes
            feed = world.told
            assert feed.state is FeedState.CLOSED
            assert "opens at 2019-07-01 13:30 UTC" in feed.detail
            assert server.made == 1
            assert world.last.snapshot().stale(world.clock()) == ()

    asyncio.run(run())


def test_an_unreachable_vendor_is_said_once_and_tried_ever_less_often(world, caplog) -> None:
    port = free_port()

    async def run():
        async with world.serving(f"ws://127.0.0.1:{port}/?crumb=secret"):
            await world.until(lambda: world.last.state is FeedState.UNREACHABLE)
            feed = world.last.feed
            assert "127.0.0.1" in feed.detail
            assert "secret" not in feed.model_dump_json()
            assert feed.retry_at is not None
            await asyncio.sleep(2)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    assert sum(record.name.startswith("hub.") for record in caplog.records) == 2  # unreachable, and the end
    assert "secret" not in caplog.text


def test_a_vendor_that_comes_back_is_found(world, yahoo, message) -> None:
    port = free_port()

    async def run():
        async with world.serving(f"ws://127.0.0.1:{port}"):
            await world.until(lambda: world.last.state is FeedState.UNREACHABLE)
            async with yahoo(port) as server:
                server.greeting = lambda: [message("KO", 50.0, world.clock())]
                await world.until(lambda: world.last.state is FeedState.LIVE)
                assert world.last.feed.retry_at is None

    asyncio.run(run())


def test_waits_grow_to_minutes_and_are_never_alike() -> None:
    from hub.quotes.pace import Pace

    waits = [[Pace().wait(failures) for _ in range(50)] for failures in range(1, 40)]
    for failures, some in enumerate(waits, 1):
        longest = min(300.0, 2.0 ** (failures - 1))
        assert all(longest / 2 <= wait <= longest for wait in some)
        assert len(set(some)) > 40


def test_a_server_that_takes_everybody_and_drops_them_is_not_hammered(world, yahoo, message) -> None:
    world.pace = replace(world.pace, first_retry=0.2, longest_retry=60)

    async def run():
        async with yahoo() as server, world.serving(server.url):
            end = time.monotonic() + 3
            while time.monotonic() < end:
                await asyncio.sleep(0.01)
                server.drop()
            assert server.made <= 6

    asyncio.run(run())


def test_quotes_of_the_service_before_are_kept_and_those_of_others_are_not(world, yahoo, message) -> None:
    async def run():
        async with yahoo() as server:
            async with world.serving(server.url):
                await world.until(lambda: server.subscriptions)
                await server.send(message("KO", 50.0, world.clock()), message("PG", 60.0, world.clock()))
                await world.until(lambda: len(world.last.read()) == 2)
            file = world.universes / "around.yaml"
            file.write_text(file.read_text().replace("PG, ", ""))
            async with world.serving(server.url):
                await world.until(lambda: world.last.state is FeedState.CONNECTING)
                await world.until(lambda: sorted(world.last.read()) == ["KO"])

    asyncio.run(run())


def test_a_universe_that_changes_is_followed_without_a_restart(world, yahoo) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            file = world.universes / "around.yaml"
            file.write_text(file.read_text().replace("PG", "PEP"))
            await world.until(lambda: server.subscriptions[-1] == ["GE", "KO", "PEP"])

    asyncio.run(run())


def test_without_a_universe_it_says_so_and_waits(world) -> None:
    async def run():
        async with world.serving("ws://127.0.0.1:9", quotes_universes=""):
            await world.until(lambda: world.last.state is FeedState.IDLE)
            assert "No universe" in world.last.feed.detail

    asyncio.run(run())


def test_an_older_quote_does_not_replace_a_newer_one(world, yahoo, message) -> None:
    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            now = world.clock()
            old = message("KO", 40.0, now - timedelta(seconds=30))
            await server.send(message("KO", 50.0, now), old, message("PG", 1.0, now))
            await world.until(lambda: len(world.last.read()) == 2)
            assert world.last.read()["KO"].price == 50.0

    asyncio.run(run())
