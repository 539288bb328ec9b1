"""Documents: the last write wins, and thousands are listed at once."""

from __future__ import annotations

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
