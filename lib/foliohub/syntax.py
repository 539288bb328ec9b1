"""Reading Python as text, from as many threads as there are."""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 counts the depth of what it parses for all threads together, and fails when two parse at once
(``SystemError: AST constructor recursion depth mismatch``; https://github.com/python/cpython/issues/106905)."""


def parse(source: str) -> ast.Module:
    """The syntax tree of Python source.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        It is no Python, or nested deeper than can be read.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source)
