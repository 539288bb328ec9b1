"""What a page has ready before it is asked for, and may show because it still agrees with the store when it is asked.

The service rehearses its pages in the background: it draws each as it looks without a query. What that took is handed
on to the pages' processes: run records, with the versions of their documents; tables, by the number and the hash of
their version; drawings, with every answer of the store they were made from. A page asks the store again after its
request has arrived, and takes from here only what the answers still fit; so nothing here is ever shown stale.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from foliohub.runs.known import KnownRuns

if TYPE_CHECKING:
    import pandas as pd

Answers = dict[tuple[str, ...], Hashable]
"""What was asked of the store -> what it answered, in a form that says exactly which."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn once.

    Attributes
    ----------
    answers : dict
        All that was asked of the store before and while it was drawn.
    html : str
    """

    answers: Answers
    html: str


@dataclass(slots=True)
class Memory:
    """What one process hands on to others.

    Attributes
    ----------
    keys : tuple
        Which keys' signatures counted when the records were read.
    runs : KnownRuns
    tables : dict
        (store, name, number, content hash) -> the table; nobody changes it.
    drawings : dict
        (what draws, its arguments) -> what it drew.
    learning : bool
        Whether what is read and drawn is to be kept: at a rehearsal, nowhere else.
    """

    keys: tuple[tuple[str, int, int], ...] = ()
    runs: KnownRuns = field(default_factory=KnownRuns)
    tables: dict[tuple[str, str, int, str], pd.DataFrame] = field(default_factory=dict)
    drawings: dict[Hashable, Drawing] = field(default_factory=dict)
    learning: bool = False


_memories = [Memory()]


def memory() -> Memory:
    """What this process has."""
    return _memories[-1]


def take_over(handed: Memory) -> None:
    """Have what a rehearsal handed on, instead of what there was."""
    _memories[:] = [handed]
