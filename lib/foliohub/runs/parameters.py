"""The parameters of a notebook: what its `parameters` cell declares, and whether a value fits.

The cell holds one assignment of a literal per line, with an annotation and a comment where they help::

    universe: str = "sample"  # named in foliohub's universes
    horizons: list = [1, 5, 21]  # sessions ahead

papermill only warns of a parameter that the notebook does not know, and runs without it; here it is an error.
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import nbformat
import yaml

from foliohub.errors import ConfigurationError, InputError
from foliohub.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Literal: TypeAlias = "str | int | float | bool | list[Literal] | dict[str, Literal] | None"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name : str
    default : literal
        Its type is the type every other value must have; None takes any.
    comment : str
        What the notebook's author says of it.
    """

    name: str
    default: Literal
    comment: str = ""

    def accepts(self, value: object) -> bool:
        """Whether `value` has the default's type; a whole number is good for a decimal one, a bool is no number."""
        if self.default is None:
            return True
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        if isinstance(self.default, float):
            return isinstance(value, int | float)
        return isinstance(value, type(self.default))


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook; what is not one gets an error that says so.

    Raises
    ------
    ConfigurationError
        The file is missing or not a notebook.
    """
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        known = ", ".join(sorted(found.name for found in path.parent.glob("*.ipynb"))) or "none"
        raise ConfigurationError(f"There is no notebook {path.name}.", remedy=f"Known are: {known}.") from None
    except Exception as error:
        raise ConfigurationError(
            f"{path.name} is not a notebook: {error}.", remedy="Save it again in Jupyter."
        ) from error
    return notebook


def declared_parameters(notebook: nbformat.NotebookNode, name: str) -> dict[str, Parameter]:
    """The parameters a notebook declares, by name, in their order.

    Raises
    ------
    ConfigurationError
        The cell is missing, or holds something other than assignments of literals.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ConfigurationError(
            f"{name} has {len(cells)} cells tagged 'parameters'.", remedy="It needs exactly one, of literals only."
        )
    source: str = cells[0].source
    lines = source.splitlines()
    found = {}
    try:
        statements = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f"line {error.lineno}" if isinstance(error, SyntaxError) else str(error)
        raise ConfigurationError(
            f"The parameters of {name} are not Python: {where}.", remedy="Assign literals only, one per line."
        ) from error
    for statement in statements:
        line = lines[statement.lineno - 1]
        target: ast.expr | None = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
        value = getattr(statement, "value", None)
        if not isinstance(target, ast.Name) or value is None:
            raise ConfigurationError(f"The parameters of {name} hold {line.strip()!r}.", remedy="Assign literals only.")
        try:
            default = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise ConfigurationError(
                f"The parameter {target.id} of {name} is no literal: {line.strip()!r}.", remedy="Assign literals only."
            ) from error
        comment = line[statement.end_col_offset or len(line) :].partition("#")[2].strip()
        found[target.id] = Parameter(target.id, default, comment)
    return found


def check_parameters(given: Mapping[str, object], declared: Mapping[str, Parameter], name: str) -> None:
    """Refuse a parameter the notebook does not declare, and a value of another type.

    Raises
    ------
    InputError
        Names the parameter, the value, and what would do.
    """
    for key, value in given.items():
        if key not in declared:
            raise InputError(f"{name} has no parameter {key!r}.", remedy=f"It takes: {', '.join(declared) or 'none'}.")
        if not _is_plain(value):
            raise InputError(
                f"Parameter {key} of {name} is {_shortened(value)}.",
                remedy="It must hold finite numbers, texts, true and false, and lists of them; put dates in quotes.",
            )
        if not declared[key].accepts(value):
            default = declared[key].default
            raise InputError(
                f"Parameter {key} of {name} is {_shortened(value)}, a {type(value).__name__}.",
                remedy=f"It must be of type {type(default).__name__}, as {default!r}.",
            )


def parse_assignments(texts: list[str], declared: Mapping[str, Parameter], name: str) -> dict[str, Literal]:
    """Read `key=value` texts from a command line, in the type that each parameter has.

    Raises
    ------
    InputError
        The text has no "=", the parameter is unknown, or the value has another type.

    Examples
    --------
    >>> parse_assignments(
    ...     ["seed=7", "universe=av30"], {"seed": Parameter("seed", 1), "universe": Parameter("universe", "")}, "n"
    ... )
    {'seed': 7, 'universe': 'av30'}
    """
    values: dict[str, Literal] = {}
    for text in texts:
        key, equals, raw = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"{_shortened(text)} is no parameter.", remedy="Write it as key=value.")
        parameter = declared.get(key.strip())
        if parameter is not None and isinstance(parameter.default, str):
            values[key.strip()] = raw
            continue
        try:
            values[key.strip()] = yaml.safe_load(raw)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            # ValueError: 2022-13-45 looks like a date, and numbers of thousands of digits are refused.
            raise InputError(
                f"The value of {_shortened(text)} cannot be read.", remedy="Write lists as [1, 5]."
            ) from error
    check_parameters(values, declared, name)
    return values


def _is_plain(value: object) -> bool:
    """Whether a run record can hold a value and give it back as it was."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    return value is None or isinstance(value, str | int)


def _shortened(value: object, longest: int = 80) -> str:
    shown = repr(value)
    return shown if len(shown) <= longest else f"{shown[:longest]}…"


def notebook_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 over the cells' types and sources; outputs, counters and layout change nothing a notebook computes."""
    content = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
