"""What a rehearsal hands on is shown only while it is what the store holds."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from foliohub.dashboards import forecasts, kit, portfolio, today
from foliohub.dashboards.kit.memory import Memory, memory, take_over
from foliohub.dashboards.rehearsal import rehearse, written

REPORTS = Path(__file__).parents[3] / "reports"
DAY_BEFORE = pd.Timestamp("2022-12-27")


@pytest.fixture(autouse=True)
def _nothing_taken_over() -> Iterator[None]:
    yield
    take_over(Memory())


@pytest.fixture
def rehearsed(installation, now, monkeypatch: pytest.MonkeyPatch) -> Memory:
    installation.ingest()
    installation.forecast(DAY_BEFORE)
    installation.forecast()
    installation.rebalance()
    installation.report()
    monkeypatch.setattr(kit, "sources", lambda: installation.sources)
    learnt = rehearse(REPORTS)
    take_over(Memory())
    return pickle.loads(pickle.dumps(learnt))


def pages(installation, now) -> dict[str, str]:
    """What pages show without a query, apart from what depends on the clock."""
    sources, request = installation.sources, kit.Request()
    boards = {
        "today": (today.Board(sources, request, now), ("changes", "forecasts", "quality", "freshness")),
        "forecasts": (forecasts.Board(sources, request), ("registered",)),
    }
    shown = {f"{name}.{part}": getattr(board, part)().html for name, (board, parts) in boards.items() for part in parts}
    shown["portfolio.draw"] = portfolio.Board(sources, request).draw("all", "max_sharpe").html
    return shown


def moved(frame: pd.DataFrame) -> pd.DataFrame:
    """The same forecasts, one percent higher."""
    bounds = ["mean", "lo_80", "hi_80", "lo_95", "hi_95"]
    return frame.assign(**{name: frame[name] + 0.01 for name in bounds})


CHANGES: dict[str, Callable] = {
    "nothing": lambda installation: None,
    "forecasts again": lambda installation: installation.run(
        "daily-forecast", {"forecasts": moved(installation.reader.latest("forecasts").frame)}, attempt=2
    ),
    "a failed attempt": lambda installation: installation.run("daily-forecast", {}, error="no", attempt=2),
    "weights again": lambda installation: installation.run(
        "daily-rebalance",
        {"weights": installation.reader.latest("weights").frame.assign(target=0.05)},
        attempt=2,
    ),
    "net returns again": lambda installation: installation.run(
        "weekly-report",
        {"net_returns": installation.reader.latest("net_returns").frame.assign(max_sharpe=0.01)},
        attempt=2,
    ),
    "a run removed": lambda installation: installation.store.remove_document(
        f"runs/{installation.reader.latest('forecasts').run.id}"
    ),
    "the same run written over": lambda installation: installation.records.save(
        installation.reader.latest("weights").run.model_copy(update={"written": ()})
    ),
}


@pytest.mark.slow
def test_pages_show_what_they_would_without_it_whatever_changes(installation, rehearsed: Memory, now) -> None:
    seen = {}
    for change, make in CHANGES.items():
        make(installation)
        take_over(Memory())
        fresh = pages(installation, now)
        take_over(rehearsed)
        seen[change] = pages(installation, now)
        assert seen[change] == fresh, change
    assert seen["forecasts again"]["today.forecasts"] != seen["nothing"]["today.forecasts"]
    assert seen["weights again"]["portfolio.draw"] == seen["nothing"]["portfolio.draw"]
    assert seen["net returns again"]["portfolio.draw"] != seen["nothing"]["portfolio.draw"]


def test_what_was_rehearsed_is_not_drawn_again_and_anything_else_is(
    installation, rehearsed: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = portfolio.Board(installation.sources, kit.Request()).draw("ytd", "equal_weight").html
    take_over(rehearsed)
    assert portfolio.Board(installation.sources, kit.Request()).draw("ytd", "equal_weight").html == fresh
    assert memory().drawings == rehearsed.drawings  # a page adds nothing

    for chart in ("wealth_chart", "score_history_chart"):
        monkeypatch.setattr(portfolio.reporting, chart, lambda *_, **__: pytest.fail("drawn again"))
    assert "fd-data" in portfolio.Board(installation.sources, kit.Request()).record().html
    assert "fd-data" in forecasts.Board(installation.sources, kit.Request()).trust().html


def test_an_empty_installation_leaves_nothing_to_take_over(installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "sources", lambda: installation.sources)
    learnt = rehearse(REPORTS)
    assert (learnt.runs.ended, learnt.tables, learnt.drawings) == ({}, {}, {})


def test_a_rehearsal_is_due_once_something_was_written(installation, tmp_path: Path) -> None:
    assert written(tmp_path) is None
    folder = installation.settings.home / "store"
    before = written(folder)
    assert before is not None
    assert written(folder) == before
    installation.store.write_document("schedule/x", {})
    assert written(folder) != before
