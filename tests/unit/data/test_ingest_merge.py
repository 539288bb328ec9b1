"""Joining answers to what is stored: pure, idempotent, and honest about what the vendor changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foliohub.data.restatements import (
    DUPLICATE_COLUMNS,
    FETCHED_COLUMNS,
    RESTATEMENT_COLUMNS,
    duplicates,
    known_cells,
    merge,
    overlap_disagrees,
    to_long,
)
from foliohub.frames import FIELDS, check_panel
from foliohub.types import PricePanel

DATES = pd.bdate_range("2020-01-02", periods=12, name="date")


def bars(first: int = 0, last: int = 12, seed: int = 0, **fields: object) -> pd.DataFrame:
    """Bars of the dates from `first` up to `last`: the same seed gives the same values on the same dates."""
    values = np.random.default_rng(seed).uniform(1, 100, (len(DATES), len(FIELDS)))
    frame = pd.DataFrame(values, index=DATES, columns=list(FIELDS)).iloc[first:last].copy()
    for field, value in fields.items():
        frame[field] = value
    return frame


def same(found: PricePanel, expected: PricePanel) -> None:
    assert list(found) == list(expected)
    for field, frame in expected.items():
        pd.testing.assert_frame_equal(found[field], frame, check_exact=True)


def naive_merge(previous: PricePanel | None, fetched: pd.DataFrame) -> dict[str, dict[tuple[str, pd.Timestamp], float]]:
    """Cell by cell, without tolerance: what :func:`merge` promises."""
    cells: dict[str, dict[tuple[str, pd.Timestamp], float]] = {field: {} for field in FIELDS}
    if previous is not None:
        for field in FIELDS:
            cells[field] = {(t, d): v for t, column in previous[field].items() for d, v in column.items() if v == v}
    for ticker, rows in fetched.groupby("ticker"):
        for field in FIELDS:
            for key in list(cells[field]):
                if key[0] == ticker and rows["date"].min() <= key[1] <= rows["date"].max():
                    del cells[field][key]
            for row in rows.to_dict("records"):
                cells[field].pop((ticker, row["date"]), None)
                if row[field] == row[field]:
                    cells[field][ticker, row["date"]] = row[field]
    return cells


answers = st.dictionaries(
    st.sampled_from(["AA", "B.B", "C-C", "D"]),
    st.builds(
        lambda rows, seed, gaps: bars(min(rows), max(rows) + 1, seed).drop(
            index=[DATES[g] for g in gaps if min(rows) < g < max(rows)]
        ),
        st.tuples(st.integers(0, 11), st.integers(0, 11)),
        st.integers(0, 2),
        st.sets(st.integers(0, 11), max_size=3),
    ),
    max_size=4,
)


@settings(max_examples=25)
@given(st.lists(answers, min_size=1, max_size=3))
def test_merging_is_what_its_slow_twin_does(asked: list[dict[str, pd.DataFrame]]) -> None:
    panel: PricePanel | None = None
    for answer in asked:
        fetched = to_long(answer)
        if panel is None and fetched.empty:
            continue
        expected = naive_merge(panel, fetched)
        panel, _ = merge(panel, fetched)
        check_panel(panel)
        for field, frame in panel.items():
            found = {(t, d): v for t, column in frame.items() for d, v in column.items() if v == v}
            assert found == expected[field]


@settings(max_examples=25)
@given(st.lists(answers.filter(bool), min_size=1, max_size=3))
def test_merging_twice_changes_nothing(asked: list[dict[str, pd.DataFrame]]) -> None:
    panel: PricePanel | None = None
    for answer in asked:
        panel, _ = merge(panel, to_long(answer))
        again, restated = merge(panel, to_long(answer))
        same(again, panel)
        assert restated.empty


@settings(max_examples=25)
@given(answers.filter(bool), answers, st.randoms())
def test_the_order_of_tickers_does_not_matter(
    first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame], random: object
) -> None:
    panel, _ = merge(None, to_long(first))
    names = list(second)
    random.shuffle(names)  # type: ignore[attr-defined]
    one, restated = merge(panel, to_long(second))
    other, restated_too = merge(panel, to_long({name: second[name] for name in names}))
    same(other, one)
    pd.testing.assert_frame_equal(restated, restated_too)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), st.integers(1, 4), st.integers(0, 8))
def test_night_by_night_gives_what_all_at_once_gives(ends: list[int], overlap: int, late: int) -> None:
    # A vendor that never changes the past; the second ticker is listed late.
    def fetched(start: int, end: int) -> pd.DataFrame:
        asked = {"AA": bars(start, end, 1), "LATE": bars(max(start, late), end, 2)}
        return to_long({ticker: answer for ticker, answer in asked.items() if len(answer)})

    whole, _ = merge(None, fetched(0, max(ends)))
    panel: PricePanel | None = None
    done = 0
    for end in sorted(ends):
        panel, restated = merge(panel, fetched(max(0, done - overlap), end))
        assert restated.empty
        done = end
    assert panel is not None
    same(panel, whole)


def restate(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    panel, _ = merge(None, to_long({"AA": before, "OTHER": bars(seed=9)}))
    _, restated = merge(panel, to_long({"AA": after}))
    assert tuple(restated.columns) == RESTATEMENT_COLUMNS
    return restated


def test_a_dividend_rescales_the_past() -> None:
    before = bars(0, 10)
    after = bars(0, 12)
    after.iloc[:7, FIELDS.index("adjusted_close")] *= 0.995
    row = restate(before, after).to_dict("records")
    assert len(row) == 1
    assert (row[0]["ticker"], row[0]["field"], row[0]["kind"], row[0]["values_changed"]) == (
        "AA",
        "adjusted_close",
        "rescaled",
        7,
    )
    assert (row[0]["first_date"], row[0]["last_date"]) == (DATES[0], DATES[6])
    assert row[0]["factor"] == pytest.approx(0.995, abs=1e-12)
    assert row[0]["largest_relative_change"] == pytest.approx(0.005, abs=1e-12)


def test_two_factors_are_a_change_and_no_rescaling() -> None:
    after = bars()
    after.iloc[:3, FIELDS.index("adjusted_close")] *= 0.5
    after.iloc[3:6, FIELDS.index("adjusted_close")] *= 0.9
    row = restate(bars(), after).iloc[0]
    assert (row["kind"], row["values_changed"]) == ("changed", 6)
    assert np.isnan(row["factor"])
    assert row["largest_relative_change"] == pytest.approx(0.5)


def test_what_comes_and_goes_in_the_past_is_told() -> None:
    before, after = bars(), bars()
    before.iloc[4, FIELDS.index("volume")] = np.nan
    after = after.drop(index=DATES[6])
    rows = restate(before, after).set_index(["field", "kind"])
    assert rows.loc["volume"]["values_changed"].tolist() == [2]
    assert rows.loc[("volume", "changed"), ["first_date", "last_date"]].tolist() == [DATES[4], DATES[6]]
    assert rows.loc[("close", "removed"), ["first_date", "last_date"]].tolist() == [DATES[6], DATES[6]]


def test_rounding_is_no_restatement_and_leaves_what_is_stored() -> None:
    panel, _ = merge(None, to_long({"AA": bars()}))
    again, restated = merge(panel, to_long({"AA": bars() * (1 + 2e-7)}))
    assert restated.empty
    same(again, panel)


def test_new_dates_are_no_restatement() -> None:
    assert restate(bars(2, 8), bars(0, 12)).loc[lambda rows: rows["kind"] != "filled"].empty
    assert restate(bars(0, 8), bars(4, 12)).empty


def test_history_before_the_first_stored_date_counts_as_filled() -> None:
    rows = restate(bars(2, 8), bars(0, 12))
    assert set(rows["kind"]) == {"filled"}
    assert set(rows["last_date"]) == {DATES[1]}


def test_the_last_of_several_rows_of_a_date_stands_and_the_others_are_reported() -> None:
    twice = pd.concat([bars(), bars(3, 5, seed=7)])
    fetched = to_long({"AA": twice, "OTHER": bars(seed=9)})
    panel, _ = merge(None, fetched)
    assert panel["close"].loc[DATES[3], "AA"] == bars(3, 4, seed=7)["close"].item()
    events = duplicates(fetched)
    assert tuple(events.columns) == DUPLICATE_COLUMNS
    assert events[["ticker", "date", "rule"]].values.tolist() == [
        ["AA", DATES[3], "duplicate_date"],
        ["AA", DATES[3], "unordered_dates"],
        ["AA", DATES[4], "duplicate_date"],
    ]
    assert events["received"].iloc[0] == bars()["close"].iloc[3]


def test_rows_out_of_order_are_sorted_and_reported() -> None:
    shuffled = bars().iloc[[0, 2, 1, *range(3, 12)]]
    panel, _ = merge(None, to_long({"AA": shuffled}))
    same(panel, merge(None, to_long({"AA": bars()}))[0])
    events = duplicates(to_long({"AA": shuffled}))
    assert events[["rule", "date", "action"]].values.tolist() == [["unordered_dates", DATES[1], "repaired"]]
    assert duplicates(to_long({"AA": bars()})).empty


def test_what_was_fetched_comes_in_one_form() -> None:
    assert tuple(to_long({}).columns) == tuple(to_long({"AA": bars()}).columns) == FETCHED_COLUMNS
    assert to_long({}).dtypes.equals(to_long({"AA": bars()}).dtypes)


def test_dates_that_are_no_sessions_stay_in_the_raw_panel() -> None:
    saturday = bars(0, 3).set_axis(pd.DatetimeIndex(["2020-01-02", "2020-01-03", "2020-01-04"], name="date"))
    panel, _ = merge(None, to_long({"AA": saturday}))
    assert pd.Timestamp("2020-01-04") in panel["close"].index


@pytest.mark.parametrize(
    ("answer", "disagrees"),
    [
        (bars(5, 12), False),
        (bars(5, 8), False),
        (bars(8, 12), False),
        (bars(5, 12).iloc[::-1], False),
        (bars(5, 12) * (1 + 1e-7), False),
        (bars(5, 12).drop(index=DATES[6]), True),
        (bars(5, 12, adjusted_close=1.0), True),
        (bars(5, 12, volume=np.nan), True),
        (bars(5, 12, seed=3), True),
    ],
)
def test_an_overlap_agrees_or_does_not(answer: pd.DataFrame, disagrees: bool) -> None:
    panel, _ = merge(None, to_long({"AA": bars(0, 9), "OTHER": bars(seed=9)}))
    stored = pd.DataFrame({field: panel[field]["AA"] for field in FIELDS}).iloc[5:9]
    assert overlap_disagrees(pd.DatetimeIndex(stored.index), stored.to_numpy(), answer) == disagrees
    _, restated = merge(panel, to_long({"AA": answer}))
    assert (not restated.empty) == disagrees


def test_known_cells_are_those_with_any_value() -> None:
    panel = {"close": pd.DataFrame([[1.0, np.nan]]), "volume": pd.DataFrame([[np.nan, np.nan]])}
    assert known_cells(panel).tolist() == [[True, False]]
