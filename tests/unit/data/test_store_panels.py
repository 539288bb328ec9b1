"""Panels come back as they were stored, and a version is whole or absent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from foliohub.data import panel_writer
from foliohub.data.contents import chain_rows
from foliohub.data.store import Store
from foliohub.errors import ContractError, InputError, NotStoredError, StoreError

Make = Callable[..., dict[str, pd.DataFrame]]
DAY = pd.Timestamp("2020-01-15")


def rows(panel: dict[str, pd.DataFrame], start: int | None, stop: int | None) -> dict[str, pd.DataFrame]:
    return {field: frame.iloc[start:stop] for field, frame in panel.items()}


def test_a_panel_comes_back_as_it_was(any_store: Store, make_panel: Make, same_panel: Callable[..., None]) -> None:
    panel = make_panel()
    panel["volume"].iloc[2:5, 1] = np.nan
    version = any_store.write_panel("raw/x", panel, as_of=DAY, metadata={"source": "test"})
    same_panel(any_store.read_panel("raw/x"), panel)
    assert (version.number, version.as_of, version.metadata) == (0, DAY, {"source": "test"})
    assert any_store.versions("raw/x") == (version,)
    assert any_store.panels() == ["raw/x"]


def test_a_part_of_a_panel_is_what_slicing_the_whole_gives(any_store: Store, make_panel: Make) -> None:
    panel = make_panel(dates=20)
    any_store.write_panel("raw/x", panel, as_of=DAY)
    part = any_store.read_panel(
        "raw/x", fields=["volume", "close"], tickers=["C-C", "AA"], start="2020-01-07", end="2020-01-16"
    )
    assert list(part) == ["volume", "close"]
    for field, frame in part.items():
        expected = panel[field].loc["2020-01-07":"2020-01-16", ["C-C", "AA"]]
        pd.testing.assert_frame_equal(frame, expected, check_freq=False)


def test_a_range_without_dates_gives_empty_frames(store: Store, make_panel: Make) -> None:
    store.write_panel("raw/x", make_panel(), as_of=DAY)
    close = store.read_panel("raw/x", fields=["close"], start="2030-01-01")["close"]
    assert close.shape == (0, 3)
    assert isinstance(close.index, pd.DatetimeIndex)


def test_the_same_content_writes_nothing(any_store: Store, make_panel: Make) -> None:
    first = any_store.write_panel("raw/x", make_panel(), as_of=DAY)
    again = any_store.write_panel("raw/x", make_panel(), as_of="2020-01-16", metadata={"other": True})
    assert again == first
    assert len(any_store.versions("raw/x")) == 1


def test_content_does_not_depend_on_how_a_version_came_to_be(any_store: Store, make_panel: Make) -> None:
    panel = make_panel(dates=12)
    whole = any_store.write_panel("raw/whole", panel, as_of=DAY)
    for stop in (5, 9, 12):
        rewritten = any_store.write_panel("raw/rewritten", rows(panel, 0, stop), as_of=DAY)
    any_store.write_panel("raw/extended", rows(panel, 0, 5), as_of=DAY)
    for stop in (6, 7, 12):
        length = len(any_store.read_panel("raw/extended", fields=["close"])["close"])
        extended = any_store.extend_panel("raw/extended", rows(panel, length, stop), as_of=DAY)
    assert whole.content == rewritten.content == extended.content
    for name in ("raw/whole", "raw/rewritten", "raw/extended"):
        assert any_store.content(name, any_store.latest(name).number) == whole.content


def test_the_chain_of_rows_is_what_hashing_them_one_by_one_gives() -> None:
    index = pd.bdate_range("2020-01-02", periods=150)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(150, 3)), index, list("ABC"))
    frame.iloc[3, 1], frame.iloc[4, 2] = np.nan, -0.0
    heads, previous = [], b""
    for stamp, row in zip(index, frame.to_numpy(), strict=True):
        values = np.where(np.isnan(row), np.nan, np.where(row == 0, 0.0, row))
        previous = hashlib.sha256(previous + np.int64(stamp.value).tobytes() + values.tobytes()).digest()
        heads.append(previous.hex())
    assert chain_rows(frame) == heads
    assert chain_rows(frame.iloc[70:], heads[69]) == heads[70:]


@pytest.mark.parametrize(
    "change",
    [
        lambda panel: panel.update(close=panel["close"] * [2, 1, 1]),
        lambda panel: panel.pop("volume"),
        lambda panel: panel.update({field: frame[frame.columns[::-1]] for field, frame in panel.items()}),
        lambda panel: panel.update({field: frame.iloc[1:] for field, frame in panel.items()}),
        lambda panel: panel.update({field: frame.shift(freq="B") for field, frame in panel.items()}),
    ],
    ids=["a value", "a field", "the order of tickers", "the first row", "the dates"],
)
def test_any_difference_is_another_content(
    store: Store, make_panel: Make, same_panel: Callable[..., None], change: Callable[..., object]
) -> None:
    first = store.write_panel("raw/x", make_panel(), as_of=DAY)
    panel = make_panel()
    change(panel)
    second = store.write_panel("raw/x", panel, as_of=DAY)
    assert second.content != first.content
    same_panel(store.read_panel("raw/x"), panel)
    same_panel(store.read_panel("raw/x", version=first.number), make_panel())


def wide_versions(store: Store) -> dict[str, int]:
    found = store._panels.manifest("raw/x")
    assert found is not None
    return {field: part.version for field, part in found[1].fields.items()}


def test_only_what_changed_is_written(store: Store, make_panel: Make, same_panel: Callable[..., None]) -> None:
    panel = make_panel(dates=12)
    store.write_panel("raw/x", rows(panel, 0, 11), as_of=DAY)
    panel["adjusted_close"] *= 0.5
    store.write_panel("raw/x", panel, as_of=DAY)
    assert wide_versions(store) == {field: int(field == "adjusted_close") for field in panel}
    panel["dividend"].iloc[0, 0] = 1.0
    store.write_panel("raw/x", panel, as_of=DAY)
    assert wide_versions(store) == {field: int(field in ("adjusted_close", "dividend")) for field in panel}
    same_panel(store.read_panel("raw/x"), panel)


def test_tickers_come_and_go(store: Store, make_panel: Make, same_panel: Callable[..., None]) -> None:
    old, wider = make_panel(tickers=("AA", "C-C")), make_panel(tickers=("AA", "BB", "C-C", "date", "index"))
    store.write_panel("raw/x", old, as_of=DAY)
    store.write_panel("raw/x", wider, as_of=DAY)
    same_panel(store.read_panel("raw/x"), wider)
    store.write_panel("raw/x", old, as_of=DAY)
    same_panel(store.read_panel("raw/x"), old)
    same_panel(store.read_panel("raw/x", version=1), wider)


def test_recent_rows_are_folded_into_the_wide_frames_on_the_way(
    store: Store, make_panel: Make, same_panel: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_writer, "MOST_RECENT", 3)
    panel = make_panel(dates=30, fields=("close", "volume"))
    store.write_panel("raw/x", rows(panel, 0, 3), as_of=DAY)
    wide = []
    for stop in range(4, 15):
        store.extend_panel("raw/x", rows(panel, stop - 1, stop), as_of=DAY)
        found = store._panels.manifest("raw/x")
        assert found is not None
        assert (found[1].recent is None) == (found[1].wide_rows == found[1].rows)
        wide.append(found[1].wide_rows)
        same_panel(store.read_panel("raw/x"), rows(panel, 0, stop))
    assert wide == [3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11]
    store.extend_panel("raw/x", rows(panel, 14, 30), as_of=DAY)  # more than are ever kept as recent
    same_panel(store.read_panel("raw/x"), panel)
    assert store.latest("raw/x").content == store.write_panel("raw/y", panel, as_of=DAY).content
    for number in range(12):
        same_panel(store.read_panel("raw/x", version=number), rows(panel, 0, 3 + number))


def test_parts_of_recent_rows_are_what_slicing_the_whole_gives(store: Store, make_panel: Make) -> None:
    panel = make_panel(dates=20)
    store.write_panel("raw/x", rows(panel, 0, 12), as_of=DAY)
    for stop in (15, 16, 20):
        store.write_panel("raw/x", rows(panel, 0, stop), as_of=DAY)
    dates = panel["close"].index
    for start, stop in ((0, 11), (0, 12), (11, 12), (12, 12), (12, 19), (13, 14), (19, 19), (5, 17)):
        part = store.read_panel(
            "raw/x", fields=["split", "close"], tickers=["C-C", "B.B"], start=dates[start], end=dates[stop]
        )
        for field in ("split", "close"):
            expected = panel[field].loc[dates[start] : dates[stop], ["C-C", "B.B"]]
            pd.testing.assert_frame_equal(part[field], expected, check_freq=False)


def test_recent_rows_may_be_restated(any_store: Store, make_panel: Make, same_panel: Callable[..., None]) -> None:
    panel = make_panel(dates=14)
    any_store.write_panel("raw/x", rows(panel, 0, 10), as_of=DAY)
    any_store.extend_panel("raw/x", rows(panel, 10, 12), as_of=DAY)
    restated = {field: frame.copy() for field, frame in rows(panel, 0, 13).items()}
    restated["volume"].iloc[11, 0] = 7.0
    any_store.write_panel("raw/x", restated, as_of=DAY)
    assert set(wide_versions(any_store).values()) == {0}
    same_panel(any_store.read_panel("raw/x"), restated)
    restated["close"].iloc[2, 1] = 5.0  # now in the wide frame
    any_store.write_panel("raw/x", restated, as_of=DAY)
    same_panel(any_store.read_panel("raw/x"), restated)
    shorter = rows(restated, 0, 10)
    any_store.write_panel("raw/x", shorter, as_of=DAY)
    same_panel(any_store.read_panel("raw/x"), shorter)
    same_panel(any_store.read_panel("raw/x", version=1), rows(panel, 0, 12))
    any_store.prune({("raw/x", 1)})
    same_panel(any_store.read_panel("raw/x", version=1), rows(panel, 0, 12))
    same_panel(any_store.read_panel("raw/x"), shorter)


def test_rows_that_do_not_fit_are_refused(store: Store, make_panel: Make) -> None:
    panel = make_panel(dates=12)
    with pytest.raises(NotStoredError, match="raw/x"):
        store.extend_panel("raw/x", panel, as_of=DAY)
    version = store.write_panel("raw/x", rows(panel, 0, 10), as_of=DAY)
    with pytest.raises(ContractError, match="start on 2020-01-15; stored are dates up to 2020-01-15"):
        store.extend_panel("raw/x", rows(panel, 9, 12), as_of=DAY)
    with pytest.raises(ContractError, match=r"other fields or tickers.*: B\.B"):
        store.extend_panel("raw/x", {f: d.drop(columns="B.B") for f, d in rows(panel, 10, 12).items()}, as_of=DAY)
    with pytest.raises(ContractError, match=r"other fields or tickers.*: volume"):
        store.extend_panel("raw/x", {f: d for f, d in rows(panel, 10, 12).items() if f != "volume"}, as_of=DAY)
    assert store.extend_panel("raw/x", rows(panel, 0, 0), as_of=DAY) == version


def test_rows_in_another_order_of_tickers_are_put_in_place(
    store: Store, make_panel: Make, same_panel: Callable[..., None]
) -> None:
    panel = make_panel(dates=12)
    store.write_panel("raw/x", rows(panel, 0, 10), as_of=DAY)
    store.extend_panel("raw/x", {f: d[d.columns[::-1]] for f, d in rows(panel, 10, 12).items()}, as_of=DAY)
    same_panel(store.read_panel("raw/x"), panel)


def test_a_writer_killed_before_its_manifest_leaves_no_trace(
    any_store: Store, make_panel: Make, same_panel: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = make_panel(dates=12)
    any_store.write_panel("raw/x", rows(panel, 0, 10), as_of=DAY)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(panel_writer.PanelWriter, "_write_manifest", die)
        with pytest.raises(Killed):
            any_store.extend_panel("raw/x", rows(panel, 10, 11), as_of=DAY)
        with pytest.raises(Killed):
            any_store.write_panel("raw/never", panel, as_of=DAY)
    same_panel(any_store.read_panel("raw/x"), rows(panel, 0, 10))
    assert any_store.panels() == ["raw/x"]
    # The next writer does not build upon what was left.
    any_store.extend_panel("raw/x", rows(panel, 10, 12), as_of=DAY)
    same_panel(any_store.read_panel("raw/x"), panel)
    any_store.prune()
    assert any_store._panels.orphans() == []
    same_panel(any_store.read_panel("raw/x"), panel)


def test_what_is_no_panel_is_refused(store: Store, make_panel: Make) -> None:
    with pytest.raises(ContractError, match="0 dates"):
        store.write_panel("raw/x", make_panel(dates=0), as_of=DAY)
    with pytest.raises(ContractError, match="close a must"):
        store.write_panel("raw/x", make_panel(fields=("open",)), as_of=DAY)
    with pytest.raises(InputError, match="time"):
        store.write_panel("raw/x", make_panel(), as_of=pd.Timestamp("2020-01-15 16:00"))
    with pytest.raises(InputError, match="7 for a ticker"):
        store.write_panel("raw/x", {f: d.set_axis([7, 8, 9], axis=1) for f, d in make_panel().items()}, as_of=DAY)
    with pytest.raises(InputError, match="metadata"):
        store.write_panel("raw/x", make_panel(), as_of=DAY, metadata={"when": DAY})
    assert "raw/x" not in (*store.panels(), *store.tables())


@pytest.mark.parametrize("name", ["", "/x", "x/", "a//b", "../x", ".x", "a b", "x/close", "x/recent", "a" * 181, "ä"])
def test_names_that_some_storage_cannot_keep_are_refused(store: Store, make_panel: Make, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        store.write_panel(name, make_panel(), as_of=DAY)


def test_what_is_not_there_is_named_with_what_is(store: Store, make_panel: Make) -> None:
    with pytest.raises(NotStoredError, match=r"raw/y.*none so far"):
        store.read_panel("raw/y")
    store.write_panel("raw/x", make_panel(), as_of=DAY)
    with pytest.raises(NotStoredError, match=r"raw/y.*Stored are: raw/x"):
        store.read_panel("raw/y")
    with pytest.raises(NotStoredError, match=r"no version 7 of raw/x.*versions are: 0"):
        store.read_panel("raw/x", version=7)
    with pytest.raises(InputError, match=r"ticker in raw/x called 'ZZ'.*AA, B\.B"):
        store.read_panel("raw/x", tickers=["AA", "ZZ"])
    with pytest.raises(InputError, match="field in raw/x called 'vwap'"):
        store.read_panel("raw/x", fields=["vwap"])
    with pytest.raises(StoreError, match="is a panel in the store, not a table"):
        store.write_table("raw/x", pd.DataFrame({"a": [1]}))
