"""Whatever is stored comes back, through any sequence of writes, extensions, compactions and prunings."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from foliohub.data import panel_writer
from foliohub.data.contents import chain_rows, panel_content
from foliohub.data.store import Store
from foliohub.types import PricePanel

TICKERS = ("AA", "B.B", "BRK-B", "^GSPC", "date", "index", "close")
VALUES = st.floats(width=64, allow_nan=True, allow_infinity=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store.open(f"mem://{uuid.uuid4().hex}", locks=tmp_path_factory.mktemp("locks"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel_writer, "MOST_RECENT", 3)  # so that short panels know recent rows, and folding
        yield opened
    opened.close()


@st.composite
def panels(draw: st.DrawFn, rows: int | None = None) -> dict[str, pd.DataFrame]:
    tickers = draw(st.lists(st.sampled_from(TICKERS), min_size=1, max_size=4, unique=True))
    count = rows or draw(st.integers(1, 12))
    offsets = draw(st.lists(st.integers(-9000, 20_000), min_size=count, max_size=count, unique=True))
    index = pd.DatetimeIndex(sorted(pd.Timestamp("1990-01-01") + pd.Timedelta(days=n) for n in offsets), name="date")
    fields = ["close", *draw(st.sets(st.sampled_from(["open", "volume", "split"]), max_size=2))]
    columns = pd.Index(tickers, dtype=object, name="ticker")
    return {
        field: pd.DataFrame(draw(st_numpy.arrays(np.float64, (count, len(tickers)), elements=VALUES)), index, columns)
        for field in fields
    }


def assert_same(found: PricePanel, expected: PricePanel) -> None:
    assert set(found) == set(expected)
    for field, frame in expected.items():
        pd.testing.assert_frame_equal(found[field], frame, check_freq=False, check_exact=True)


def content_of(panel: PricePanel) -> str:
    return panel_content(tuple(panel["close"]), {field: chain_rows(frame)[-1] for field, frame in panel.items()})


@settings(max_examples=40)
@given(panel=panels())
def test_a_panel_comes_back(store: Store, panel: dict[str, pd.DataFrame]) -> None:
    name = f"raw/{uuid.uuid4().hex}"
    version = store.write_panel(name, panel, as_of="2020-01-02")
    assert_same(store.read_panel(name), panel)
    assert store.content(name, version.number) == version.content == content_of(panel)
    close = panel["close"]
    end = close.index[len(close) // 2]
    part = store.read_panel(name, fields=["close"], tickers=[close.columns[-1]], end=end)["close"]
    pd.testing.assert_frame_equal(part, close.loc[:end, [close.columns[-1]]], check_freq=False, check_exact=True)


@settings(max_examples=20)
@given(steps=st.lists(st.one_of(panels(), st.integers(0, 12), st.sampled_from(["compact", "prune"])), max_size=6))
def test_any_sequence_of_steps_gives_what_was_written_last(store: Store, steps: list[object]) -> None:
    name = f"raw/{uuid.uuid4().hex}"
    whole = {field: frame.copy() for field, frame in _large().items()}
    written: PricePanel = {field: frame.iloc[:1] for field, frame in whole.items()}
    store.write_panel(name, written, as_of="2020-01-02")
    history: dict[int, PricePanel] = {}
    for step in steps:
        if isinstance(step, int):  # grow to that many rows, from the same source
            longer = {field: frame.iloc[: max(1, step)] for field, frame in whole.items()}
            new = {field: frame.loc[written["close"].index[-1] :].iloc[1:] for field, frame in longer.items()}
            extends = len(written["close"].columns) == 3 and list(written) == list(whole) and len(new["close"])
            if extends and written["close"].index[-1] in whole["close"].index:
                store.extend_panel(name, new, as_of="2020-01-02")
                written = {field: pd.concat([frame, new[field]]) for field, frame in written.items()}
        elif isinstance(step, dict):
            store.write_panel(name, step, as_of="2020-01-02")
            written = step
        elif step == "compact":
            store.compact(name)
        else:
            store.prune(keep={(name, number) for number in history})
        latest = store.latest(name)
        history[latest.number] = written
        assert latest.content == content_of(written)
    for number, panel in history.items():
        assert_same(store.read_panel(name, version=number), panel)


def _large() -> dict[str, pd.DataFrame]:
    index = pd.date_range("2200-01-01", periods=12, name="date")
    columns = pd.Index(["A", "B", "C"], dtype=object, name="ticker")
    values = np.random.default_rng(0).normal(size=(12, 3))
    return {field: pd.DataFrame(values * scale, index, columns) for scale, field in enumerate(("close", "volume"), 1)}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(0, 8))
    texts = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    kinds = {
        "text": texts,
        "number": VALUES,
        "count": st.integers(-(2**63), 2**63 - 1),
        "flag": st.booleans(),
        "day": st.none() | st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")),
    }
    types = {"text": object, "number": "float64", "count": "int64", "flag": "bool", "day": "datetime64[ns]"}
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), unique=True, max_size=5))
    values = {kind: draw(st.lists(kinds[kind], min_size=count, max_size=count)) for kind in chosen}
    frame = pd.DataFrame({kind: pd.Series(column, dtype=types[kind]) for kind, column in values.items()})
    return frame if chosen else pd.DataFrame(index=pd.RangeIndex(0))


@settings(max_examples=60)
@given(table=tables())
def test_a_table_comes_back(store: Store, table: pd.DataFrame) -> None:
    name = f"table/{uuid.uuid4().hex}"
    version = store.write_table(name, table)
    found = store.read_table(name)
    pd.testing.assert_frame_equal(found, table, check_exact=True, check_column_type=False)
    assert store.content(name, version.number) == version.content
    assert store.write_table(name, found) == version


@settings(max_examples=40)
@given(
    content=st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_a_document_comes_back(store: Store, content: dict[str, object]) -> None:
    store.write_document("runs/one", content)
    assert store.read_document("runs/one") == content
    assert store.documents("runs/") == [content]
