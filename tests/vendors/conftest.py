"""Vendors as small real HTTP servers on the loopback interface, answering in the vendors' own formats."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

from foliohub import calendars
from foliohub.data.retrying import RetryPolicy
from foliohub.frames import FIELDS

NOW = datetime(2020, 9, 30, 21, 0, tzinfo=UTC)  # an hour after New York's close


@dataclass
class Answer:
    """What the server sends back once; `missing` bytes are announced and never sent, `hang` sends nothing at all."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    hang: bool = False


Script = Answer | Callable[[dict[str, str]], Answer]


class Vendor:
    """A server with a script by path: the answers are given in turn, the last one again and again."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, dict[str, str]]] = []
        self.scripts: dict[str, list[Script]] = {}
        self.closing = threading.Event()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                vendor.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def on(self, path: str, *scripts: Script) -> None:
        self.scripts[path] = list(scripts)

    def asked(self, path: str) -> list[dict[str, str]]:
        return [query for asked, query in self.questions if asked == path]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        self.questions.append((path, query))
        scripts = self.scripts.get(path) or [Answer("<html>nothing here</html>", 404)]
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        answer = script if isinstance(script, Answer) else script(query)
        if answer.hang:
            self.closing.wait(10)
            handler.close_connection = True
            return
        body = answer.body.encode()
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body) + answer.missing))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = bool(answer.missing)

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class FakeTime:
    """A clock that sleeping alone moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def policy(self, **options: Any) -> RetryPolicy:
        return RetryPolicy(sleep=self.sleep, clock=lambda: self.seconds, **options)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    vendor = Vendor()
    yield vendor
    vendor.close()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture(scope="session")
def answer() -> type[Answer]:
    return Answer


@pytest.fixture(scope="session")
def history() -> pd.DataFrame:
    """As traded: 60 sessions up to 2020-09-30, a 4:1 split, dividends before, on and after it, a 1:3 reverse split."""
    days = calendars.sessions("2020-07-08", "2020-09-30")
    random = np.random.default_rng(7)
    split = np.ones(len(days))
    split[30], split[50] = 4.0, 1 / 3
    dividend = np.zeros(len(days))
    dividend[[10, 30, 40, 55]] = 0.82, 0.2, 0.205, 0.6
    close = 380 * np.exp(np.cumsum(random.normal(0, 0.02, len(days)))) / np.cumprod(split)
    bars = pd.DataFrame(index=pd.DatetimeIndex(days, name="date"))
    bars["open"] = close * 0.99
    bars["high"], bars["low"], bars["close"] = close * 1.02, close * 0.97, close
    # The vendor's adjusted close, worked backwards: a dividend lowers what came before by its share of the last price.
    adjusted, factor = np.empty(len(days)), 1.0
    for t in range(len(days) - 1, -1, -1):
        adjusted[t] = close[t] * factor
        if t:
            factor *= (1 - dividend[t] * split[t] / close[t - 1]) / split[t]
    bars["adjusted_close"] = adjusted
    bars["volume"] = 1e6 * np.cumprod(split)
    bars["dividend"], bars["split"] = dividend, split
    return bars[list(FIELDS)]


@pytest.fixture(scope="session")
def yahoo_chart() -> Callable[..., dict[str, Any]]:
    return _yahoo_chart


def _yahoo_chart(bars: pd.DataFrame, symbol: str = "AAPL") -> dict[str, Any]:
    """An answer of query2.finance.yahoo.com/v8/finance/chart, all restated to shares of today, split by split."""
    today = bars.copy()
    events: dict[str, dict[str, Any]] = {"dividends": {}, "splits": {}}
    stamps = [int(day.tz_localize("America/New_York").replace(hour=9, minute=30).timestamp()) for day in bars.index]
    for day, ratio in bars["split"].items():
        if ratio != 1:
            before = today.index < day
            today.loc[before, ["open", "high", "low", "close", "dividend"]] /= ratio
            today.loc[before, "volume"] *= ratio
    for stamp, row in zip(stamps, today.itertuples(), strict=True):
        if row.dividend:
            events["dividends"][str(stamp)] = {"amount": row.dividend, "date": stamp}
        if row.split != 1:
            new, old = (row.split, 1.0) if row.split > 1 else (1.0, round(1 / row.split))
            events["splits"][str(stamp)] = {
                "date": stamp,
                "numerator": new,
                "denominator": old,
                "splitRatio": f"{new:g}:{old:g}",
            }
    quote = {name: today[name].tolist() for name in ("open", "high", "low", "close")}
    result = {
        "meta": {
            "currency": "USD",
            "symbol": symbol,
            "exchangeName": "NMS",
            "fullExchangeName": "NasdaqGS",
            "instrumentType": "EQUITY",
            "firstTradeDate": 345479400,
            "regularMarketTime": stamps[-1] if stamps else 0,
            "gmtoffset": -14400,
            "timezone": "EDT",
            "exchangeTimezoneName": "America/New_York",
            "regularMarketPrice": 100.0,
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
        },
        "timestamp": stamps,
        "events": {name: found for name, found in events.items() if found},
        "indicators": {
            "quote": [quote | {"volume": [round(v) for v in today["volume"]]}],
            "adjclose": [{"adjclose": today["adjusted_close"].tolist()}],
        },
    }
    return {"chart": {"result": [result], "error": None}}


@pytest.fixture
def yahoo(vendor: Vendor, history: pd.DataFrame) -> Vendor:
    """Yahoo with its cookie and crumb, and a chart of AAPL."""
    vendor.on("/", Answer("", 404, {"Set-Cookie": "A3=d=AQABBK; Path=/; Max-Age=31557600; HttpOnly"}))
    vendor.on("/v1/test/getcrumb", Answer("cRuMb.123"))
    vendor.on("/v8/finance/chart/AAPL", Answer(json.dumps(_yahoo_chart(history))))
    return vendor


@pytest.fixture(scope="session")
def alpha_vantage_series() -> Callable[..., dict[str, Any]]:
    return _alpha_vantage_series


def _alpha_vantage_series(bars: pd.DataFrame, symbol: str = "AAPL") -> dict[str, Any]:
    """An answer of www.alphavantage.co/query?function=TIME_SERIES_DAILY_ADJUSTED, newest first, numbers as text."""
    names = [
        "1. open", "2. high", "3. low", "4. close", "5. adjusted close", "6. volume", "7. dividend amount",
        "8. split coefficient",
    ]  # fmt: skip
    return {
        "Meta Data": {
            "1. Information": "Daily Time Series with Splits and Dividend Events",
            "2. Symbol": symbol,
            "3. Last Refreshed": "2020-09-30",
            "4. Output Size": "Full size",
            "5. Time Zone": "US/Eastern",
        },
        "Time Series (Daily)": {
            f"{day:%Y-%m-%d}": dict(zip(names, map(repr, map(float, row)), strict=True))
            for day, row in zip(bars.index[::-1], bars.to_numpy()[::-1], strict=True)
        },
    }


@pytest.fixture
def alpha_vantage(vendor: Vendor, history: pd.DataFrame) -> Vendor:
    """Alpha Vantage with a series for every symbol."""
    vendor.on("/query", Answer(json.dumps(_alpha_vantage_series(history))))
    return vendor


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
