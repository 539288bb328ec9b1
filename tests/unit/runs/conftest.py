"""A small project of its own for each test: notebooks, jobs and state in a temporary folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml

from foliohub.config import Settings
from tests.s3_servers import s3_server

__all__ = ["s3_server"]

JOB = {
    "name": "small",
    "title": "A small job",
    "notebook": "small.ipynb",
    "cycle": "nightly",
    "schedule": {"cron": "30 18 * * 1-5", "time_zone": "America/New_York"},
}
PARAMETERS = 'as_of: str = ""  # session\nuniverse: str = "sample"\nseed: int = 7\nscale: float = 1.0\n'


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> Path:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# A small notebook"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *(nbformat.v4.new_code_cell(cell) for cell in cells),
    ]
    nbformat.write(notebook, path)
    return path


class Project:
    """A folder with jobs and notebooks, and settings that point there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("jobs", "notebooks"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.settings = Settings(project=folder, home=folder / "state")

    def copy(self, folder: Path) -> Project:
        """The same elsewhere, with all that it has stored."""
        return Project(Path(shutil.copytree(self.folder, folder)))

    def job(self, name: str = "small", **changes: object) -> Path:
        path = self.folder / "jobs" / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**JOB, "name": name, **changes}))
        return path

    def notebook(self, *cells: str, name: str = "small.ipynb", parameters: str = PARAMETERS) -> Path:
        return write_notebook(self.folder / "notebooks" / name, *cells, parameters=parameters)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def small(project: Project) -> Callable[..., Project]:
    """A project with one job whose notebook has the given cells."""

    def make(*cells: str, **job: object) -> Project:
        project.notebook(*cells)
        project.job(**job)
        return project

    return make
