"""Notebooks are thin: parameters of literals, no functions or classes, no paths, no secrets, no stored outputs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from foliohub.runs.parameters import declared_parameters

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SECRET = re.compile(r"api_?key|token|password|secret", re.IGNORECASE)


def code(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert {path.name for path in NOTEBOOKS} >= {
        "00_welcome.ipynb",
        "10_ingest.ipynb",
        "20_forecast.ipynb",
        "30_rebalance.ipynb",
        "40_performance.ipynb",
    }


def test_each_is_valid_and_stored_without_outputs(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_each_declares_its_parameters_and_says_what_they_are(notebook):
    declared = declared_parameters(notebook, "notebook")
    assert {"as_of", "universe"} <= set(declared)
    for parameter in declared.values():
        assert parameter.comment or isinstance(parameter.default, list), parameter.name


def test_each_defines_nothing_and_touches_nothing(notebook):
    for source in code(notebook):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda), source
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"open", "exec", "eval", "print"}, source
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("/", "~", "./", "../")), source
        assert not SECRET.search(source), source


@pytest.mark.parametrize("name", ["31_train_agent.ipynb", "33_retrain_agents.ipynb"])
def test_training_of_agents_goes_on_after_a_kill_and_says_how_far_it_is(name):
    cell = next(source for source in code(nbformat.read(NOTEBOOKS[0].with_name(name), 4)) if "work.training(" in source)
    assert "training.folder" in cell
    assert "progress=training.progress" in cell


def test_each_cell_is_short_enough_to_read(notebook):
    for source in code(notebook):
        assert len(source.splitlines()) <= 20, source


def test_each_starts_with_its_title_and_says_what_it_shows(notebook):
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert len(first.source.splitlines()) >= 3
