"""What Today says changed: the last session against what was expected, and decisions against the ones before."""

from __future__ import annotations

import pandas as pd
import pytest

from foliohub.dashboards import today_data as data
from foliohub.frames import FORECAST_COLUMNS

DAYS = pd.DatetimeIndex(["2022-12-23", "2022-12-27", "2022-12-28"], name="date")
PRICES = pd.DataFrame({"A": [100.0, 100.0, 90.0], "B": [50.0, 50.0, 51.0], "IDX": [1.0, 1.0, 1.1]}, DAYS)


def expected(cutoff: str, model: str = "m", tickers: tuple[str, ...] = ("A", "B"), mean: float = 0.0) -> pd.DataFrame:
    rows = [
        (pd.Timestamp(cutoff), DAYS[-1], name, model, 1, mean, mean - 0.02, mean + 0.02, mean - 0.05, mean + 0.05)
        for name in tickers
    ]
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


def test_a_move_is_held_against_the_range_of_the_session_before():
    found = data.moves(PRICES, ["A", "B", "GONE"], expected("2022-12-27"), "m")
    assert found.index.tolist() == ["A", "B"]
    assert found["change"].tolist() == [pytest.approx(-0.1), pytest.approx(0.02)]
    assert found["low"].tolist() == [-0.05, -0.05]
    assert data.beyond(found) == ["A"]


@pytest.mark.parametrize("forecasts", [None, expected("2022-12-23"), expected("2022-12-27", "other")])
def test_without_a_forecast_of_that_session_nothing_was_expected(forecasts):
    found = data.moves(PRICES, ["A", "B"], forecasts, "m")
    assert found["change"].notna().all()
    assert found[["low", "high"]].isna().all(axis=None)
    assert data.beyond(found) == []


def test_a_single_session_has_no_move():
    assert data.moves(PRICES.iloc[:1], ["A"], None, "m").empty


def test_forecast_changes_put_the_largest_first_and_leave_out_what_cannot_be_compared():
    before = pd.concat([expected("2022-12-27", tickers=("A",), mean=0.01), expected("2022-12-27", tickers=("B",))])
    now = pd.concat(
        [expected("2022-12-28", tickers=("A",), mean=0.02), expected("2022-12-28", tickers=("B",), mean=-0.03)]
    )
    now = pd.concat([now, expected("2022-12-28", tickers=("NEW",))])
    found = data.forecast_changes(now, before, "m", 1)
    assert found.index.tolist() == ["B", "A"]
    assert found["change"].tolist() == [pytest.approx(-0.03), pytest.approx(0.01)]


def test_weights_that_come_or_go_are_changes():
    before = pd.DataFrame({"ticker": ["A", "B"], "target": [0.5, 0.5]})
    now = pd.DataFrame({"ticker": ["B", "C"], "target": [0.5001, 0.4999]})
    found = data.weight_changes(now, before)
    assert found["change"].to_dict() == {"A": -0.5, "C": pytest.approx(0.4999)}


def test_recent_events_are_the_newest_first_and_repairs_before_remarks():
    events = pd.DataFrame(
        {
            "ticker": ["A", "B", "C", "D"],
            "date": [DAYS[1], DAYS[2], DAYS[2], pd.Timestamp("2020-01-02")],
            "rule": "stale_run",
            "action": ["kept", "kept", "removed", "removed"],
        }
    )
    assert data.recent_events(events, DAYS[1:])["ticker"].tolist() == ["C", "B", "A"]


def test_only_quarantined_tickers_are_in_quarantine():
    summary = pd.DataFrame({"ticker": ["B", "A", "C"], "status": ["quarantined", "quarantined", "touched"]})
    assert data.quarantined(summary) == ["A", "B"]
