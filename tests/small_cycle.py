"""The repository's notebooks and jobs with smaller parameters: a cycle that ends in a minute, on real prices.

`make notebooks` runs them with the parameters they come with.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[1]
PARAMETERS: dict[str, dict[str, Any]] = {
    "daily-forecast": {"window": 500, "evaluations": 3},
    "daily-rebalance": {"window": 500},
    "weekly-train-lstm": {
        "window": 504,
        "seeds": [7],
        "epochs": 1,
        "units": 4,
        "length": 20,
        "folds": 1,
        "spacing": 63,
    },
    "weekly-tune-boosting": {"window": 504, "candidates": 2, "folds": 2},
    "weekly-train-agent": {"steps": 512, "seeds": [1], "history": 900, "judged": 250},
    "weekly-retrain-agents": {"algorithms": {"a2c": 256}, "history": 900, "judged": 250, "window": 400},
    "weekly-compare-allocators": {"window": 500, "allocators": ["equal_weight", "min_variance"]},
    "weekly-report": {"window": 500, "allocators": ["equal_weight", "min_variance", "max_sharpe"], "refit": 3000},
}


def small_project(folder: Path, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Lay out a project in an empty folder, with further changes of its jobs' parameters, and return it."""
    for name in ("notebooks", "requirements.lock"):
        (folder / name).symlink_to(REPOSITORY / name)
    (folder / "jobs").mkdir()
    for path in (REPOSITORY / "jobs").glob("*.yaml"):
        job = yaml.safe_load(path.read_text())
        job["parameters"] |= PARAMETERS.get(path.stem, {}) | dict((changes or {}).get(path.stem, {}))
        (folder / "jobs" / path.name).write_text(yaml.safe_dump(job))
    return folder
