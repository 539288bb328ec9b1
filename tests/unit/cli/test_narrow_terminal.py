"""At 80 columns every table is legible: nothing is cut off, and no date or id is torn apart without need."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foliohub.config import load_settings
from foliohub.data.store import Store
from foliohub.runs.opening import open_records
from foliohub.runs.records import Failure, RunRecord, Status, run_id


@pytest.fixture
def narrow(command, monkeypatch):
    """The command line on a terminal of 80 columns."""
    monkeypatch.setattr("foliohub.cli.console.console._width", 80)
    return command


@pytest.fixture
def runs(command) -> list[str]:
    """Records of a long run and of one that failed; gives their ids."""
    settings = load_settings()
    store = Store.open(settings.store, locks=settings.locks)
    started = datetime(2022, 12, 28, 22, 30, 5, tzinfo=UTC)
    failure = Failure(kind="VendorUnavailableError", message="[yahoo] cannot be reached for AAPL. " * 3)
    made = []
    for job, status, error in (("daily-rebalance", Status.SUCCEEDED, None), ("daily-forecast", Status.FAILED, failure)):
        made.append(
            RunRecord(
                id=run_id(job, "2022-12-28", 1),
                job=job,
                as_of="2022-12-28",
                status=status,
                attempt=1,
                started_at=started,
                ended_at=started + timedelta(seconds=4321),
                notebook="x.ipynb",
                notebook_hash="0",
                parameters={},
                image="local",
                python="3.11",
                error=error,
            )
        )
        open_records(settings, store).save(made[-1])
    return [record.id for record in made]


def test_jobs_are_named_in_full(narrow):
    code, said = narrow("jobs", "list")
    assert code == 0
    assert "…" not in said
    for words in ("daily-rebalance ", "40_performance.ipynb", " nightly ", " 18:15 E"):
        assert words in said
    assert max(map(len, said.splitlines())) <= 80


def test_runs_take_a_line_each_and_their_errors_stand_below(narrow, runs):
    code, said = narrow("runs", "list")
    assert code == 0
    assert "…" not in said
    rebalance, forecast, error = (next(line for line in said.splitlines() if run in line) for run in (*runs, "✗"))
    assert rebalance.split() == [runs[0], "succeeded", "2022-12-28", "22:30", "4,321", "s", "0", "0"]
    assert forecast.split()[:2] == [runs[1], "failed"]
    assert error.startswith(f"✗ {runs[1]}: VendorUnavailableError: [yahoo] cannot be reached")
