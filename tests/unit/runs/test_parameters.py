"""What a notebook's `parameters` cell declares is what a run may set, in its type."""

from __future__ import annotations

import nbformat
import pytest

from foliohub.errors import ConfigurationError, InputError
from foliohub.runs.parameters import (
    Parameter,
    check_parameters,
    declared_parameters,
    notebook_hash,
    parse_assignments,
    read_notebook,
)


def notebook_with(source: str, tags: tuple[str, ...] = ("parameters",)) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})
    return nbformat.v4.new_notebook(cells=[cell])


def test_names_defaults_and_comments_are_read():
    found = declared_parameters(notebook_with('a: int = 1  # how many\nb = [1, 2]\nc: str = "x#y"\n'), "n")
    assert found == {
        "a": Parameter("a", 1, "how many"),
        "b": Parameter("b", [1, 2]),
        "c": Parameter("c", "x#y"),
    }


@pytest.mark.parametrize(
    "source", ["a = open('x')", "import os", "a, b = 1, 2", "a = b = 1", "def f(): pass", "a = 1 +", "a: int", "f(1)"]
)
def test_anything_but_literals_is_refused(source):
    with pytest.raises(ConfigurationError, match="n"):
        declared_parameters(notebook_with(source), "n.ipynb")


def test_there_must_be_just_one_parameters_cell():
    with pytest.raises(ConfigurationError, match="0 cells"):
        declared_parameters(notebook_with("a = 1", tags=()), "n.ipynb")


@pytest.mark.parametrize(
    ("default", "value", "fits"),
    [
        (1, 2, True), (1, 2.0, False), (1, True, False), (1.0, 2, True), (1.0, "2", False), (True, False, True),
        (True, 1, False), ("a", "b", True), ("a", None, False), ([1], [], True), ([1], {}, False), (None, 3, True),
    ],
)  # fmt: skip
def test_a_value_must_have_the_type_of_the_default(default, value, fits):
    assert Parameter("p", default).accepts(value) is fits


def test_command_line_values_take_the_type_of_their_parameter():
    declared = {p.name: p for p in (Parameter("n", 1), Parameter("f", 1.0), Parameter("s", "a"), Parameter("l", [1]))}
    texts = ["n=3", "f=2", "s=007=x", "l=[5, 21]"]
    assert parse_assignments(texts, declared, "n") == {"n": 3, "f": 2, "s": "007=x", "l": [5, 21]}


@pytest.mark.parametrize("text", ["n", "=3", "n=three", "n=3.5", "m=1", "n=[1"])
def test_bad_assignments_are_refused(text):
    with pytest.raises(InputError):
        parse_assignments([text], {"n": Parameter("n", 1)}, "n")


def test_an_unknown_parameter_names_the_known_ones():
    with pytest.raises(InputError, match=r"horizont.*It takes: horizons"):
        check_parameters({"horizont": 1}, {"horizons": Parameter("horizons", 1)}, "n")


def test_the_hash_is_that_of_the_code_not_of_its_outputs():
    first, second = notebook_with("a = 1"), notebook_with("a = 1")
    second.cells[0].execution_count = 5
    second.cells[0].outputs = [nbformat.v4.new_output("stream", text="hello")]
    assert notebook_hash(first) == notebook_hash(second) != notebook_hash(notebook_with("a = 2"))


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"cells": 3}'])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "bad.ipynb"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"bad\.ipynb"):
        declared_parameters(read_notebook(path), path.name)
