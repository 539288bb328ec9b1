"""Figures of jobs, data and models from what was read of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from foliohub.runs.records import RunRecord, Status
from foliohub.runs.spec import JobSpec, Schedule
from foliohub.schedule import Request
from foliohub.schedule.request import State
from hub.monitoring.data import data_metrics
from hub.monitoring.facts import Facts, Prices
from hub.monitoring.jobs import job_metrics
from hub.monitoring.models import model_metrics

NOW = datetime(2024, 6, 12, 12, 0, tzinfo=UTC)  # a Wednesday
LONG_AGO = NOW - timedelta(days=30)
DUE = datetime(2024, 6, 11, 22, 0, tzinfo=UTC)
JOB = JobSpec(
    name="daily-ingest", title="Prices", notebook="10_ingest.ipynb", cycle="nightly",
    schedule=Schedule(cron="0 18 * * 1-5"), resources={"cpu": "500m", "memory": "1Gi"},
)  # fmt: skip


def _read(families: Any) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples} for family in families
    }


def _request(state: State, scheduled_at: datetime | None = DUE) -> Request:
    return Request(
        id=f"daily-ingest-{scheduled_at or state}", job="daily-ingest", by="schedule", submitted_at=DUE,
        scheduled_at=scheduled_at, state=state,
    )  # fmt: skip


def _run(status: Status, minutes: int = 0, seconds: float = 30) -> RunRecord:
    started = DUE + timedelta(minutes=minutes)
    return RunRecord(
        id=f"daily-ingest.2024-06-11.{minutes + 1}", job="daily-ingest", as_of="2024-06-11", status=status, attempt=1,
        started_at=started, ended_at=started + timedelta(seconds=seconds), notebook="n.ipynb", notebook_hash="0",
        parameters={}, image="local", python="3.11",
    )  # fmt: skip


def _jobs(*, since: datetime = LONG_AGO, **given: Any) -> dict[str, dict[tuple[str, ...], float]]:
    return _read(job_metrics(Facts(jobs={JOB.name: JOB}, **given), NOW, since))


def test_runs_are_counted_timed_and_told_by_session() -> None:
    told = _jobs(runs=(_run(Status.FAILED, 0, 10), _run(Status.SUCCEEDED, 1, 30)), rows={"daily-ingest": 7})
    assert told["foliohub_job_runs"] == {("daily-ingest", "failed"): 1, ("daily-ingest", "succeeded"): 1}
    assert told["foliohub_job_busy_seconds"] == {("daily-ingest",): 40}
    assert told["foliohub_job_last_success_seconds"] == {("daily-ingest",): 30}
    assert told["foliohub_job_last_session_timestamp_seconds"] == {
        ("daily-ingest",): datetime(2024, 6, 11, tzinfo=UTC).timestamp()
    }
    assert told["foliohub_job_rows_written"] == {("daily-ingest",): 7}
    assert told["foliohub_job_requested_cores"] == {("daily-ingest",): 0.5}
    assert told["foliohub_job_requested_bytes"] == {("daily-ingest",): 2**30}


@pytest.mark.parametrize(
    ("requests", "runs", "failed"),
    [
        ((), (), 0),
        ((_request(State.FAILED),), (), 1),
        ((_request(State.SKIPPED),), (), 1),
        ((_request(State.RETRYING),), (_run(Status.FAILED),), 0),  # it is about to be tried again
        ((_request(State.DONE),), (_run(Status.SUCCEEDED),), 0),
        ((_request(State.CANCELLED), _request(State.DONE, DUE - timedelta(days=1))), (_run(Status.SUCCEEDED),), 0),
        ((), (_run(Status.SUCCEEDED), _run(Status.FAILED, 5)), 1),  # by hand
        ((), (_run(Status.FAILED), _run(Status.SUCCEEDED, 5)), 0),
    ],
)
def test_a_job_has_failed_where_the_last_there_was_came_to_nothing(requests: Any, runs: Any, failed: int) -> None:
    assert _jobs(requests=requests, runs=runs)["foliohub_job_failed"] == {("daily-ingest",): failed}


@pytest.mark.parametrize(
    ("given", "late"),
    [
        ({"requests": (_request(State.DONE),)}, 0),
        ({"requests": (_request(State.RUNNING),)}, 14 * 3600),
        ({"requests": (_request(State.WAITING),), "paused": frozenset({"daily-ingest"})}, 0),
        ({"requests": (_request(State.DONE, DUE - timedelta(days=1)),)}, 14 * 3600),  # nobody asked for the last time
        ({"since": NOW - timedelta(hours=1)}, 0),  # a new installation has omitted nothing
        ({"since": DUE - timedelta(hours=1)}, 14 * 3600),
    ],
)
def test_a_job_is_late_since_the_time_that_was_not_dealt_with(given: Any, late: int) -> None:
    assert _jobs(**given)["foliohub_job_late_seconds"] == {("daily-ingest",): late}


def test_prices_are_behind_by_sessions_unless_their_source_has_ended() -> None:
    day = pd.Timestamp("2024-06-07")
    told = _read(
        data_metrics(Facts(prices={"a": Prices(day, "XNYS", False, 3), "b": Prices(day, "XNYS", True, 1)}), NOW)
    )
    assert told["foliohub_data_sessions_behind"] == {("a",): 2, ("b",): 0}  # Monday's and Tuesday's closes


def test_cleaning_is_told_by_tickers_and_by_rule() -> None:
    summary = pd.DataFrame({"ticker": list("ABC"), "status": ["clean", "quarantined", "touched"]})
    events = pd.DataFrame({"ticker": ["B", "B", "C"], "rule": ["stale_run", "stale_run", "spike_reverted"]})
    report = pd.DataFrame({"ticker": list("ABC"), "rows_added": [1, 1, 0]})
    tables = {("quality_summary", "s"): summary, ("quality", "s"): events, ("ingest", "s"): report}
    told = _read(data_metrics(Facts(tables=tables), NOW))
    assert told["foliohub_data_tickers"][("s", "quarantined")] == 1
    assert told["foliohub_data_tickers"][("s", "left")] == 0
    assert told["foliohub_data_touched_rows"] == {("s", "stale_run"): 2, ("s", "spike_reverted"): 1}
    assert told["foliohub_data_rows_added"] == {("s",): 2}


def test_the_live_record_tells_coverage_and_the_drift_of_the_error() -> None:
    key = {"standing": "registered", "model": "mean", "horizon": 1}
    scores = pd.DataFrame([key | {"coverage_80": 0.7, "coverage_95": float("nan"), "mae": 0.02, "skill": 0.1,
                                  "observations": 400}])  # fmt: skip
    days = pd.bdate_range("2024-01-01", periods=41)
    history = pd.DataFrame([key | {"cutoff": day, "mae": 0.01 if n < 20 else 0.02} for n, day in enumerate(days)])
    few = pd.DataFrame([key | {"model": "new", "cutoff": day, "mae": 0.01} for day in days[:23]])
    tables = {
        ("registered_scores", "s"): scores,
        ("registered_history", "s"): pd.concat([history, few]).sample(frac=1, random_state=1),
        ("champion", "s"): pd.DataFrame({"model": ["mean", "zero"], "is_champion": [True, False]}),
    }
    told = _read(model_metrics(Facts(tables=tables)))
    label = ("s", "registered", "mean", "1")
    assert told["foliohub_model_live_coverage_ratio"] == {(*label, "80"): 0.7}  # what is not known is not told
    assert told["foliohub_model_live_observations"] == {label: 400}
    assert told["foliohub_model_live_error_drift_ratio"] == {label: pytest.approx(2.0)}  # of "new" too little is known
    assert told["foliohub_model_live_recent_mae_ratio"][label] == pytest.approx(0.02)
    assert told["foliohub_model_champion"] == {("s", "mean"): 1, ("s", "zero"): 0}
