"""What executing a notebook as a run costs over the code's own time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
import pandas as pd
import yaml

from benchmarks.measure import Measure, best_seconds
from foliohub.config import Settings
from foliohub.runs.execute import run_job
from foliohub.runs.spec import load_jobs

CELLS = 10


def overhead() -> Measure:
    """A job of ten trivial cells: kernel, papermill, record and report, all of it overhead."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        _write(project)
        settings = Settings(project=project, home=project / "state")
        job = load_jobs(settings.jobs, settings.notebooks)["trivial"]
        run_job(settings, job, pd.Timestamp("2022-12-28"))  # imports and the first opening of the store

        def again() -> None:
            run_job(settings, job, pd.Timestamp("2022-12-28"), force=True)

        seconds = best_seconds(again, repeats=3)
    return Measure(
        "notebook run over the code's own time",
        seconds,
        promised=1.5,
        remark=f"{CELLS} trivial cells, with run record, executed notebook and HTML report",
    )


def _write(project: Path) -> None:
    for name in ("jobs", "notebooks"):
        (project / name).mkdir()
    parameters = nbformat.v4.new_code_cell('as_of: str = ""', metadata={"tags": ["parameters"]})
    cells = [parameters, *(nbformat.v4.new_code_cell(f"{number} + 1") for number in range(CELLS))]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), project / "notebooks" / "trivial.ipynb")
    job = {
        "name": "trivial",
        "title": "Trivial",
        "notebook": "trivial.ipynb",
        "cycle": "nightly",
        "schedule": {"cron": "0 1 * * *"},
    }
    (project / "jobs" / "trivial.yaml").write_text(yaml.safe_dump(job))
