"""Published tables: what counts, for which date, and that reading again costs no second read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.data.versions import StoredVersion
from foliohub.errors import NotStoredError, StoreError
from foliohub.runs.published import Published
from foliohub.runs.records import RunRecord, RunRecords, Status, run_id

START = datetime(2022, 1, 3, 20, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    store = Store.open(f"lmdb://{tmp_path / 'store'}", locks=tmp_path / "locks")
    yield store
    store.close()


def run(store, as_of, attempt, status, value):
    version = store.write_table(f"weights/sample/{as_of}", pd.DataFrame({"weight": [value]}))
    stored = StoredVersion(name=version.name, number=version.number, content=version.content)
    record = RunRecord(
        id=run_id("daily-rebalance", as_of, attempt),
        job="daily-rebalance",
        as_of=as_of,
        status=status,
        attempt=attempt,
        started_at=START + timedelta(minutes=attempt),
        ended_at=None if status is Status.RUNNING else START + timedelta(hours=1),
        notebook="30_rebalance.ipynb",
        notebook_hash="0",
        parameters={},
        image="local",
        python="3.11",
        written=(stored,),
    )
    return RunRecords(store).save(record)


def test_the_last_attempt_that_succeeded_counts(store):
    run(store, "2022-01-03", 1, Status.SUCCEEDED, 0.1)
    run(store, "2022-01-03", 2, Status.SUCCEEDED, 0.2)
    run(store, "2022-01-03", 3, Status.FAILED, 0.3)
    published = Published(store, RunRecords(store))
    found = published.find("weights", "sample")
    assert found.run.id == "daily-rebalance.2022-01-03.2"
    assert published.read(found)["weight"].tolist() == [0.2]


def test_a_table_that_holds_other_values_than_the_run_published_is_refused(store):
    run(store, "2022-01-03", 1, Status.SUCCEEDED, 0.1)
    published = Published(store, RunRecords(store))
    honest = published.find("weights", "sample")
    other = store.write_table("weights/sample/2022-01-03", pd.DataFrame({"weight": [0.9]}))
    forged = replace(honest, version=honest.version.model_copy(update={"number": other.number}))
    with pytest.raises(StoreError, match="does not hold the values that were recorded"):
        published.read(forged)


def test_dates_come_in_order_and_the_last_is_the_default(store):
    for as_of in ("2022-01-05", "2022-01-03", "2022-01-04"):
        run(store, as_of, 1, Status.SUCCEEDED, 1.0)
    published = Published(store, RunRecords(store))
    assert [one.as_of for one in published.list("weights", "sample")] == ["2022-01-03", "2022-01-04", "2022-01-05"]
    assert published.find("weights", "sample").as_of == "2022-01-05"
    assert published.find("weights", "sample", "2022-01-03").as_of == "2022-01-03"


def test_nothing_published_says_what_to_do(store):
    published = Published(store, RunRecords(store))
    with pytest.raises(NotStoredError, match="foliohub cycle"):
        published.find("weights", "sample")
    run(store, "2022-01-03", 1, Status.SUCCEEDED, 1.0)
    with pytest.raises(NotStoredError, match="2022-01-03"):
        published.find("weights", "sample", "2022-01-04")


def test_records_that_ended_are_read_once_and_running_ones_again(store):
    run(store, "2022-01-03", 1, Status.RUNNING, 1.0)
    records = RunRecords(store)
    assert [record.status for record in records.list()] == [Status.RUNNING]
    ended = run(store, "2022-01-03", 1, Status.SUCCEEDED, 1.0)
    assert records.list() == [ended]
    store.documents = store.read_document = None  # any further read fails
    assert records.list() == [ended]
    assert records.list("daily-rebalance", "2022-01-03") == [ended]
    assert records.list("daily-ingest") == []
