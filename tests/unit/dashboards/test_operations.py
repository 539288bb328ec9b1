"""Operations and the overview: what they say of a store, from an empty one to one with failures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foliohub.config import Settings
from foliohub.dashboards import index, kit, operations
from foliohub.dashboards.kit.grid import ago, span
from foliohub.dashboards.operations_health import freshness, services, store_space
from foliohub.data.store import Store
from foliohub.data.versions import StoredVersion
from foliohub.runs.opening import open_seal
from foliohub.runs.records import Failure, RunRecord, Status
from foliohub.schedule import Requests

NOW = datetime(2022, 12, 29, 12, tzinfo=UTC)


def _run(job: str, status: Status, as_of: str = "2022-12-28", attempt: int = 1, **more: object) -> RunRecord:
    values = {
        "id": f"{job}.{as_of}.{attempt}",
        "job": job,
        "as_of": as_of,
        "status": status,
        "attempt": attempt,
        "started_at": NOW - timedelta(minutes=30 - attempt),
        "ended_at": None if status is Status.RUNNING else NOW - timedelta(minutes=29 - attempt),
        "notebook": "10_ingest.ipynb",
        "notebook_hash": "ab" * 32,
        "parameters": {"universe": "sample", "upper": 0.15},
        "image": "local",
        "python": "3.11.7",
    }
    return RunRecord(**(values | more))


@pytest.fixture
def sources(tmp_path):
    return kit.Sources(Settings(home=tmp_path))


@pytest.fixture
def board(sources):
    def make(**query: str) -> operations.Board:
        return operations.Board(kit.Sources(sources.settings), kit.Request(query), NOW)

    return make


def _all(board: operations.Board) -> str:
    draws = [board.head, board.record, board.attention, board.jobs, board.runs, board.data, board.store, board.platform]
    return "".join(kit.part("", draw).html for draw in draws)


def test_an_empty_store_says_what_to_do(board, sources):
    html = _all(board())
    assert "cannot be shown" not in html
    assert "Nothing has run yet" in html
    assert "foliohub cycle" in html
    assert "No prices yet" in html
    overview = index.Board(sources, kit.Request(), NOW)
    assert "Nothing has run yet" in overview.head().html
    assert overview.tiles().html.count("nothing to show yet") >= 3


def test_a_failure_is_shown_with_its_error_until_a_later_run_makes_it_good(board, sources):
    records = sources.records
    records.save(
        _run("daily-ingest", Status.FAILED, error=Failure(kind="VendorError", message="No <b> answer.", cell=3))
    )
    attention = board().attention().html
    assert "No &lt;b&gt; answer." in attention
    assert "VendorError" in attention
    assert "Failures to look at</div><div class='fh-value'>1" in board().head().html
    assert "failed: daily-ingest" in index.Board(sources, kit.Request(), NOW).tiles().html
    records.save(_run("daily-ingest", Status.SUCCEEDED, attempt=2))
    assert "All clear" in board().attention().html


def test_a_run_asked_for_shows_its_whole_passport(board, sources):
    read = StoredVersion(name="raw/sample", number=3, content="cd" * 32)
    run = _run("daily-forecast", Status.SUCCEEDED, read=(read,), outputs={"report": "x"}, commit="ef" * 20, seed=7)
    sources.records.save(run)
    html = board(run=run.id).record().html
    for text in (
        "raw/sample",
        "cdcdcdcdcdcd",
        "abababababab",
        "efefefefefef",
        "0.15",
        "runs reproduce",
        "outputs/report",
    ):
        assert text in html
    with pytest.raises(Exception, match="There is no run"):
        board(run="nothing.2022-12-28.1").record()


def test_runs_are_filtered_by_job_and_outcome(board, sources):
    records = sources.records
    records.save(_run("daily-ingest", Status.SUCCEEDED))
    records.save(_run("daily-forecast", Status.INTERRUPTED))
    drawn = board(outcome="failed").runs().html.split("fd-drawn")[1]
    assert "daily-forecast.2022-12-28.1" in drawn
    assert "daily-ingest.2022-12-28.1" not in drawn


def test_jobs_show_their_next_time_who_paused_them_and_what_waits(board, sources):
    requests = Requests(sources.store, open_seal(sources.settings), clock=lambda: NOW)
    requests.pause("daily-ingest", by="ol<ga")
    requests.submit("weekly-report", by="rita")
    html = board().jobs().html
    assert "by ol&lt;ga" in html
    assert "in 11 h" in html  # daily-forecast, 18:45 in New York
    assert "Waiting and running" in html
    assert "rita" in html


def test_freshness_counts_the_sessions_that_closed_since(sources):
    days = pd.DatetimeIndex(["2022-12-22", "2022-12-23"], name="date")
    frame = pd.DataFrame({"KO": [1.0, 2.0]}, index=days)
    sources.store.write_panel("raw/av30", {"close": frame}, as_of="2022-12-23")
    found = freshness(sources.store, "raw/av30", sources.universe("av30"), NOW)
    assert found is not None
    assert (found.behind, found.closed, found.versions) == (2, False, 1)


def test_services_that_fell_silent_or_write_nonsense_are_named(tmp_path):
    folder = tmp_path / "services"
    folder.mkdir()
    said = {"state": "idle", "detail": "waits", "at": NOW.isoformat()}
    (folder / "scheduler.json").write_text(json.dumps(said))
    (folder / "quotes.json").write_text(json.dumps(said | {"at": (NOW - timedelta(minutes=5)).isoformat()}))
    (folder / "other.json").write_text("{")
    assert {s.name: s.state for s in services(tmp_path, None, NOW)} == {
        "scheduler": "idle", "quotes": "silent", "other": "unknown",
    }  # fmt: skip


def test_a_service_of_another_pod_says_how_it_is_in_the_store(sources, tmp_path):
    said = {"state": "running", "detail": "a is under way.", "at": NOW.isoformat()}
    sources.store.write_document("services/scheduler", said)
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "scheduler.json").write_text(
        json.dumps(said | {"state": "idle", "at": (NOW - timedelta(minutes=5)).isoformat()})
    )
    assert {s.name: s.state for s in services(tmp_path, sources.store, NOW)} == {"scheduler": "running"}


def test_the_room_a_store_takes_is_what_is_on_the_disk(sources):
    sources.store.write_document("a/b", {"x": 1})
    space = store_space(sources.settings.store)
    assert space is not None
    assert 0 < space.used < 50e6
    assert store_space("s3://host:bucket?access=x&secret=y") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3661, "1 h 1 min"), (90000, "1 d 1 h"), (86400, "1 d")],
)
def test_spans_are_said_in_their_two_largest_units(seconds, text):
    assert span(timedelta(seconds=seconds)) == text


def test_the_past_is_ago_and_the_future_is_in():
    assert ago(NOW - timedelta(hours=2), NOW) == "2 h ago"
    assert ago(NOW + timedelta(minutes=5), NOW) == "in 5 min"


def test_dashboards_never_write(sources, monkeypatch):
    sources.records.save(_run("daily-ingest", Status.SUCCEEDED))
    for name in ("write_panel", "extend_panel", "write_table", "write_document", "snapshot", "compact", "prune"):
        monkeypatch.setattr(Store, name, lambda *_, **__: pytest.fail("a dashboard wrote"))
    _all(operations.Board(sources, kit.Request(), NOW))
