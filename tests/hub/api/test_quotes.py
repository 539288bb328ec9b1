"""Quotes: the last ones at once, what changes as it comes, and streams that end with their token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foliohub.quotes import Feed, FeedState, Quote, Snapshot, write_snapshot
from foliohub.quotes.snapshot import snapshot_file
from hub.api.routes import quotes


def _write(server: Any, **prices: float) -> None:
    now = datetime.now(UTC)
    found = {
        ticker: Quote(ticker=ticker, price=price, time=now - timedelta(minutes=1), received=now, market="regular")
        for ticker, price in prices.items()
    }
    feed = Feed(state=FeedState.LIVE, detail="Quotes come.", since=now, at=now, universes=("sample",))
    write_snapshot(Snapshot(feed=feed, quotes=found), snapshot_file(server.settings.home))


def _events(stream: Any) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
        elif line.startswith(":"):
            yield "comment", line


def test_without_the_quotes_service_the_feed_says_so(start: Callable[..., Any]) -> None:
    with start().client("manager") as client:
        answer = client.get("/quotes").json()
        assert (answer["feed"]["state"], answer["quotes"]) == ("absent", [])


def test_the_last_quotes_come_by_ticker(start: Callable[..., Any]) -> None:
    server = start()
    _write(server, KO=63.5, AAPL=126.0)
    with server.client("manager") as client:
        answer = client.get("/quotes").json()
        assert [(quote["ticker"], quote["price"]) for quote in answer["quotes"]] == [("AAPL", 126.0), ("KO", 63.5)]
        assert answer["feed"]["state"] == "live"
        assert [quote["ticker"] for quote in client.get("/quotes?ticker=KO").json()["quotes"]] == ["KO"]


def test_a_stream_begins_with_everything_and_goes_on_with_what_changes(start: Callable[..., Any]) -> None:
    server = start()
    _write(server, KO=63.5, AAPL=126.0)
    with server.client("manager") as client, client.stream("GET", "/quotes/stream?ticker=KO") as stream:
        assert stream.headers["cache-control"] == "no-store"
        events = _events(stream)
        name, told = next(events)
        assert (name, [quote["price"] for quote in told["quotes"]]) == ("quotes", [63.5])
        _write(server, KO=64.0, AAPL=126.0)
        name, told = next(events)
        assert [(quote["ticker"], quote["price"]) for quote in told["quotes"]] == [("KO", 64.0)]
        _write(server, AAPL=126.0)
        assert next(events)[1]["gone"] == ["KO"]


def test_a_silent_stream_says_that_it_is_there(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotes, "HEARTBEAT_SECONDS", 0.1)
    with start().client("manager") as client, client.stream("GET", "/quotes/stream") as stream:
        events = _events(stream)
        assert [next(events)[0] for _ in range(3)] == ["quotes", "comment", "comment"]


def test_a_stream_ends_with_its_token(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotes, "CHECK_SECONDS", 0.2)
    server = start()
    token = server.token("manager")
    headers = {"Authorization": f"Bearer {token}"}
    with server.http.stream("GET", f"{server.url}/quotes/stream", headers=headers) as stream:
        events = _events(stream)
        assert next(events)[0] == "quotes"
        server.tokens.revoke(token)
        assert [name for name, _ in events if name != "comment"] == ["end"]


def test_a_user_holds_a_bounded_number_of_streams(start: Callable[..., Any]) -> None:
    server = start(streams=2)
    with server.client("manager") as client, server.client("researcher") as other:
        with client.stream("GET", "/quotes/stream") as one, client.stream("GET", "/quotes/stream") as two:
            first, second = _events(one), _events(two)  # kept: a dropped one would end its stream
            assert next(first)
            assert next(second)
            refused = client.get("/quotes/stream")
            assert refused.status_code == 429
            assert "retry-after" in refused.headers
            with other.stream("GET", "/quotes/stream") as third:
                assert third.status_code == 200
        for _ in range(100):
            if not server.app.state.context.streams["manager"]:
                break
            client.get("/health")
        with client.stream("GET", "/quotes/stream") as again:
            assert again.status_code == 200
