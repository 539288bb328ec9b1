"""Who asks for a run is the author of what it proposes; of what the clock asks for, the job is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from foliohub.config import Settings
from foliohub.runs import execute
from foliohub.schedule.child import Order, perform

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("by", "started_by"), [("rita", "rita"), ("", None)])
def test_a_run_is_started_on_behalf_of_whoever_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str, started_by: str | None
) -> None:
    seen: list[Settings] = []

    def run_job(settings: Settings, *_: Any, **__: Any) -> Any:
        seen.append(settings)
        return SimpleNamespace(fresh=True, record=SimpleNamespace(id="daily-rebalance.2022-12-28.1"))

    monkeypatch.setattr(execute, "run_job", run_job)
    # The scheduler itself may have been started by somebody: that person is not who asked.
    settings = Settings(project=ROOT, home=tmp_path).model_copy(update={"started_by": "root"})
    ending = perform(settings, Order(job="daily-rebalance", as_of="2022-12-28", by=by))
    assert ending.verdict == "done"
    assert [found.started_by for found in seen] == [started_by]
