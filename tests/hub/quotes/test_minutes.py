"""Minute bars reach the store in batches, once each, and nothing that forecasts reads them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from foliohub.errors import NotStoredError, StoreError
from foliohub.quotes import FeedState, MinuteBar, add_minutes, minutes_name
from foliohub.runs.opening import open_store
from foliohub.runs.workspace import Workspace

ROOT = Path(__file__).parents[3]

FAST_SERVICE = """
import asyncio, sys, time
from datetime import datetime, timedelta
from foliohub.config import load_settings
from hub.quotes.pace import Pace
from hub.quotes.service import Service

start, began = datetime.fromisoformat(sys.argv[1]), float(sys.argv[2])
now = lambda: start + timedelta(seconds=(time.time() - began) * 60)  # a minute lasts a second
pace = Pace(first_retry=0.05, longest_retry=0.2, beat=0.05, report=0.2, store=0.5)
asyncio.run(Service(load_settings(), pace, now).run(asyncio.Event()))
"""


def stored(world) -> pd.DataFrame:
    """All minute bars in the store."""
    store = open_store(world.settings("ws://127.0.0.1:9"))
    tables = [store.read_table(name) for name in store.tables("minutes/around/")]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"minute": [], "ticker": []})


async def stream(server, message, clock, prices) -> None:
    """A quote of KO every twentieth of a second, until cancelled."""
    number = 0
    while True:
        number += 1
        price = 50 + number % 10 / 10
        prices.append((clock(), price))
        await server.send(message("KO", price, prices[-1][0], day_volume=100 * number))
        await asyncio.sleep(0.05)


@pytest.mark.slow
def test_minutes_are_stored_once_each_and_are_those_of_the_quotes(world, yahoo, message, clock_type) -> None:
    world.clock = clock_type(pd.Timestamp("2019-06-28 14:00", tz="UTC").to_pydatetime(), speed=60)
    prices: list = []

    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            sending = asyncio.create_task(stream(server, message, world.clock, prices))
            await asyncio.sleep(3)
            server.drop()
            await asyncio.sleep(3)
            sending.cancel()

    asyncio.run(run())
    bars = stored(world)
    assert not bars.duplicated(["minute", "ticker"]).any()
    assert len(bars) >= 4
    sent = pd.DataFrame(prices, columns=["time", "price"])
    sent["minute"] = pd.to_datetime(sent["time"]).dt.tz_localize(None).dt.floor("min")
    for bar in bars[bars["complete"]].itertuples():
        mine = sent.loc[sent["minute"] == bar.minute, "price"]
        assert (bar.high, bar.low) == pytest.approx((mine.max(), mine.min()), rel=1e-6)
        assert bar.ticks == len(mine)
    assert bars["complete"].any()
    assert not bars["complete"].all()


@pytest.mark.slow
def test_writing_is_bounded_however_many_quotes_come(world, yahoo, message, clock_type) -> None:
    world.clock = clock_type(pd.Timestamp("2019-06-28 14:00", tz="UTC").to_pydatetime(), speed=60)
    world.pace = replace(world.pace, store=1.0)

    async def run():
        async with yahoo() as server, world.serving(server.url):
            await world.until(lambda: server.subscriptions)
            for _ in range(300):
                await server.send(*(message("KO", 50 + n / 100, world.clock()) for n in range(20)))
                await asyncio.sleep(0.01)

    began = time.monotonic()
    asyncio.run(run())
    most = time.monotonic() - began + 3  # one a second, and the last at the end
    store = open_store(world.settings("ws://127.0.0.1:9"))
    assert 1 <= len(store.versions(minutes_name("around", "2019-06-28"))) <= most


def test_bars_wait_while_the_store_cannot_be_written(world, yahoo, message, clock_type, monkeypatch, caplog) -> None:
    world.clock = clock_type(pd.Timestamp("2019-06-28 14:00", tz="UTC").to_pydatetime(), speed=60)
    full = [True]

    def write(*arguments, **named):
        if full[0]:
            raise StoreError("The disk is full.")
        return add_minutes(*arguments, **named)

    monkeypatch.setattr("hub.quotes.recorder.add_minutes", write)

    async def run():
        async with yahoo() as server, world.serving(server.url) as service:
            await world.until(lambda: server.subscriptions)
            sending = asyncio.create_task(stream(server, message, world.clock, []))
            await asyncio.sleep(3)
            assert len(service.recorder) >= 2
            assert world.told.state is FeedState.LIVE
            full[0] = False
            await world.until(lambda: len(service.recorder) == 0)
            sending.cancel()

    asyncio.run(run())
    assert len(stored(world)) >= 2
    assert sum("disk is full" in record.getMessage() for record in caplog.records) == 1


def test_what_waits_is_bounded_and_the_newest_stays(world, monkeypatch) -> None:
    monkeypatch.setattr("hub.quotes.recorder.MOST_WAITING", 10)
    from foliohub.quotes import Quote
    from hub.quotes.following import follow
    from hub.quotes.recorder import Recorder
    from hub.quotes.store_thread import StoreThread

    settings = world.settings("ws://127.0.0.1:9")
    start = pd.Timestamp("2019-06-28 14:00", tz="UTC")
    recorder = Recorder(StoreThread(settings), start.to_pydatetime())
    recorder.follow(follow(settings, ["around"], start.to_pydatetime()))
    for minute in range(25):
        moment = (start + pd.Timedelta(minutes=minute)).to_pydatetime()
        recorder.add(
            Quote(ticker="KO", price=50.0 + minute, time=moment, received=moment, market="regular", calendar="24/7")
        )
        recorder.seal((start + pd.Timedelta(minutes=minute + 2)).to_pydatetime())
    assert len(recorder) == 10
    asyncio.run(recorder.store())
    assert stored(world)["close"].tolist() == [65.0 + n for n in range(10)]


@pytest.mark.slow
def test_killed_again_and_again_it_stores_no_minute_twice(world, yahoo, message, clock_type) -> None:
    start = pd.Timestamp("2019-06-28 10:00", tz="UTC").to_pydatetime()
    began = time.time()
    world.clock = clock_type(start, speed=60)
    children: list[subprocess.Popen] = []

    def begin(url: str) -> subprocess.Popen:
        environment = os.environ | {
            "FOLIOHUB_HOME": str(world.home),
            "FOLIOHUB_UNIVERSES": str(world.universes),
            "FOLIOHUB_QUOTES_UNIVERSES": "around",
            "FOLIOHUB_YAHOO_STREAM_URL": url,
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", FAST_SERVICE, start.isoformat(), str(began)]
        children.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return children[-1]

    async def run():
        async with yahoo() as server:
            sending = asyncio.create_task(stream(server, message, world.clock, []))
            for life in range(3):
                child = begin(server.url)
                await world.until(lambda n=life: server.made > n, 60)
                await asyncio.sleep(2.3 + life * 0.37)
                child.send_signal(signal.SIGKILL)
                await asyncio.to_thread(child.wait)
            sending.cancel()

    try:
        asyncio.run(run())
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            child.wait()
    bars = stored(world)
    assert len(bars) >= 3
    assert not bars.duplicated(["minute", "ticker"]).any()
    assert (bars["ticks"] <= 30).all()  # no tick of a minute counted twice


def absurd(session: pd.Timestamp, ticker: str) -> MinuteBar:
    minute = session.tz_localize("UTC").to_pydatetime().replace(hour=20)
    return MinuteBar(minute, ticker, 1e6, 1e6, 1e6, 1e6, 1e9, 1, True)


@pytest.mark.slow
def test_a_workspace_sees_no_live_price(world, monkeypatch) -> None:
    from foliohub.data.store import Store

    settings = world.settings("ws://127.0.0.1:9")
    first = Workspace(settings, "sample", "2020-06-30")
    first.ingest()
    before_raw, before = first.raw_prices(), first.clean_prices()
    store = open_store(settings)
    sessions = [first.as_of, first.as_of + pd.Timedelta(days=1)]
    for session in sessions:
        add_minutes(store, "sample", session, [absurd(session, ticker) for ticker in first.universe.tickers])
    read: list[str] = []
    for method in ("read_table", "read_panel", "read_document"):
        original = getattr(Store, method)

        def watched(self, name, *arguments, _original=original, **named):
            read.append(name)
            return _original(self, name, *arguments, **named)

        monkeypatch.setattr(Store, method, watched)
    again = Workspace(settings, "sample", "2020-06-30")
    again.ingest()
    assert len(store.versions("raw/sample")) == 1
    for field, frame in again.raw_prices().items():
        pd.testing.assert_frame_equal(frame, before_raw[field])
    pd.testing.assert_frame_equal(again.clean_prices().adjusted, before.adjusted)
    with pytest.raises(NotStoredError):  # no run has published it
        again.read("minutes")
    assert read
    assert not [name for name in read if name.startswith("minutes/")]
    assert Workspace(settings, "sample").as_of == first.as_of  # the last session is that of the closes
