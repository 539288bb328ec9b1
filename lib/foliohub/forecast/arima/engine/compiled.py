"""Compile the numerical routines, once per machine.

numba keeps compiled code beside the source, or in the user's cache folder where the source cannot be written; it takes
it up again as long as *that* file is unchanged. Our routines call each other across files, and a caller contains the
code it calls: so each is stamped with all sources of this folder, and a change in one compiles them anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Routine = TypeVar("Routine", bound=Callable[..., object])

_compile: Any = numba.njit  # whose own types know neither its cache nor that what it returns is called alike

# Contracted and reassociated sums are fast; NaN keeps its meaning.
_ARITHMETIC = {"contract", "reassoc", "nsz", "arcp"}


@cache
def sources_stamp() -> str:
    """One digest of all sources the compiled code is made of."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def entry(function: Routine) -> Routine:
    """Compile a routine called from Python; kept on disk, and other threads run meanwhile."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": _ARITHMETIC}
    try:
        dispatcher: Routine = _compile(cache=True, **options)(function)
    except RuntimeError:  # neither the source's folder nor the user's can be written: compiled code lasts a process
        return cast("Routine", _compile(**options)(function))
    cache_file: Any = dispatcher._cache._cache_file  # type: ignore[attr-defined] # noqa: SLF001 - no public way
    cache_file._source_stamp = sources_stamp()  # noqa: SLF001
    return dispatcher


def routine(function: Routine) -> Routine:
    """Compile a routine only compiled code calls: it is kept on disk within its callers."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": _ARITHMETIC}
    compiled: Routine = _compile(**options, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled
