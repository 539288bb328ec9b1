"""Which version a reader gets, and which ones stay."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.errors import InputError, NotStoredError

Make = Callable[..., dict[str, pd.DataFrame]]


def rows(panel: dict[str, pd.DataFrame], stop: int) -> dict[str, pd.DataFrame]:
    return {field: frame.iloc[:stop] for field, frame in panel.items()}


@pytest.fixture
def nightly(any_store: Store, make_panel: Make) -> Store:
    """A panel ingested for its 6th, 7th and 10th date, and once more for the 10th."""
    panel = make_panel(dates=10, fields=("close", "adjusted_close"))
    dates = panel["close"].index
    for stop in (6, 7, 10):
        any_store.write_panel("raw/x", rows(panel, stop), as_of=dates[stop - 1])
    panel["adjusted_close"] *= 0.5
    any_store.write_panel("raw/x", panel, as_of=dates[9])
    return any_store


@pytest.mark.parametrize(
    ("date", "version"),
    [(0, 0), (3, 0), (5, 0), (6, 1), (7, 2), (8, 2), (9, 3)],
)
def test_a_reader_of_the_past_gets_what_was_known_then(nightly: Store, date: int, version: int) -> None:
    day = nightly.read_panel("raw/x")["close"].index[date]
    known = nightly.known_at("raw/x", day)
    assert known.number == version
    assert nightly.read_panel("raw/x", end=day, version=version)["close"].index[-1] == day


def test_a_reader_after_the_last_ingest_gets_the_latest(nightly: Store) -> None:
    assert nightly.known_at("raw/x", "2030-01-02").number == 3


def test_a_history_filled_in_later_is_read_from_its_oldest_version(store: Store, make_panel: Make) -> None:
    panel = make_panel(dates=10)
    store.write_panel("raw/x", panel, as_of="2020-01-15")
    panel["adjusted_close"] *= 0.5
    store.write_panel("raw/x", panel, as_of="2020-01-16")
    assert store.known_at("raw/x", "2020-01-03").number == 0
    with pytest.raises(NotStoredError, match=r"holds nothing for 2019-12-31: its first date is 2020-01-02"):
        store.known_at("raw/x", "2019-12-31")
    with pytest.raises(NotStoredError, match="raw/y"):
        store.known_at("raw/y", "2020-01-03")


def test_pruning_leaves_what_is_named_and_the_latest(nightly: Store) -> None:
    kept = {number: nightly.read_panel("raw/x", version=number) for number in (1, 3)}
    for n in range(3):
        nightly.write_table("weights/x", pd.DataFrame({"w": [float(n)]}))
    removed = nightly.prune({("raw/x", 1), ("weights/x", 0), ("gone", 7)})
    assert removed == (("raw/x", 0), ("raw/x", 2), ("weights/x", 1))
    assert [version.number for version in nightly.versions("raw/x")] == [1, 3]
    for number, panel in kept.items():
        found = nightly.read_panel("raw/x", version=number)
        for field in panel:
            pd.testing.assert_frame_equal(found[field], panel[field])
    assert nightly.read_table("weights/x", version=0)["w"].tolist() == [0.0]
    with pytest.raises(NotStoredError, match="no version 2 of raw/x"):
        nightly.read_panel("raw/x", version=2)
    assert nightly.prune({("raw/x", 1), ("weights/x", 0)}) == ()
    assert nightly.prune() == (("raw/x", 1), ("weights/x", 0))


def test_pruning_sweeps_the_fields_of_versions_that_are_gone(nightly: Store) -> None:
    nightly.prune()
    library = nightly._connection.library("prices")
    assert [len(library.list_versions(f"raw~x~{part}")) for part in ("close", "adjusted_close", "recent")] == [1, 1, 1]


def test_numbers_are_never_used_again(nightly: Store, make_panel: Make) -> None:
    nightly.prune()
    assert nightly.write_panel("raw/x", make_panel(dates=10), as_of="2020-01-16").number == 4


def test_a_snapshot_keeps_its_versions(nightly: Store) -> None:
    nightly.write_table("weights/x", pd.DataFrame({"w": [1.0]}))
    assert nightly.snapshot("audit", {"raw/x": 1}) == {"raw/x": 1}
    assert nightly.snapshot("now") == {"raw/x": 3, "weights/x": 0}
    assert nightly.snapshots() == {"audit": {"raw/x": 1}, "now": {"raw/x": 3, "weights/x": 0}}
    assert nightly.prune() == (("raw/x", 0), ("raw/x", 2))
    with pytest.raises(InputError, match="snapshot 'audit' already"):
        nightly.snapshot("audit")
    with pytest.raises(NotStoredError, match="no version 0 of raw/x to take into the snapshot other"):
        nightly.snapshot("other", {"raw/x": 0})
    nightly.drop_snapshot("audit")
    nightly.drop_snapshot("never made")
    assert nightly.prune() == (("raw/x", 1),)
    assert nightly.documents() == []


def test_compacting_changes_no_value(any_store: Store, make_panel: Make, same_panel: Callable[..., None]) -> None:
    panel = make_panel(dates=10, fields=("close", "volume"))
    for stop in range(2, 11):
        before = any_store.write_panel("raw/x", rows(panel, stop), as_of="2020-01-15", metadata={"n": stop})
    after = any_store.compact("raw/x")
    assert (after.number, after.content, after.metadata) == (before.number + 1, before.content, before.metadata)
    assert any_store.compact("raw/x") == after
    same_panel(any_store.read_panel("raw/x"), panel)
    same_panel(any_store.read_panel("raw/x", version=before.number), panel)
    any_store.extend_panel("raw/x", {f: d.shift(20, freq="B") for f, d in rows(panel, 3).items()}, as_of="2020-02-28")
    assert len(any_store.read_panel("raw/x")["close"]) == 13
    with pytest.raises(NotStoredError, match="raw/y"):
        any_store.compact("raw/y")
    table = any_store.write_table("t", pd.DataFrame({"x": [1]}))
    assert any_store.compact("t") == table
