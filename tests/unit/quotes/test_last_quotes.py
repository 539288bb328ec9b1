"""Who reads the last quotes sees whole files, knows how old they are, and hears of changes without asking."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from foliohub.quotes import Feed, FeedState, LastQuotes, Quote, Snapshot, write_snapshot

NOW = datetime(2019, 7, 1, 14, 0, tzinfo=UTC)


def quote(ticker: str = "KO", price: float = 50.0, made: datetime = NOW) -> Quote:
    return Quote(ticker=ticker, price=price, change=0.01, time=made, received=made, market="regular", day_volume=9)


def snapshot(*quotes: Quote, state: FeedState = FeedState.LIVE, at: datetime = NOW) -> Snapshot:
    feed = Feed(state=state, detail="As it is.", since=NOW, at=at)
    return Snapshot(feed=feed, quotes={quote.ticker: quote for quote in quotes})


@pytest.fixture
def last(tmp_path):
    return LastQuotes(tmp_path, now=lambda: NOW + timedelta(seconds=10))


def test_what_is_written_is_read(last) -> None:
    written = snapshot(quote("KO"), quote("BF.B", 61.5))
    write_snapshot(written, last.file)
    assert last.read() == written.quotes
    assert last.state is FeedState.LIVE
    assert last.age == timedelta(seconds=10)
    assert last.ages() == {"KO": timedelta(seconds=10), "BF.B": timedelta(seconds=10)}
    assert [path.name for path in last.file.parent.iterdir()] == ["last.json"]


def test_without_a_service_there_are_no_quotes_and_no_error(last) -> None:
    assert (last.read(), last.state, last.age, last.ages()) == ({}, FeedState.ABSENT, None, {})
    assert "has not run" in last.feed.detail


@pytest.mark.parametrize("content", ["", "{", "[]", '{"feed": 1}', "\x00\xff", '{"quotes": {}}'])
def test_a_damaged_file_is_told_not_raised(last, content) -> None:
    last.file.parent.mkdir(parents=True)
    last.file.write_text(content, encoding="latin-1")
    assert (last.read(), last.state) == ({}, FeedState.ABSENT)
    assert "last.json" in last.feed.detail


def test_a_service_that_does_not_report_is_stopped_and_its_quotes_stay(tmp_path) -> None:
    last = LastQuotes(tmp_path, now=lambda: NOW + timedelta(seconds=31))
    write_snapshot(snapshot(quote()), last.file)
    assert last.state is FeedState.STOPPED
    assert "since 2019-07-01 14:00:00" in last.feed.detail
    assert last.read() == {"KO": quote()}


def test_stale_quotes_are_named(last) -> None:
    old = quote("PG", made=NOW - timedelta(minutes=3))
    assert snapshot(quote("KO"), old).stale(NOW) == ("PG",)


def test_a_reader_never_sees_a_part_of_a_file(last) -> None:
    sizes = [snapshot(*(quote(f"T{n}") for n in range(count))) for count in (1, 400)]
    write_snapshot(sizes[0], last.file)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for one in sizes:
                write_snapshot(one, last.file)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert len(last.read()) in (1, 400)
    finally:
        stop.set()
        writer.join()


def updates(last, writes, count, every=0.01):
    """What `changes` yields while a list of snapshots is written, one after each update."""

    async def run():
        got = []
        async for update in last.changes(every):
            got.append(update)
            if len(got) == count:
                return got
            if writes:
                write_snapshot(writes.pop(0), last.file)
        return got

    async def bounded():
        async with asyncio.timeout(5):
            return await run()

    return asyncio.run(bounded())


def test_changes_begin_with_everything_and_go_on_with_what_is_new(last) -> None:
    write_snapshot(snapshot(quote("KO"), quote("PG")), last.file)
    later = quote("KO", 51.0)
    got = updates(last, [snapshot(later, quote("PG")), snapshot(later, state=FeedState.SILENT)], 3)
    assert [sorted(update.quotes) for update in got] == [["KO", "PG"], ["KO"], []]
    assert got[1].quotes == {"KO": later}
    assert (got[2].feed.state, got[2].gone) == (FeedState.SILENT, ("PG",))


def test_changes_begin_before_the_service_does(last) -> None:
    got = updates(last, [snapshot(quote("KO"))], 2)
    assert [update.feed.state for update in got] == [FeedState.ABSENT, FeedState.LIVE]
    assert sorted(got[1].quotes) == ["KO"]


def test_a_report_that_says_nothing_new_is_no_change(last) -> None:
    write_snapshot(snapshot(quote("KO")), last.file)
    got = updates(last, [snapshot(quote("KO"), at=NOW + timedelta(seconds=5)), snapshot(quote("KO", 51.0))], 1)
    assert len(got) == 1

    async def second():
        changes = last.changes(0.01)
        await anext(changes)
        write_snapshot(snapshot(quote("KO"), at=NOW + timedelta(seconds=6)), last.file)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(changes), 0.3)

    asyncio.run(second())


def test_a_killed_service_is_a_change_although_the_file_stays(tmp_path) -> None:
    clock = [NOW]
    last = LastQuotes(tmp_path, now=lambda: clock[0])
    write_snapshot(snapshot(quote()), last.file)

    async def run():
        changes = last.changes(0.01)
        first = await anext(changes)
        clock[0] = NOW + timedelta(minutes=1)
        second = await asyncio.wait_for(anext(changes), 5)
        clock[0] = NOW + timedelta(minutes=2)
        with pytest.raises(TimeoutError):  # told once
            await asyncio.wait_for(anext(changes), 0.2)
        return first, second

    first, second = asyncio.run(run())
    assert (first.feed.state, second.feed.state) == (FeedState.LIVE, FeedState.STOPPED)


def test_waiting_for_changes_costs_next_to_nothing(last) -> None:
    write_snapshot(snapshot(*(quote(f"T{n}") for n in range(500))), last.file)

    async def wait():
        changes = last.changes()
        await anext(changes)
        before = time.process_time()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(changes), 2)
        return time.process_time() - before

    assert asyncio.run(wait()) < 0.1
