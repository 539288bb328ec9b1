"""Compile the numerical routines, once per machine.

numba keeps compiled code beside the source, or in the user's cache folder where the source cannot be written; it takes
it up again as long as *that* file is unchanged. Our routines call each other across files, and a caller contains the
code it calls: so each is stamped with all sources of this folder, and a change in one compiles them anew.

An image ships code compiled beside the source, where those who run it cannot write: that is read and never written.
numba looks only where it can write, so it would compile everything anew in each container.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, InTreeCacheLocator

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


class _ShippedLocator(InTreeCacheLocator):
    """The folder beside the source, as it is."""

    def ensure_cache_path(self) -> None:
        """Ask nothing of it: what is not there is compiled."""


class _ShippedFiles(CompileResultCacheImpl):
    """Files of compiled code in that folder."""

    _locator_classes: Any = (_ShippedLocator,)


class _ShippedCache(FunctionCache):
    """Compiled code that was shipped: read, never written."""

    _impl_class = _ShippedFiles

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what had to be compiled after all for this process alone."""


def shipped(function: Callable[..., object]) -> bool:
    """Whether compiled code lies beside the source of a routine, in a folder that cannot be written."""
    folder = Path(function.__code__.co_filename).parent / "__pycache__"
    return any(folder.glob("*.nbi")) and not os.access(folder, os.W_OK)


def entry(function: Routine) -> Routine:
    """Compile a routine called from Python; kept on disk, and other threads run meanwhile."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": _ARITHMETIC}
    try:
        dispatcher: Any = _compile(cache=not shipped(function), **options)(function)
    except RuntimeError:  # neither the source's folder nor the user's can be written: compiled code lasts a process
        return cast("Routine", _compile(**options)(function))
    if shipped(function):
        dispatcher._cache = cast("Any", _ShippedCache)(function)  # noqa: SLF001 - no public way
    dispatcher._cache._cache_file._source_stamp = sources_stamp()  # noqa: SLF001
    return cast("Routine", dispatcher)


def routine(function: Routine) -> Routine:
    """Compile a routine only compiled code calls: it is kept on disk within its callers."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": _ARITHMETIC}
    compiled: Routine = _compile(**options, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled
