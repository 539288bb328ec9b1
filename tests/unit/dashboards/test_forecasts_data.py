"""Registered forecasts beside what came: never an outcome that is not known, never models that cannot be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest import scorecard
from foliohub.calendars import next_sessions, sessions
from foliohub.dashboards import forecasts_data as data
from foliohub.frames import FORECAST_COLUMNS

DAYS = sessions("2022-10-03", "2022-12-28").rename("date")


def prices() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(100 * np.cumprod(1 + rng.normal(0, 0.02, (len(DAYS), 3)), axis=0), DAYS, ["A", "B", "C"])
    frame.loc[DAYS[-5] :, "C"] = np.nan  # left
    return frame


def made_at(cutoff: pd.Timestamp, models: tuple[str, ...] = ("zero", "mean")) -> pd.DataFrame:
    rows = []
    for horizon in (1, 5):
        day = next_sessions(cutoff, horizon)[-1]
        for model in models:
            for ticker in ("A", "B", "C"):
                mean = 0.0 if model == "zero" else 0.01
                rows.append(
                    (cutoff, day, ticker, model, horizon, mean, mean - 0.02, mean + 0.02, mean - 0.03, mean + 0.03)
                )
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


def one_by_one(forecasts: pd.DataFrame, adjusted: pd.DataFrame) -> list[float]:
    """The slow twin: each outcome looked up by itself."""
    found = []
    for row in forecasts.itertuples():
        known = row.ticker in adjusted and row.cutoff in adjusted.index and row.date in adjusted.index
        found.append(adjusted.at[row.date, row.ticker] / adjusted.at[row.cutoff, row.ticker] - 1 if known else np.nan)
    return found


def test_outcomes_are_returns_from_the_cutoff_to_the_date():
    frames = pd.concat([made_at(day) for day in DAYS[[10, -7, -3, -1]]], ignore_index=True)
    np.testing.assert_array_equal(data.outcomes(frames, prices()), one_by_one(frames, prices()))


def test_what_has_not_happened_has_no_outcome():
    assert data.outcomes(made_at(DAYS[-1]), prices()).isna().all()
    at_horizon = data.registered([made_at(DAYS[-3])], prices()).groupby("horizon")["outcome"].count()
    assert at_horizon.to_dict() == {1: 4, 5: 0}


def test_a_ticker_nobody_quotes_has_no_outcome():
    frame = made_at(DAYS[10]).assign(ticker="NOBODY")
    assert data.outcomes(frame, prices()).isna().all()


def test_models_that_came_later_are_compared_where_all_of_them_spoke():
    frames = [
        made_at(DAYS[10], ("zero", "old")),
        made_at(DAYS[20], ("zero", "mean")),
        made_at(DAYS[30], ("mean", "zero")),
    ]
    found = data.registered(frames, prices())
    assert set(found["model"]) == {"zero", "mean"}
    assert sorted(found["cutoff"].unique()) == sorted(DAYS[[20, 30]])
    assert len(scorecard(found)) == 4


def test_nothing_registered_is_an_empty_frame():
    found = data.registered([], prices())
    assert found.empty
    assert tuple(found.columns) == (*FORECAST_COLUMNS, "outcome")


def test_what_matures_is_counted_by_horizon():
    frames = [made_at(DAYS[10]), made_at(DAYS[-3]), made_at(DAYS[-1])]
    found = data.maturing(data.registered(frames, prices()), DAYS[-1])
    assert found["cutoffs"].tolist() == [3, 3]
    assert found["forecasts"].tolist() == [18, 18]
    assert found["scored"].tolist() == [10, 6]
    assert found.at[1, "next"] == pd.Timestamp("2022-12-29")  # not the past day on which C had left
    assert found.at[5, "next"] == next_sessions(DAYS[-3], 5)[-1]


def test_one_ticker_says_whether_the_interval_held():
    flat = pd.DataFrame({"A": [100.0, 101.0, 100.0, 100.0, 100.0, 97.1]}, DAYS[:6])
    rows = data.one_ticker(made_at(DAYS[0]), "A", "mean", flat)
    assert rows.index.tolist() == [1, 5]
    assert rows["outcome"].tolist() == [pytest.approx(0.01), pytest.approx(-0.029)]
    assert rows["held"].tolist() == ["inside 80%", "outside both"]
    assert data.one_ticker(made_at(DAYS[0]), "A", "mean", flat.iloc[:3])["held"].tolist() == [
        "inside 80%",
        "not known yet",
    ]
