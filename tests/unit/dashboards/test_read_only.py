"""Dashboards read and draw: their notebooks are thin, and nothing in them or below writes, fits or asks a vendor."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).parents[3]
NOTEBOOKS = sorted((REPOSITORY / "reports").glob("*.ipynb"))
MODULES = sorted((REPOSITORY / "lib" / "foliohub" / "dashboards").rglob("*.py"))
WRITING = {
    *("write_panel", "extend_panel", "write_table", "write_document", "compact", "prune"),
    *("propose", "approve", "reject", "import_fills", "submit", "cancel", "pause", "resume"),
    *("publish", "ingest", "write_snapshot", "write_text", "write_bytes", "unlink", "mkdir"),
}
"""Names of what changes the store, the ledger, the schedule or a file."""
FITTING = {"walk_forward", "evaluate_forecasters", "simulate", "open_source", "clean_prices"}
"""Names of what belongs into runs."""


def called(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            names.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return names


def code(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_writes_or_computes_what_runs_compute(path):
    assert not called(path.read_text()) & (WRITING | FITTING)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_thin_and_stored_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    for source in code(path):
        assert len(source.splitlines()) <= 5
        assert not called(source) & (WRITING | FITTING | {"print", "open", "eval", "exec"})
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_reads_nothing_before_it_is_asked(path):
    cells = code(path)
    waiting = next(number for number, source in enumerate(cells) if "kit.wait()" in source)
    for source in cells[:waiting]:
        assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(source).body), source
    assert any("kit.sources()" in source for source in cells[waiting + 1 :])
