"""Tables come back as they were stored: types, texts, missing values, empty ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.data.store import Store
from foliohub.errors import ContractError, InputError, NotStoredError, StoreError

MIXED = pd.DataFrame(
    {
        "text": ["a", None, "", "日本 😀"],
        "number": [1.5, np.nan, -0.0, np.inf],
        "count": [1, -2, 3, 2**60],
        "flag": [True, False, True, False],
        "day": pd.to_datetime(["2020-01-02", None, "1969-12-31", "2020-01-02 10:30"], format="ISO8601"),
        "single": np.array([1, 2, 3, 4], dtype=np.float32),
        "small": np.array([1, 2, 3, 4], dtype=np.int8),
    }
)
DATED = pd.DataFrame(
    {"weight": [0.5, 0.25, 0.25]}, index=pd.DatetimeIndex(["2020-01-03", "2020-01-02", "2020-01-02"], name="date")
)


@pytest.mark.parametrize(
    "frame",
    [MIXED, MIXED.iloc[:0], MIXED[["text"]].iloc[:0], MIXED.iloc[[1]], DATED, DATED.iloc[:0], pd.DataFrame()],
    ids=["mixed", "empty", "empty text", "missing only", "dates", "no dates", "nothing"],
)
def test_a_table_comes_back_as_it_was(any_store: Store, frame: pd.DataFrame) -> None:
    frame = frame if isinstance(frame.index, pd.DatetimeIndex) else frame.reset_index(drop=True)
    version = any_store.write_table("some/table", frame, metadata={"run": "r1"})
    pd.testing.assert_frame_equal(any_store.read_table("some/table"), frame)
    assert any_store.versions("some/table") == (version,)
    assert any_store.content("some/table", version.number) == version.content
    assert any_store.write_table("some/table", frame.copy()) == version


def test_every_version_stays_readable(any_store: Store) -> None:
    versions = [any_store.write_table("t", pd.DataFrame({"x": [float(n)]})) for n in range(4)]
    assert [version.number for version in versions] == [0, 1, 2, 3]
    assert len({version.content for version in versions}) == 4
    for n, version in enumerate(versions):
        assert any_store.read_table("t", version=version.number)["x"].tolist() == [float(n)]
    assert any_store.latest("t") == versions[-1]
    assert any_store.tables() == ["t"]


def test_every_way_to_write_a_missing_text_is_one_content(store: Store) -> None:
    first = store.write_table("t", pd.DataFrame({"s": ["a", None]}))
    assert store.write_table("t", pd.DataFrame({"s": ["a", np.nan]})) == first
    assert store.write_table("t", pd.DataFrame({"s": pd.array(["a", pd.NA], dtype="string")})) == first


@pytest.mark.parametrize(
    "other",
    [
        MIXED.rename(columns={"text": "Text"}),
        MIXED[MIXED.columns[::-1]],
        MIXED.assign(text=["a", "None", "", "日本 😀"]),
        MIXED.assign(number=[1.5, 0.0, -0.0, np.inf]),
        MIXED.assign(small=MIXED["small"].astype("int16")),
        MIXED.iloc[:3],
    ],
    ids=["a column's name", "their order", "a text", "a number", "a type", "a row"],
)
def test_any_difference_is_another_version(store: Store, other: pd.DataFrame) -> None:
    first = store.write_table("t", MIXED)
    second = store.write_table("t", other)
    assert (second.number, second.content != first.content) == (1, True)


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (pd.DataFrame({"x": [1, "a"]}), r"column 'x' holds 1 of type int"),
        (pd.DataFrame({"x": [pd.Timestamp("2020-01-01").date()]}), r"of type date"),
        (pd.DataFrame({"x": pd.Categorical(["a"])}), r"of type category"),
        (pd.DataFrame({"x": pd.to_datetime(["2020-01-01"], utc=True)}), r"UTC"),
        (pd.DataFrame({1: [1.0]}), r"columns \[1\]"),
        (pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]), r"columns \['a', 'a'\]"),
        (pd.DataFrame({"x": [1.0]}, index=["a"]), r"reset_index"),
        (DATED.tz_localize("UTC"), r"reset_index"),
        (pd.DataFrame({"x": [1.0, 2.0]}, index=[1, 2]), r"reset_index"),
    ],
)
def test_what_would_not_come_back_is_refused(store: Store, frame: pd.DataFrame, complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        store.write_table("t", frame)
    assert "t" not in (*store.panels(), *store.tables())


def test_what_is_not_there_is_named_with_what_is(store: Store) -> None:
    with pytest.raises(NotStoredError, match="no table weights/x"):
        store.read_table("weights/x")
    store.write_table("weights/y", DATED)
    with pytest.raises(NotStoredError, match="Stored there are: weights/y"):
        store.read_table("weights/x")
    with pytest.raises(NotStoredError, match="no version 3 of weights/y"):
        store.read_table("weights/y", version=3)
    for ask in (store.latest, store.versions):
        with pytest.raises(NotStoredError, match=r"Nothing is stored as weights/x\. Stored there are: weights/y"):
            ask("weights/x")
        with pytest.raises(NotStoredError, match="Ingest prices first: `foliohub run daily-ingest`"):
            ask("raw/x")
    with pytest.raises(InputError, match="metadata"):
        store.write_table("weights/y", DATED * 2, metadata={"x": object()})
    assert "weights/x" not in (*store.panels(), *store.tables())


def test_a_name_is_a_panel_or_a_table_never_both(store: Store) -> None:
    store.write_table("t", DATED)
    close = pd.DataFrame({"A": [1.0]}, index=pd.DatetimeIndex(["2020-01-02"]))
    with pytest.raises(StoreError, match="t is a table in the store, not a panel"):
        store.write_panel("t", {"close": close}, as_of="2020-01-02")
