"""What a store takes up, and how long this process's writes took."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from foliohub.data.connection import Connection

Kind = Literal["panel", "table", "document"]


@dataclass(frozen=True, slots=True)
class LibrarySize:
    """What one library of a store takes up.

    Parameters
    ----------
    size : int
        Bytes, compressed as they are stored; without the room that a database's file keeps free.
    versions : int
        Of everything in it together.
    """

    size: int
    versions: int


def library_sizes(connection: Connection, libraries: tuple[str, ...]) -> dict[str, LibrarySize]:
    """Ask the storage for the size of every key: milliseconds on LMDB, a listing of the whole bucket on S3."""
    from arcticdb import KeyType

    found = {}
    for name in libraries:
        with connection.guard(f"cannot tell the size of its library {name}"):
            sizes = connection.library(name).admin_tools().get_sizes()
        versions = sizes.get(KeyType.TABLE_INDEX)
        found[name] = LibrarySize(
            sum(size.bytes_compressed for size in sizes.values()), versions.count if versions else 0
        )
    return found


class WriteTimes:
    """How many writes of this process there were of each kind, and how many seconds they took with their waits.

    Examples
    --------
    >>> times = WriteTimes()
    >>> with times.of("table"):
    ...     pass
    >>> times.totals()["table"][0]
    1
    """

    def __init__(self) -> None:
        self._totals: dict[Kind, tuple[int, float]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, kind: Kind) -> Iterator[None]:
        """Time a block; one that raises is not counted."""
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        with self._lock:
            count, total = self._totals.get(kind, (0, 0.0))
            self._totals[kind] = (count + 1, total + seconds)

    def totals(self) -> dict[Kind, tuple[int, float]]:
        """Kind -> how many, and seconds in all."""
        with self._lock:
            return dict(self._totals)


WRITE_TIMES = WriteTimes()
"""Of every store this process has opened."""


__all__ = ["WRITE_TIMES", "LibrarySize", "WriteTimes", "library_sizes"]
