"""The live record: what was there before its outcome counts as such, for good; what was changed does not count."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest, calendars
from foliohub.data.contents import table_content
from foliohub.data.tables import normalise
from foliohub.data.versions import StoredVersion
from foliohub.frames import FORECAST_COLUMNS
from foliohub.runs import registered
from foliohub.runs.published import Publication
from foliohub.runs.records import RunRecord, Status

FRIDAY = "2022-12-23"  # the next session is Tuesday: Monday is the day off for Christmas
BEFORE = datetime(2022, 12, 27, 21, 0, tzinfo=UTC)  # the very close of Tuesday
AFTER = datetime(2022, 12, 27, 21, 1, tzinfo=UTC)


def forecasts(as_of=FRIDAY, mean=0.01, models=("zero", "mean")):
    cutoff = pd.Timestamp(as_of)
    dates = calendars.next_sessions(cutoff, 5)
    rows = [
        (cutoff, dates[horizon - 1], ticker, model, horizon, at, at - 0.02, at + 0.02, at - 0.04, at + 0.04)
        for model, at in ((model, 0.0 if model == "zero" else mean) for model in models)
        for horizon in (1, 5)
        for ticker in ("A", "B")
    ]
    return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


def publication(ended, frame=None, as_of=FRIDAY, attempt=1):
    name = f"forecasts/sample/{as_of}"
    content = table_content(normalise(forecasts(as_of) if frame is None else frame, name))
    run = RunRecord(
        id=f"daily-forecast.{as_of}.{attempt}",
        job="daily-forecast",
        as_of=as_of,
        status=Status.SUCCEEDED,
        attempt=attempt,
        started_at=ended,
        ended_at=ended,
        notebook="20_forecast.ipynb",
        notebook_hash="",
        parameters={},
        image="local",
        python="3.11",
    )
    return Publication("forecasts", "sample", as_of, run, StoredVersion(name=name, number=attempt, content=content))


@pytest.mark.parametrize(("ended", "expected"), [(BEFORE, "registered"), (AFTER, "replayed")])
def test_a_forecast_is_registered_until_the_first_close_it_speaks_of(ended, expected):
    assert registered.standing(publication(ended), "XNYS") == expected


@pytest.mark.parametrize(
    ("runs", "counts"),
    [
        ([BEFORE], 1),
        ([BEFORE, BEFORE], 2),  # corrected in time
        ([BEFORE, AFTER], 1),  # a second look at what has come replaces nothing
        ([BEFORE, BEFORE, AFTER], 2),
        ([AFTER, AFTER], 1),  # nor may the best of several replays be picked
    ],
)
def test_one_run_counts_for_a_session_and_none_after_the_outcome_replaces_it(runs, counts):
    made = [publication(ended, attempt=number) for number, ended in enumerate(runs, 1)]
    assert [one.run.attempt for one in registered.choose(made, "XNYS")] == [counts]


def test_what_was_changed_or_is_gone_is_left_out_and_named():
    days = ["2022-12-21", "2022-12-22", FRIDAY]
    made = [publication(BEFORE, as_of=day) for day in days]
    tables = {days[0]: forecasts(days[0]), days[1]: forecasts(days[1], mean=0.0100001), days[2]: None}
    record = registered.gather(made, "XNYS", lambda one: tables[one.as_of])
    assert list(record.forecasts.columns) == list(registered.RECORD_COLUMNS)
    assert set(record.forecasts["run"]) == {"daily-forecast.2022-12-21.1"}
    assert record.changed == (
        "The forecasts for 2022-12-22 are not those that run daily-forecast.2022-12-22.1 published.",
        "The forecasts for 2022-12-23 that run daily-forecast.2022-12-23.1 published are gone.",
    )


def test_scores_keep_apart_what_was_registered_and_what_was_replayed():
    days = calendars.sessions("2022-11-01", FRIDAY)
    returns = pd.DataFrame(np.random.default_rng(0).normal(0, 0.01, (len(days), 2)), days, ["A", "B"])
    made = []
    for number, day in enumerate(days[:12]):
        ended = calendars.session_close(days[number + (0 if number < 6 else 3)])
        made.append(publication(ended, as_of=f"{day:%Y-%m-%d}"))
    record = registered.gather(made, "XNYS", lambda one: forecasts(one.as_of))
    known = record.forecasts.assign(outcome=backtest.outcomes(returns, record.forecasts))
    scores = registered.score(known).set_index(["standing", "horizon", "model"])
    assert scores["cutoffs"].to_dict() == {
        (kind, horizon, model): 6
        for kind in ("registered", "replayed")
        for horizon in (1, 5)
        for model in ("mean", "zero")
    }
    apart = known[(known["standing"] == "registered") & (known["model"] == "mean")]
    assert scores.loc[("registered", 1, "mean"), "mae"] == backtest.scorecard(apart).loc[(1, "mean"), "mae"]
    assert len(registered.score_cutoffs(known)) == 12 * 2 * 2


def test_before_any_outcome_there_are_no_scores():
    record = registered.gather([publication(BEFORE)], "XNYS", lambda one: forecasts(one.as_of))
    known = record.forecasts.assign(outcome=np.nan)
    assert registered.score(known).empty
    assert {"standing", "horizon", "model", "mae"} <= set(registered.score(known).columns)
    assert registered.score_cutoffs(known).empty
    assert registered.gather([], "XNYS", lambda _: None).forecasts.empty
