"""The service as a process: one per installation, said to be there, gone within five seconds of being told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foliohub.quotes import FeedState

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PATIENCE = 60

HOLD_THE_STORE = """
import sys, time
from pathlib import Path
from foliohub.data.locks import Locks

with Locks(Path(sys.argv[1]), one_writer=True).database():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def start(world):
    """Start the service, or another program that is to end with the test."""
    children: list[subprocess.Popen] = []

    def begin(url: str, *command: str, universes: str = "around") -> subprocess.Popen:
        environment = os.environ | {
            "FOLIOHUB_HOME": str(world.home),
            "FOLIOHUB_UNIVERSES": str(world.universes),
            "FOLIOHUB_QUOTES_UNIVERSES": universes,
            "FOLIOHUB_QUOTES_STORE_EVERY": "1",
            "FOLIOHUB_YAHOO_STREAM_URL": url,
            "PYTHONPATH": str(ROOT),
        }
        child = subprocess.Popen(
            [sys.executable, *(command or ("-m", "hub.quotes"))],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        children.append(child)
        return child

    yield begin
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.communicate()


async def ended(child: subprocess.Popen) -> float:
    """Send SIGTERM; gives the seconds it took."""
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(child.wait, 10)
    assert code == 0
    return time.monotonic() - began


def test_it_serves_quotes_and_ends_when_told(world, yahoo, message, start) -> None:
    async def run():
        async with yahoo() as server:
            server.greeting = lambda: [message("KO", 50.5, world.clock())]
            child = start(server.url)
            await world.until(lambda: world.last.state is FeedState.LIVE, PATIENCE)
            assert world.last.read()["KO"].price == 50.5
            second = start(server.url)
            said, _ = await asyncio.to_thread(second.communicate, timeout=PATIENCE)
            assert second.returncode == 1
            assert "Another quotes service" in said
            assert await ended(child) < 5
            status = json.loads((world.home / "services" / "quotes.json").read_text())
            assert status["state"] == "stopped"
            assert world.last.read()["KO"].price == 50.5

    asyncio.run(run())


def test_after_kill_it_starts_again_and_the_quotes_are_there(world, yahoo, message, start) -> None:
    async def run():
        async with yahoo() as server:
            server.greeting = lambda: [message("KO", 50.5, world.clock())] if server.made == 1 else []
            child = start(server.url)
            await world.until(lambda: "KO" in world.last.read(), PATIENCE)
            child.kill()
            await asyncio.to_thread(child.wait)
            start(server.url)
            await world.until(lambda: server.made == 2, PATIENCE)
            await world.until(lambda: world.last.state is FeedState.CONNECTING)
            assert world.last.read()["KO"].price == 50.5

    asyncio.run(run())


def test_it_ends_when_told_although_the_vendor_never_answers(world, start) -> None:
    async def run():
        mute = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
        child = start(f"ws://127.0.0.1:{mute.sockets[0].getsockname()[1]}")
        await world.until(lambda: world.last.state is FeedState.CONNECTING, PATIENCE)
        await asyncio.sleep(0.5)
        assert await ended(child) < 5
        mute.close()

    asyncio.run(run())


def test_it_ends_when_told_although_another_writer_holds_the_store(world, start) -> None:
    async def run():
        holder = start("ws://127.0.0.1:9", "-c", HOLD_THE_STORE, str(world.home / "locks"))
        assert await asyncio.to_thread(holder.stdout.readline) == "held\n"
        # Which universes are stored is asked of the store, whose making waits for the other writer.
        child = start("ws://127.0.0.1:9", universes="")
        await world.until(lambda: world.last.state is FeedState.CONNECTING, PATIENCE)
        await asyncio.sleep(3)
        assert world.last.state is FeedState.CONNECTING  # it waits
        assert await ended(child) < 5

    asyncio.run(run())


def test_a_universe_that_there_is_not_ends_it_with_a_remedy(world, start) -> None:
    said, _ = start("ws://127.0.0.1:9", universes="around,mars").communicate(timeout=PATIENCE)
    assert "There is no universe 'mars'" in said
    assert "around" in said
    assert "Traceback" not in said
