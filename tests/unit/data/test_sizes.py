"""What a store takes up, and how long writing took: both grow with what is written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from foliohub.data.sizes import WRITE_TIMES
from foliohub.data.store import Store
from foliohub.errors import InputError


def test_sizes_count_bytes_and_versions_by_library(tmp_path: Path) -> None:
    store = Store.open(f"lmdb://{tmp_path / 'store'}?map_size=64MB", locks=tmp_path / "locks")
    before = store.sizes()
    for number in range(3):
        store.write_table("scores/sample/2022-12-28", pd.DataFrame({"value": [float(number)] * 1000}))
    after = store.sizes()
    assert after["results"].versions - before["results"].versions == 3
    assert after["results"].size > before["results"].size
    assert after["prices"] == before["prices"]


def test_writes_are_timed_by_kind_and_those_that_fail_are_not(tmp_path: Path) -> None:
    store = Store.open(f"mem://{tmp_path.name}", locks=tmp_path / "locks")
    counts = {kind: count for kind, (count, _) in WRITE_TIMES.totals().items()}
    store.write_document("notes/one", {"a": 1})
    store.write_table("a/b", pd.DataFrame({"value": [1.0]}))
    close = pd.DataFrame({"A": [1.0]}, pd.DatetimeIndex(["2020-01-02"]))
    store.write_panel("raw/small", {"close": close}, as_of=pd.Timestamp("2020-01-02"))
    with pytest.raises(InputError):
        store.write_document("notes/two", {"a": object()})
    told = WRITE_TIMES.totals()
    assert {kind: count - counts.get(kind, 0) for kind, (count, _) in told.items()} == {
        "document": 1,
        "table": 1,
        "panel": 1,
    }
    assert all(seconds > 0 for _, seconds in told.values())


def test_rows_of_a_version_are_told_without_reading_it(tmp_path: Path) -> None:
    store = Store.open(f"lmdb://{tmp_path / 'store'}?map_size=64MB", locks=tmp_path / "locks")
    for rows in (3, 0, 5):
        store.write_table("scores/sample", pd.DataFrame({"value": [1.0] * rows}))
    assert [store.rows("scores/sample", number) for number in range(4)] == [3, 0, 5, None]
    assert store.rows("scores/none", 0) is None
