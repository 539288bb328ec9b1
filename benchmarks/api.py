"""The REST API: seconds a client waits for a table that was asked for before, over a real connection.

The service runs in a process of its own, as it does in the platform; clients hold their connections open, as programs
do. Tokens are checked in a table in memory: the hub's answer, too, is remembered for half a minute.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import Measure

_PATH = "/services/api/v1/forecasts"
_PROMISED = 0.005
_ROOT = Path(__file__).parents[1]


def cached_read(requests: int = 400) -> Measure:
    """One client, one request after the other."""
    with _service() as service:
        seconds = asyncio.run(_ask(service, requests, every=0))
    return Measure(
        f"API: {_ROWS} forecasts as JSON, one client",
        statistics.median(seconds),
        promised=_PROMISED,
        remark=f"median of {requests}; 95 % within {_percentile(seconds, 95)}",
    )


def cached_read_by_many(clients: int = 20, requests: int = 25, rate: float = 100) -> Measure:
    """Many clients at once, each at its own beat; then the same ones as fast as they can."""
    with _service() as service:
        seconds = asyncio.run(_ask_together(service, clients, requests, every=clients / rate))
        start = time.perf_counter()
        flood = asyncio.run(_ask_together(service, clients, requests, every=0))
        most = len(flood) / (time.perf_counter() - start)
    return Measure(
        f"API: the same, {clients} clients, {rate:g} requests a second",
        statistics.median(seconds),
        promised=_PROMISED,
        remark=f"median of {len(seconds)}; 95 % within {_percentile(seconds, 95)}; as fast as they can: {most:,.0f} "
        f"requests a second, median {_percentile(flood, 50)}",
    )


def unchanged_read(requests: int = 400) -> Measure:
    """One client that has the table already."""
    with _service() as service:
        seconds = asyncio.run(_ask(service, requests, every=0, conditional=True))
    return Measure(
        "API: the same, unchanged since the client has it",
        statistics.median(seconds),
        promised=_PROMISED,
        remark=f"median of {requests}; every answer a 304 without a body",
    )


_ROWS = 400


@dataclass(frozen=True)
class _Service:
    port: int
    token: str


@contextmanager
def _service() -> Iterator[_Service]:
    """The API before a store with one publication, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="foliohub-benchmark-") as home,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port = free.getsockname()[1]
        free.close()
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(home, port, theirs), daemon=True)
        process.start()
        try:
            if not ours.poll(60):
                raise TimeoutError("The API has not started within a minute.")
            token = str(ours.recv())
            _wait_for(port)
            yield _Service(port, token)
        finally:
            process.terminate()
            process.join(10)


def _serve(home: str, port: int, pipe: Any) -> None:
    import uvicorn

    from foliohub.config import Settings
    from hub.api.app import create_app
    from hub.api.identity import Identity, TokenTable
    from hub.api.settings import ApiSettings
    from hub.config.roles import CUSTOM_SCOPES

    settings = Settings(project=_ROOT, home=Path(home))
    _publish(settings)
    tokens = TokenTable()
    service = ApiSettings(requests_per_second=1e6, burst=1e6)
    app = create_app(settings, tokens, service)
    pipe.send(tokens.issue(Identity("benchmark", "service", frozenset(CUSTOM_SCOPES))))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def _publish(settings: Any) -> None:
    from foliohub.frames import FORECAST_COLUMNS
    from foliohub.runs.opening import open_records, open_store
    from foliohub.runs.records import RunRecord, Status, StoredVersion

    store = open_store(settings)
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(0, 0.01, (_ROWS, len(FORECAST_COLUMNS))), columns=list(FORECAST_COLUMNS))
    frame["cutoff"] = frame["date"] = pd.Timestamp("2022-12-28")
    frame["ticker"], frame["model"], frame["horizon"] = "AAPL", "zero", np.arange(_ROWS)
    version = store.write_table("forecasts/sample/2022-12-28", frame)
    now = datetime.now(UTC)
    for number in range(60):  # three months of nights: looking for the last one must not take longer for them
        written = (StoredVersion(name=version.name, number=version.number, content=version.content),)
        record = RunRecord(
            id=f"daily-forecast.2022-12-28.{number + 1}",
            job="daily-forecast",
            as_of="2022-12-28",
            status=Status.SUCCEEDED,
            attempt=number + 1,
            started_at=now,
            ended_at=now,
            notebook="20_forecast.ipynb",
            notebook_hash="",
            parameters={},
            image="local",
            python="3.11",
            written=written,
        )
        open_records(settings, store).save(record)


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"Nothing listens on port {port}.")


async def _ask_together(service: _Service, clients: int, requests: int, every: float) -> list[float]:
    found = await asyncio.gather(
        *(_ask(service, requests, every, delay=every * number / clients) for number in range(clients))
    )
    return [seconds for one in found for seconds in one]


async def _ask(
    service: _Service, requests: int, every: float, *, delay: float = 0, conditional: bool = False
) -> list[float]:
    """Seconds of each request of one connection; the first ones, which fill the cache, are not counted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    tag = ""
    seconds = []
    await asyncio.sleep(delay)
    for number in range(requests + 3):
        start = time.perf_counter()
        head = f"GET {_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {service.token}\r\n"
        writer.write((head + (f"If-None-Match: {tag}\r\n" if conditional and tag else "") + "\r\n").encode())
        headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(headers.split()[1])
        if status == 200:
            length = int(headers.partition("content-length: ")[2].partition("\r\n")[0])
            await reader.readexactly(length)
        took = time.perf_counter() - start
        tag = headers.partition("etag: ")[2].partition("\r\n")[0]
        if status != (304 if conditional and number else 200):
            raise RuntimeError(f"The API answered {status}.")
        if number >= 3:
            seconds.append(took)
        await asyncio.sleep(max(0.0, every - took))
    writer.close()
    return seconds


def _percentile(seconds: list[float], percent: float) -> str:
    return f"{float(np.percentile(seconds, percent)) * 1e3:.1f} ms"
