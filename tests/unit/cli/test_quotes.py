"""`foliohub quotes` shows prices with their ages and how their feed is, whatever state it is in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foliohub.quotes import Feed, FeedState, Quote, Snapshot, write_snapshot
from foliohub.quotes.snapshot import snapshot_file


@pytest.fixture
def board(tmp_path):
    def write(*quotes: Quote, state: FeedState = FeedState.LIVE, reported: float = 0) -> None:
        now = datetime.now(UTC) - timedelta(seconds=reported)
        feed = Feed(state=state, detail="Connected; [2] tickers are followed.", since=now, at=now)
        file = snapshot_file(tmp_path / "state")
        write_snapshot(Snapshot(feed=feed, quotes={quote.ticker: quote for quote in quotes}), file)

    return write


def quote(ticker: str, age: float, **more) -> Quote:
    made = datetime.now(UTC) - timedelta(seconds=age)
    given = {"price": 1234.5, "change": -0.0123, "currency": "USD", "market": "regular", "calendar": "24/7"} | more
    return Quote(ticker=ticker, time=made, received=made, **given)


def test_quotes_are_shown_with_age_change_and_whether_they_are_stale(command, board) -> None:
    board(quote("KO", 75), quote("PG", 3605, change=None))
    code, said = command("quotes")
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert code == 0
    assert lines["live"].endswith("Connected; [2] tickers are followed.")
    assert "1,234.50 USD" in lines["KO"]
    assert "-1.23%" in lines["KO"]
    assert "1 min 1" in lines["KO"]
    assert "stale" not in lines["KO"]
    assert "1 h 0 min" in lines["PG"]
    assert lines["PG"].split()[-1] == "stale"


def test_some_tickers_can_be_asked_for(command, board) -> None:
    board(quote("KO", 1), quote("PG", 1))
    assert "PG" not in command("quotes", "KO")[1]
    code, said = command("quotes", "MSFT")
    assert code == 1
    assert "no quote of MSFT" in said
    assert "KO, PG" in said


def test_without_a_service_it_says_so(command) -> None:
    code, said = command("quotes")
    assert code == 0
    assert said.startswith("absent")
    assert "has not run here yet" in said


def test_a_service_that_was_killed_is_stopped_and_its_quotes_are_shown(command, board) -> None:
    board(quote("KO", 90), reported=60)
    _, said = command("quotes")
    assert said.startswith("stopped")
    assert "has not reported since" in said
    assert "KO" in said
