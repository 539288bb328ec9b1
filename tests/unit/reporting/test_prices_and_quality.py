"""Prices and data quality."""

import numpy as np
import pandas as pd
import pytest

from foliohub.reporting import (
    coverage_heatmap,
    index_comparison,
    price_panel,
    quality_table,
    quality_timeline,
)


def days(count, start="2022-01-03"):
    return pd.bdate_range(start, periods=count)


def test_each_ticker_starts_at_100_at_its_own_first_price(provenance):
    prices = pd.DataFrame({"A": [10.0, 11.0, 12.0], "B": [np.nan, 50.0, 75.0]}, index=days(3))
    figure = price_panel(prices, provenance=provenance)
    assert figure.data[0].y == pytest.approx([100, 110, 120])
    assert figure.data[1].y == pytest.approx([100, 150])


def test_returns_of_less_than_a_year_are_not_annualised(provenance):
    prices = pd.DataFrame({"A": np.linspace(100, 110, 60)}, index=days(60))
    assert "+10.0%" in price_panel(prices, provenance=provenance).layout.annotations[0].text


def test_annual_growth_beside_a_ticker_is_compounded(provenance):
    prices = pd.DataFrame({"A": [100.0, 400.0]}, index=pd.to_datetime(["2000-01-03", "2010-01-03"]))
    assert "+14.9%" in price_panel(prices, provenance=provenance).layout.annotations[0].text


def test_a_ticker_too_young_for_the_sampled_grid_gets_an_empty_panel(provenance):
    prices = pd.DataFrame({"A": np.linspace(1, 2, 9500), "B": np.nan}, index=days(9500, "1985-01-01"))
    prices.iloc[1, 1] = 5.0  # a Wednesday: weekly values leave it out
    figure = price_panel(prices, provenance=provenance)
    assert [len(trace.x) for trace in figure.data][1] == 0
    assert figure.layout.annotations[1].text == "<b>B</b>"


def test_the_three_best_and_the_three_worst_are_named(prices, index, provenance):
    labels = [note.text.split("  ")[0] for note in index_comparison(prices, provenance=provenance).layout.annotations]
    growth = (prices.iloc[-1] / prices.iloc[0]).sort_values(ascending=False)
    assert labels == [*growth.index[:3], *growth.index[-3:]]


def test_highlighted_tickers_are_named_instead(prices, index, provenance):
    figure = index_comparison(prices, provenance=provenance, benchmark=index, highlight=["KO"])
    assert [note.text.split("  ")[0] for note in figure.layout.annotations] == ["KO", "Index"]


def test_coverage_tells_none_from_some_from_all(provenance):
    sessions = days(60)
    closes = pd.DataFrame({"A": 1.0, "B": 1.0}, index=sessions)
    closes.iloc[:30, 1] = np.nan
    closes.iloc[40, 1] = np.nan
    figure = coverage_heatmap(closes.drop(sessions[50]), provenance=provenance, sessions=sessions)
    levels = dict(zip(figure.data[0].y, np.asarray(figure.data[0].z), strict=True))
    assert levels["A"].tolist() == [2] * 50 + [0] + [2] * 9
    assert levels["B"].sum() == 2 * (60 - 32)
    notes = {note.y: note.text for note in figure.layout.annotations}
    assert "1 missing" in notes["A"]
    assert "32 missing" in notes["B"]


def test_a_quarantined_ticker_without_any_price_has_a_row(provenance):
    closes = pd.DataFrame({"A": [1.0, 2.0]}, index=days(2))
    figure = coverage_heatmap(closes, provenance=provenance, quarantined={"BF.B": "no prices"})
    assert list(figure.data[0].y) == ["A", "BF.B"]
    assert "quarantined" in {note.y: note.text for note in figure.layout.annotations}["BF.B"]


def test_of_five_hundred_tickers_those_with_gaps_are_drawn(provenance):
    closes = pd.DataFrame(1.0, index=days(30), columns=[f"T{k:03}" for k in range(500)])
    closes.iloc[3, 471] = np.nan
    figure = coverage_heatmap(closes, provenance=provenance)
    assert len(figure.data[0].y) == 80
    assert "T471" in figure.data[0].y
    assert "420 tickers with fewer gaps are not shown" in figure.layout.title.subtitle.text


def test_a_month_of_one_rule_is_one_dot(provenance):
    dates = pd.to_datetime(["2022-01-03", "2022-01-04", "2022-02-01", "2022-01-05"])
    events = pd.DataFrame(
        {
            "ticker": ["A", "A", "A", "B"],
            "date": dates,
            "rule": ["stale_run", "stale_run", "stale_run", "zero_volume"],
            "field": "close",
            "received": 1.0,
            "action": "kept",
            "remark": "",
        }
    )
    figure = quality_timeline(events, provenance=provenance)
    stale, volume = figure.data
    assert (stale.name, volume.name) == ("Stale run (3)", "Zero volume (1)")
    assert [entry[0] for entry in stale.customdata] == [2, 1]
    assert stale.marker.size[0] > stale.marker.size[1]


def test_twenty_rules_are_told_apart(provenance):
    rules = [f"rule_{k:02}" for k in range(20)]
    events = pd.DataFrame(
        {"ticker": "A", "date": days(20), "rule": rules, "field": "", "received": 0.0, "action": "", "remark": ""}
    )
    figure = quality_timeline(events, provenance=provenance)
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 20


def summary():
    return pd.DataFrame(
        {
            "status": ["touched", "clean", "touched"],
            "first": pd.to_datetime(["2022-01-03"] * 3),
            "last": pd.to_datetime(["2022-12-28"] * 3),
            "sessions": [250, 250, 249],
            "stale_run": pd.array([3, 0, 0], dtype="Int64"),
            "zero_volume": pd.array([pd.NA, 0, 1], dtype="Int64"),
            "high_below_low": pd.array([0, 0, 0], dtype="Int64"),
        },
        index=["A", "B", "C"],
    )


def test_only_what_was_touched_is_listed():
    html = quality_table(summary(), quarantined={"BF.B": "no <prices>"}).html
    assert html.count("<tr>") == 1 + 3
    assert "High below low" not in html
    assert ">B<" not in html
    assert "no &lt;prices&gt;" in html
    assert "quarantined" in html


def test_a_rule_that_could_not_be_asked_is_no_zero():
    html = quality_table(summary()).html
    assert "<td class='fh-number fh-quiet'>–</td>" in html
    assert "<td class='fh-number fh-quiet'>0</td>" in html


def test_clean_data_say_so():
    assert "came through as received" in quality_table(summary().loc[["B"]]).html
    assert "came through as received" in quality_table(pd.DataFrame()).html
