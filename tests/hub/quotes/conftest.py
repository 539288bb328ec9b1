"""A loopback websocket server that speaks Yahoo's messages, and the service in a world of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from yfinance.pricing_pb2 import PricingData

from foliohub.config import Settings
from foliohub.quotes import Feed, LastQuotes
from foliohub.quotes.snapshot import read_snapshot
from hub.quotes.pace import Pace
from hub.quotes.service import Service

UNIVERSE = """\
name: around
title: Three companies traded around the clock
source: csv
calendar: 24/7
members: [KO, PG, GE]
"""


def pricing(ticker: str, price: float, made: datetime, **fields: Any) -> str:
    """A message as Yahoo sends it."""
    data = PricingData(
        **{
            "id": ticker,
            "price": price,
            "time": int(made.timestamp() * 1000),
            "currency": "USD",
            "exchange": "NYQ",
            "quote_type": 8,
            "market_hours": 1,
            "change_percent": 1.0,
            "change": price - price / 1.01,
            "day_volume": 1000,
            **fields,
        }
    )
    return json.dumps({"type": "pricing", "message": base64.b64encode(data.SerializeToString()).decode()})


class YahooServer:
    """Takes connections and sends what the test says; `greeting` is sent to whoever subscribes first."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.made = 0
        self.subscriptions: list[list[str]] = []
        self.greeting: Callable[[], list[str]] = list
        self.url = ""

    async def handle(self, connection: ServerConnection) -> None:
        self.made += 1
        self.connections.append(connection)
        greeted = False
        try:
            async for message in connection:
                self.subscriptions.append(sorted(json.loads(message)["subscribe"]))
                if not greeted:
                    greeted = True
                    for text in self.greeting():
                        await connection.send(text)
        except ConnectionClosed:
            pass
        finally:
            self.connections.remove(connection)

    async def send(self, *messages: str | bytes) -> None:
        for connection in list(self.connections):
            with suppress(ConnectionClosed):
                for number, message in enumerate(messages):
                    await connection.send(message)
                    if number % 50 == 0:  # a server and its client share this loop
                        await asyncio.sleep(0)

    async def hang_up(self) -> None:
        """Close in good order."""
        for connection in list(self.connections):
            await connection.close()

    def drop(self) -> None:
        """Break the connections, as a network does."""
        for connection in list(self.connections):
            connection.transport.abort()


@asynccontextmanager
async def yahoo_server(port: int = 0) -> AsyncIterator[YahooServer]:
    server = YahooServer()
    async with serve(server.handle, "127.0.0.1", port) as listening:
        server.url = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


class Clock:
    """A clock that may run faster than time."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self.start = start or datetime.now(UTC)
        self.speed = speed
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)


class World:
    """An installation in a folder, and its quotes service."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.universes = folder / "universes"
        self.universes.mkdir()
        (self.universes / "around.yaml").write_text(UNIVERSE)
        self.clock = Clock()
        self.pace = Pace(first_retry=0.05, longest_retry=0.4, beat=0.05, report=0.2, look=0.5, store=0.3)
        self.service: Service | None = None

    def settings(self, url: str, **more: Any) -> Settings:
        given = {"quotes_universes": "around", **more}
        return Settings(home=self.home, universes=self.universes, yahoo_stream_url=url, **given)

    @property
    def last(self) -> LastQuotes:
        return LastQuotes(self.home, now=self.clock)

    @property
    def told(self) -> Feed:
        """The feed as the service last told it, however long ago that is by a clock that runs fast."""
        return read_snapshot(self.last.file).feed

    @asynccontextmanager
    async def serving(self, url: str, **more: Any) -> AsyncIterator[Service]:
        """The service runs meanwhile; afterwards it is ended in order."""
        stop = asyncio.Event()
        self.service = Service(self.settings(url, **more), self.pace, self.clock)
        running = asyncio.create_task(self.service.run(stop))
        try:
            yield self.service
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await running

    async def until(self, holds: Callable[[], Any], seconds: float = 10) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - it may hang on a file or on another process
                await asyncio.sleep(0.01)


@pytest.fixture
def world(tmp_path, monkeypatch) -> World:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return World(tmp_path)


@pytest.fixture(scope="session")
def message() -> Callable[..., str]:
    return pricing


@pytest.fixture(scope="session")
def yahoo() -> Callable[..., Any]:
    return yahoo_server


@pytest.fixture(scope="session")
def clock_type() -> type[Clock]:
    return Clock
