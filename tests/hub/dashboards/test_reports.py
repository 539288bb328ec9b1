"""The notebooks of dashboards: thin, fresh, and warm before anybody asks."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from foliohub.dashboards.kit.pieces import styles
from tests.hub.live import LiveHub

ROOT = Path(__file__).parents[3]
REPORTS = sorted((ROOT / "reports").glob("*.ipynb"))
ALLOWED = {"Board", "columns", "part", "sources", "stack", "wait"}
"""Functions a dashboard's notebook calls: all else is the business of its module."""


def _code(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_six():
    names = ["forecasts", "index", "operations", "portfolio", "today", "what_if"]
    assert [path.stem for path in REPORTS] == names


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_each_is_valid_thin_and_stored_without_outputs(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    for source in _code(path):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.For | ast.While | ast.With)
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                assert name in ALLOWED, f"{path.name} calls {name}"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_imports_stand_above_the_wait_and_everything_else_below(path: Path):
    cells = _code(path)
    waits = [k for k, source in enumerate(cells) if "kit.wait()" in source]
    assert waits == [1]
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(cells[0]).body)


def test_nothing_is_left_to_import_once_a_page_is_asked_for(hub: LiveHub):
    """Else its first viewer waits for it. What a page imports goes into `foliohub.dashboards.warming`."""
    cells = "\n".join(source for path in REPORTS for source in _code(path))
    program = f"""
import sys
from foliohub.dashboards.warming import warm
warm()
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance()
before = set(sys.modules)
exec({cells!r})
print(sorted(set(sys.modules) - before))
"""
    environment = os.environ | {"FOLIOHUB_HOME": str(hub.home), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    late = ast.literal_eval(done.stdout.strip().splitlines()[-1])
    assert late == [], late


def test_the_look_loads_nothing_from_elsewhere():
    static = ROOT / "lib" / "foliohub" / "dashboards" / "kit" / "static"
    for text in (styles(), *(file.read_text() for file in static.glob("*.js"))):
        assert "http://" not in text
        assert "https://" not in text


@pytest.mark.slow
def test_each_runs_under_nbval_too(hub: LiveHub):
    """As researchers run their copies: outside the service, in a kernel of its own, from the first cell to the last."""
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-q", "--nbval-lax", *map(str, REPORTS)]
    environment = os.environ | {"FOLIOHUB_HOME": str(hub.home), "FOLIOHUB_PROJECT": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:]
    cells = sum(len(_code(path)) for path in REPORTS)
    assert f"{cells} passed" in ran.stdout
