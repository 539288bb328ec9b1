"""Quotes on several machines: read everywhere as their one writer left them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from foliohub.data.bucket import Found
from foliohub.quotes import Feed, FeedState, Quote, Snapshot, write_snapshot
from foliohub.quotes.snapshot import read_snapshot, snapshot_file
from hub.carrying import Carrier

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


class Objects:
    """A bucket in memory that counts what is written."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.writes = 0

    def get(self, key: str) -> Found | None:
        return Found(self.kept[key], str(self.writes), 0.0) if key in self.kept else None

    def put(self, key: str, body: bytes, *, kind: str = "") -> str:
        assert kind == "application/json"
        self.kept[key] = body
        self.writes += 1
        return str(self.writes)


def _quoted(price: float) -> Snapshot:
    feed = Feed(state=FeedState.LIVE, detail="Quotes come.", since=NOW, at=NOW)
    quote = Quote(ticker="KO", price=price, currency="USD", time=NOW, received=NOW, market="regular", calendar="XNYS")
    return Snapshot(feed=feed, quotes={"KO": quote})


def test_quotes_are_read_elsewhere_as_they_were_written(tmp_path: Path) -> None:
    bucket, here, there = Objects(), snapshot_file(tmp_path / "here"), snapshot_file(tmp_path / "there")
    sender, receiver = Carrier(bucket, here, out=True), Carrier(bucket, there, out=False)
    sender.carry()
    receiver.carry()
    assert not there.exists(), "nothing was written yet"
    for price in (63.5, 64.0):
        write_snapshot(_quoted(price), here)
        sender.carry()
        receiver.carry()
        assert read_snapshot(there) == _quoted(price)


def test_what_has_not_changed_is_not_carried_again(tmp_path: Path) -> None:
    bucket, here, there = Objects(), snapshot_file(tmp_path / "here"), snapshot_file(tmp_path / "there")
    sender, receiver = Carrier(bucket, here, out=True), Carrier(bucket, there, out=False)
    write_snapshot(_quoted(63.5), here)
    for _ in range(3):
        sender.carry()
        receiver.carry()
    assert bucket.writes == 1
    written = there.stat().st_mtime_ns
    receiver.carry()
    assert there.stat().st_mtime_ns == written
