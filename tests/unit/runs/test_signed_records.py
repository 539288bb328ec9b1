"""Signed run records: what somebody else wrote into the store is shown as such, and nothing of it counts."""

from __future__ import annotations

import pytest

from foliohub.errors import NotStoredError, SignatureError
from foliohub.runs.published import Published
from foliohub.runs.records import RunRecords, Status
from foliohub.signatures import KeyFiles, Seal

from .test_published import run, store

__all__ = ["store"]
SEAL = Seal.generate()


@pytest.fixture
def records(store) -> RunRecords:
    return RunRecords(store, SEAL)


def signed(records: RunRecords, *arguments: object) -> str:
    return records.save(run(*arguments)).id


def test_a_record_without_signature_counts_for_nothing(store, records):
    forged = run(store, "2022-01-04", 1, Status.SUCCEEDED, 1.0)
    (read,) = records.list()
    assert (read.status, read.written) == (Status.UNSIGNED, forged.written)
    assert read.error is not None
    assert read.error.message == "The record says 'succeeded', and does not count: it carries no signature."
    assert records.get(forged.id).status is Status.UNSIGNED
    assert records.succeeded("daily-rebalance", "2022-01-04") is None
    assert records.published("weights/sample/2022-01-04", "2022-01-04") is None
    with pytest.raises(NotStoredError):
        Published(store, records).find("weights", "sample")


def test_a_signed_one_counts_until_somebody_changes_it(store, records):
    identifier = signed(records, store, "2022-01-04", 1, Status.SUCCEEDED, 1.0)
    assert Published(store, records).find("weights", "sample").run.id == identifier
    document = store.read_document(f"runs/{identifier}")
    store.write_document(f"runs/{identifier}", {**document, "as_of": "2022-01-05"})
    again = RunRecords(store, SEAL).get(identifier)
    assert again.status is Status.UNSIGNED
    assert "its signature is not that of its content" in str(again.error)


def test_a_forged_copy_under_another_name_hides_none(store, records):
    identifier = signed(records, store, "2022-01-04", 1, Status.SUCCEEDED, 1.0)
    for number in range(10):  # read one by one, or all in one go
        content = store.read_document(f"runs/{identifier}") | {"status": "failed", "signature": None}
        store.write_document(f"runs/daily-rebalance.2022-01-04.x{number}", content)
        found = RunRecords(store, SEAL).list()
        assert [record.status for record in found if record.id == identifier] == [Status.SUCCEEDED]


def test_who_has_no_key_saves_nothing_and_reads_what_was_signed(store, tmp_path):
    mine = Seal(KeyFiles(tmp_path / "keys" / "signing.pem", tmp_path / "accepted"))
    identifier = signed(RunRecords(store, mine), store, "2022-01-04", 1, Status.SUCCEEDED, 1.0)
    (tmp_path / "keys").rename(tmp_path / "out of reach")
    (tmp_path / "keys").write_text("no folder")
    confined = RunRecords(store, Seal(KeyFiles(tmp_path / "keys" / "signing.pem", tmp_path / "accepted")))
    record = confined.get(identifier)
    assert record.status is Status.SUCCEEDED
    with pytest.raises(SignatureError, match="cannot sign"):
        confined.save(record.model_copy(update={"status": Status.FAILED}))
    assert confined.get(identifier) == record
