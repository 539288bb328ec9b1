"""Records that one process read and another took over: whatever was written since, both list the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foliohub.data.store import Store
from foliohub.runs.known import KnownRuns
from foliohub.runs.records import RunRecord, RunRecords, Status, run_id

START = datetime(2021, 1, 4, 23, tzinfo=UTC)
COUNT = 60


def record(number: int, *, attempt: int = 1, status: Status = Status.SUCCEEDED, image: str = "local") -> RunRecord:
    started = START + timedelta(days=number, minutes=attempt)
    return RunRecord(
        id=run_id("daily-ingest", f"{started:%Y-%m-%d}", attempt),
        job="daily-ingest",
        as_of=f"{started:%Y-%m-%d}",
        status=status,
        attempt=attempt,
        started_at=started,
        ended_at=None if status is Status.RUNNING else started + timedelta(seconds=9),
        notebook="10_ingest.ipynb",
        notebook_hash="0",
        parameters={"universe": "sample"},
        image=image,
        python="3.11",
    )


def again(store: Store, records: RunRecords) -> None:
    """As if somebody had tidied up, and the job had started from its first attempt."""
    store.remove_document(f"runs/{record(3).id}")
    records.save(record(3, image="another"))


CHANGES: dict[str, Callable[[Store, RunRecords], object]] = {
    "nothing": lambda store, records: None,
    "another run": lambda store, records: records.save(record(COUNT)),
    "many more": lambda store, records: [records.save(record(COUNT + n)) for n in range(12)],
    "a second attempt": lambda store, records: records.save(record(3, attempt=2)),
    "one that ran has ended": lambda store, records: records.save(record(COUNT - 1)),
    "one that ran has failed": lambda store, records: records.save(record(COUNT - 1, status=Status.FAILED)),
    "removed": lambda store, records: store.remove_document(f"runs/{record(3).id}"),
    "removed and run again": again,
    "written over": lambda store, records: records.save(record(3, image="another")),
    "something else": lambda store, records: store.write_document("schedule/x", {}),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(f"lmdb://{tmp_path}/store", locks=tmp_path / "locks")
    records = RunRecords(opened)
    for number in range(COUNT - 1):
        records.save(record(number))
    records.save(record(COUNT - 1, status=Status.RUNNING))
    return opened


@pytest.fixture
def known(store: Store) -> KnownRuns:
    return KnownRuns.read(store, RunRecords(store))


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_takes_over_lists_what_reading_everything_lists(store: Store, known: KnownRuns, change: str) -> None:
    CHANGES[change](store, RunRecords(store))
    heir = RunRecords(store)
    known.hand_to(store, heir)
    assert heir.list() == RunRecords(store).list()


def test_what_changes_later_is_seen_too(store: Store, known: KnownRuns) -> None:
    heir = RunRecords(store)
    known.hand_to(store, heir)
    for change in ("another run", "a second attempt", "one that ran has ended", "removed"):
        CHANGES[change](store, RunRecords(store))
        assert heir.list() == RunRecords(store).list()


def test_only_what_is_new_is_read(store: Store, known: KnownRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    RunRecords(store).save(record(COUNT))
    heir, read = RunRecords(store), []
    known.hand_to(store, heir)
    document = store.read_document
    monkeypatch.setattr(store, "read_document", lambda name: [read.append(name), document(name)][1])
    monkeypatch.setattr(store, "documents_of", lambda names: pytest.fail(f"reads {names}"))
    heir.list()
    assert read == [f"runs/{record(COUNT - 1).id}", f"runs/{record(COUNT).id}"]


def test_a_run_under_way_is_not_handed_on(store: Store, known: KnownRuns) -> None:
    assert len(known.ended) == COUNT - 1
    assert f"runs/{record(COUNT - 1).id}" not in known.ended


def test_a_record_that_is_written_while_they_are_read_is_not_handed_on(store: Store) -> None:
    class Slow(RunRecords):
        def list(self, job: str | None = None, as_of: str | None = None) -> list[RunRecord]:
            found = super().list(job, as_of)
            self.save(record(7, image="another"))
            return found

    known = KnownRuns.read(store, Slow(store))
    assert f"runs/{record(7).id}" not in known.ended
    heir = RunRecords(store)
    known.hand_to(store, heir)
    assert heir.list() == RunRecords(store).list()


def test_the_records_of_another_store_are_not_taken_over(store: Store, known: KnownRuns, tmp_path: Path) -> None:
    other = Store.open(f"lmdb://{tmp_path}/other", locks=tmp_path / "locks")
    RunRecords(other).save(record(0, image="another"))
    heir = RunRecords(other)
    known.hand_to(other, heir)
    assert [found.image for found in heir.list()] == ["another"]


def test_without_a_mark_versions_alone_tell(tmp_path: Path) -> None:
    store = Store.open("mem://known-runs", locks=tmp_path / "locks")
    records = RunRecords(store)
    for number in range(5):
        records.save(record(number))
    known = KnownRuns.read(store, RunRecords(store))
    assert len(known.ended) == 5
    again(store, records)
    heir = RunRecords(store)
    known.hand_to(store, heir)
    assert heir.list() == RunRecords(store).list()
