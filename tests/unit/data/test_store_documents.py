"""Documents: the last write wins, and thousands are listed at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from foliohub.data.store import Store
from foliohub.errors import InputError, NotStoredError

CONTENT = {"id": "r1", "ok": True, "n": 3, "x": 0.1, "none": None, "list": [1, "ä"], "deep": {"a": {"b": []}}}


def test_a_document_comes_back_as_it_was(any_store: Store) -> None:
    any_store.write_document("runs/r1", CONTENT)
    assert any_store.read_document("runs/r1") == CONTENT


def test_the_last_write_wins(any_store: Store) -> None:
    for n in range(4):
        any_store.write_document("runs/r1", {"n": n})
    assert any_store.read_document("runs/r1") == {"n": 3}
    assert any_store.documents() == [{"n": 3}]


def test_documents_are_listed_by_prefix_in_the_order_of_their_names(any_store: Store) -> None:
    for name in ("runs/b.2", "runs/a.1", "runs/a.2", "other/x"):
        any_store.write_document(name, {"name": name})
    assert any_store.document_names("runs/") == ["runs/a.1", "runs/a.2", "runs/b.2"]
    assert any_store.documents("runs/a.") == [{"name": "runs/a.1"}, {"name": "runs/a.2"}]
    assert any_store.documents("nothing/") == []
    assert len(any_store.documents()) == 4


def test_a_document_may_bear_the_name_of_a_folder_of_others(any_store: Store) -> None:
    any_store.write_document("a", {"n": 1})
    any_store.write_document("a/b", {"n": 2})
    assert any_store.documents("a") == [{"n": 1}, {"n": 2}]


def test_what_json_has_no_form_for_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match=r"document runs/x cannot be stored.*set"):
        store.write_document("runs/x", {"a": {1, 2}})
    with pytest.raises(InputError, match="name"):
        store.write_document(".layout", {})


def test_a_missing_document_is_named_with_those_there_are(store: Store) -> None:
    store.write_document("runs/r1", CONTENT)
    with pytest.raises(NotStoredError, match=r"no document runs/r2.*runs/r1"):
        store.read_document("runs/r2")


def test_documents_are_read_by_their_names_and_what_is_gone_is_left_out(any_store: Store) -> None:
    for n in range(3):
        any_store.write_document(f"runs/r{n}", {"n": n})
    assert any_store.documents_of(["runs/r2", "runs/never", "runs/r0"]) == [{"n": 2}, {"n": 0}]
    assert any_store.documents_of([]) == []


def test_a_version_changes_with_every_write_also_after_a_removal(any_store: Store) -> None:
    any_store.write_document("runs/r1", {"n": 1})
    any_store.write_document("runs/other", {"n": 1})
    first = any_store.document_versions("runs/")
    any_store.write_document("runs/r1", {"n": 1})
    second = any_store.document_versions("runs/")
    any_store._documents.remove("runs/r1")
    gone = any_store.document_versions("runs/")
    any_store.write_document("runs/r1", {"n": 1})
    third = any_store.document_versions("runs/")
    assert len({versions["runs/r1"] for versions in (first, second, third)}) == 3
    assert {versions["runs/other"] for versions in (first, second, gone, third)} == {first["runs/other"]}
    assert "runs/r1" not in gone


def test_a_listing_is_good_until_anything_is_written(store: Store) -> None:
    store.write_document("runs/r1", {"n": 1})
    listing = store.listing()
    assert store.recall(listing)
    assert store.document_names() == ["runs/r1"]
    store.write_document("runs/r2", {"n": 2})
    assert not store.recall(listing)
    assert store.document_names() == ["runs/r1", "runs/r2"]
    store._documents.remove("runs/r1")
    assert store.document_names() == ["runs/r2"]


def test_another_process_that_writes_spoils_a_listing(store: Store, tmp_path: Path) -> None:
    store.write_document("runs/r1", {"n": 1})
    listing = store.listing()
    program = (
        "import sys; from pathlib import Path; from foliohub.data.store import Store\n"
        "Store.open(sys.argv[1], locks=Path(sys.argv[2])).write_document('runs/r2', {'n': 2})"
    )
    subprocess.run([sys.executable, "-c", program, store.uri, str(tmp_path / "locks")], check=True)
    assert not store.recall(listing)
    assert store.document_names() == ["runs/r1", "runs/r2"]


def test_where_there_is_no_mark_no_listing_is_good(open_store: Callable[[str], Store]) -> None:
    store = open_store("mem://markless")
    store.write_document("runs/r1", {"n": 1})
    assert not store.recall(store.listing())


def test_a_document_that_was_removed_is_gone_and_removing_it_again_is_no_error(store):
    store.write_document("schedule/requests/a", {"n": 1})
    store.write_document("schedule/requests/b", {"n": 2})
    for _ in range(2):
        store.remove_document("schedule/requests/a")
        assert store.document_names("schedule/") == ["schedule/requests/b"]
        assert store.documents_of(["schedule/requests/a", "schedule/requests/b"]) == [{"n": 2}]
    store.write_document("schedule/requests/a", {"n": 3})
    assert store.read_document("schedule/requests/a") == {"n": 3}
