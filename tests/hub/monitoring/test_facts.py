"""Reading the store beside the scrapes: once for each change, and never at a scrape."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from prometheus_client import generate_latest

from foliohub.config import Settings
from foliohub.data.store import Store
from foliohub.errors import StoreError
from foliohub.runs.opening import open_seal, open_store
from foliohub.runs.records import Status
from foliohub.schedule import Requests
from hub.monitoring.facts import FactFinder
from hub.scheduler.telemetry import STALLED_AFTER, SchedulerTelemetry
from tests.hub.api.conftest import AS_OF, ROOT, Runs, raw_panel


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(project=ROOT, home=tmp_path, store=f"lmdb://{tmp_path / 'store'}?map_size=256MB")


@pytest.fixture
def publish(settings: Settings) -> Callable[..., None]:
    store = open_store(settings)
    store.write_panel("raw/sample", raw_panel(), as_of=pd.Timestamp(AS_OF))
    runs = Runs(settings, store)

    def publish(status: Status = Status.SUCCEEDED) -> None:
        runs.publish("daily-ingest", {"ingest": pd.DataFrame({"ticker": ["A"] * 3, "rows_added": 2})}, status=status)

    return publish


def test_what_was_written_is_read_once(
    settings: Settings, publish: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    finder, reads = FactFinder(settings), []
    read = Store.read_table
    monkeypatch.setattr(Store, "read_table", lambda *a, **k: reads.append(a[1]) or read(*a, **k))
    finder.look()
    facts = finder.facts
    assert [run.job for run in facts.runs] == ["daily-ingest"]
    assert facts.rows == {"daily-ingest": 3}
    assert facts.prices["sample"].ended
    assert facts.sizes["results"].versions == 1
    assert facts.space["home"][0] > facts.space["home"][1] > 0
    finder.look()
    publish(Status.FAILED)
    finder.look()
    assert len(finder.facts.runs) == 2
    assert reads == [f"ingest/sample/{AS_OF}"]


def test_a_store_out_of_reach_leaves_the_figures_and_says_so(
    settings: Settings, publish: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    telemetry = SchedulerTelemetry(settings)
    telemetry.facts.look()

    def refuse(*_: object) -> None:
        raise StoreError("The store cannot be reached.")

    monkeypatch.setattr(Store, "stamp", refuse)
    telemetry.facts.look()
    text = generate_latest(telemetry.registry).decode()
    assert "foliohub_store_up 0.0" in text
    assert 'foliohub_job_runs{job_name="daily-ingest",status="succeeded"} 1.0' in text


def test_requests_are_told_by_state_and_rounds_by_time(settings: Settings, publish: Callable[..., None]) -> None:
    publish()
    request = Requests(open_store(settings), open_seal(settings)).submit("daily-score", by="olga")
    telemetry = SchedulerTelemetry(settings, clock=lambda: request.submitted_at + timedelta(seconds=90))
    telemetry.facts.look()
    with telemetry.round():
        telemetry.running(request)
    with pytest.raises(StoreError), telemetry.round():
        raise StoreError("It cannot be used.")
    text = generate_latest(telemetry.registry).decode()
    assert 'foliohub_scheduler_requests{state="waiting"} 1.0' in text
    assert "foliohub_scheduler_longest_wait_seconds 90.0" in text
    assert 'foliohub_scheduler_running{job_name="daily-score"} 1.0' in text
    assert "foliohub_scheduler_tick_seconds_count 2.0" in text
    assert "foliohub_scheduler_tick_failures_total 1.0" in text
    assert "foliohub_store_write_seconds_count{" in text


def test_a_loop_that_stands_still_is_noticed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry = SchedulerTelemetry(settings)
    later = time.monotonic() + STALLED_AFTER + 9
    with telemetry.round():
        pass
    assert telemetry.stalled() == ""
    monkeypatch.setattr("time.monotonic", lambda: later)
    assert "has ended for 1" in telemetry.stalled()
