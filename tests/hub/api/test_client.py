"""The client: tables are the stored ones, problems are the library's errors, and passing faults pass."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foliohub.client import Client, transport
from foliohub.errors import DecisionRefusedError, InputError, NotStoredError, ServiceError
from tests.hub.api.test_quotes import _write


@pytest.fixture
def client(server: Any) -> Iterator[Client]:
    with Client(server.origin, server.token("researcher"), retries=0) as client:
        yield client


def test_tables_are_those_of_the_store_and_name_their_run(server: Any, client: Client) -> None:
    for method, kind in (
        ("forecasts", "forecasts"),
        ("forecast_scores", "forecast_scores"),
        ("backtests", "performance"),
        ("quality", "quality"),
        ("quality_summary", "quality_summary"),
        ("weights", "weights"),
    ):
        frame = getattr(client, method)()
        stored = server.store.read_table(f"{kind}/sample/2022-12-28")
        pd.testing.assert_frame_equal(frame, stored, check_dtype=False)
        assert frame.attrs["run"].endswith(".2022-12-28.1")
        assert frame.attrs["version"] == f"{kind}/sample/2022-12-28;0"


def test_pages_are_joined(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = client.forecasts()
    get = client._table
    monkeypatch.setattr(client, "_table", lambda path, query: get(path, {**query, "limit": 33}))
    pd.testing.assert_frame_equal(client.forecasts(), whole)


def test_filters_and_dates_are_passed_on(server: Any, client: Client) -> None:
    frame = client.forecasts(as_of=pd.Timestamp("2022-12-28"), models=["zero"], tickers=["KO", "PG"], horizons=[5])
    assert set(frame["model"]) <= {"zero"}
    prices = client.prices(tickers=["AAPL"], fields=["close", "volume"], start="2022-12-20", as_of="2022-12-22")
    stored = server.store.read_panel("raw/sample", tickers=["AAPL"], start="2022-12-20", end="2022-12-22")
    np.testing.assert_array_equal(prices["close"], stored["close"]["AAPL"])
    assert list(prices.columns) == ["date", "ticker", "close", "volume"]


def test_nothing_found_is_an_empty_table_of_the_same_columns(client: Client) -> None:
    assert list(client.forecasts(models=["none"]).columns) == list(client.forecasts().columns)
    assert client.fills().empty


def test_documents_are_models(client: Client) -> None:
    assert [universe.name for universe in client.universes()] == ["av30", "sample"]
    assert client.universe("sample").published["forecasts"] == ["2022-12-28"]
    runs = client.runs(limit=3)
    assert [run.job for run in runs] == ["daily-rebalance", "weekly-report", "daily-forecast"]
    assert client.run(runs[0].id) == runs[0]
    assert client.output("daily-ingest.2022-12-28.1", "report") == b"<script>1</script>"
    assert client.portfolio().cash == 1_000_000
    assert {job.job for job in client.schedule()} >= {"daily-ingest", "daily-forecast"}


def test_problems_are_the_librarys_errors(client: Client) -> None:
    with pytest.raises(NotStoredError, match="no run 'x'"):
        client.run("x")
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        client.forecasts(as_of="yesterday")
    with pytest.raises(ServiceError, match="custom:proposals:approve") as refused:
        client.approve("sample.2022-12-28.1", "x")
    assert (refused.value.status, refused.value.code) == (403, "missing-scope")
    with pytest.raises(InputError, match="no address"):
        Client("127.0.0.1:8000", "x")
    with pytest.raises(InputError, match="token is none"):
        Client("http://127.0.0.1:8000", "…")


def test_a_wrong_token_and_a_service_that_is_away_are_told(server: Any) -> None:
    with Client(server.origin, "wrong") as client, pytest.raises(ServiceError, match="not known"):
        client.universes()
    with Client("http://127.0.0.1:9", "x", retries=0) as client, pytest.raises(ServiceError, match="foliohub status"):
        client.universes()


def test_decisions_and_requests_go_the_whole_way(start: Callable[..., Any], propose: Callable[..., str]) -> None:
    server = start()
    proposal = propose(server)
    with (
        Client(server.origin, server.token("manager")) as manager,
        Client(server.origin, server.token("operator")) as operator,
    ):
        assert manager.proposals(status=["proposed"])["id"].tolist() == [proposal]
        assert manager.approve(proposal, "Fits.").status == "approved"
        with pytest.raises(DecisionRefusedError, match="approved by manager") as refused:
            manager.reject(proposal, "On second thoughts.")
        assert refused.value.code == "decided"
        assert manager.trades(proposal)["shares"].tolist() == [10]
        assert manager.slippage(proposal)["filled"].tolist() == [0]
        request = operator.start("daily-forecast", "2022-12-28", key="k")
        assert operator.start("daily-forecast", "2022-12-28", key="k") == request
        with pytest.raises(ServiceError, match="still waiting"):
            operator.wait(request.id, timeout=0, every=0)
        assert operator.cancel(request.id).ended
        assert operator.wait(request.id).state == "cancelled"


def test_quotes_come_once_and_as_a_stream(start: Callable[..., Any]) -> None:
    server = start()
    _write(server, KO=63.5)
    with Client(server.origin, server.token("manager")) as client:
        assert [(quote.ticker, quote.price) for quote in client.quotes().quotes] == [("KO", 63.5)]
        stream = client.stream_quotes(["KO"])
        assert next(stream).quotes[0].price == 63.5
        _write(server, KO=64.5)
        assert next(stream).quotes[0].price == 64.5
        stream.close()


@pytest.fixture
def flaky(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """A server that answers with each status in turn, then well."""
    waits: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", waits.append)
    servers = []

    def make(*statuses: int) -> tuple[str, list[str], list[float]]:
        left, asked = list(statuses), []

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                asked.append(self.command)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(left.pop(0) if left else 200)
                self.send_header("Retry-After", "2")
                body = b'{"total": 0, "items": []}'
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def log_message(self, *_: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}", asked, waits

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_passing_fault_is_waited_out_as_long_as_the_service_asks(flaky: Callable[..., Any]) -> None:
    url, asked, waits = flaky(503, 429, 502)
    with Client(url, "x") as client:
        assert client.universes() == []
    assert (asked, waits) == (["GET"] * 4, [2.0] * 3)


def test_what_changes_something_is_not_repeated_unless_it_was_refused(flaky: Callable[..., Any]) -> None:
    url, asked, _ = flaky(502)
    with Client(url, "x") as client, pytest.raises(ServiceError, match="502"):
        client.approve("p", "x")
    assert asked == ["POST"]
    url, asked, _ = flaky(503, 502, 429)
    with Client(url, "x") as client, pytest.raises(ValueError, match="validation error"):
        client.start("daily-forecast", key="k")
    assert asked == ["POST"] * 4


def test_a_stream_begins_once_a_passing_fault_is_over(flaky: Callable[..., Any]) -> None:
    url, asked, waits = flaky(503, 502)
    with Client(url, "x") as client:
        assert list(client.stream_quotes()) == []  # the server of this test says nothing of quotes
    assert (asked, waits) == (["GET"] * 3, [2.0] * 2)
    url, asked, _ = flaky(*[503] * 9)
    with Client(url, "x", retries=1) as client, pytest.raises(ServiceError, match="503"):
        next(client.stream_quotes())
    assert len(asked) == 2


def test_a_fault_that_lasts_is_told_in_the_end(flaky: Callable[..., Any]) -> None:
    url, asked, _ = flaky(*[503] * 9)
    with Client(url, "x", retries=2) as client, pytest.raises(ServiceError, match="503"):
        client.universes()
    assert len(asked) == 3


def test_importing_the_client_loads_neither_http_nor_pandas() -> None:
    loaded = "[m for m in ('httpx', 'pandas', 'pyarrow', 'arcticdb') if m in sys.modules]"
    program = f"import sys, foliohub.client; print({loaded})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
