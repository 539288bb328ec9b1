"""What a notebook tells its run while it is executed: which versions it read, which it wrote.

The notebook runs in a process of its own. It appends a line of JSON per event to a file that the run named; a line is
on disk before the call that caused it returns, so that nothing read or written goes unrecorded, whatever happens next.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from foliohub.data.versions import StoredVersion

if TYPE_CHECKING:
    from pathlib import Path

Event: TypeAlias = Literal["read", "written"]


@dataclass(frozen=True, slots=True)
class Lineage:
    """Versions read and written, each once, in the order they came up."""

    read: tuple[StoredVersion, ...]
    written: tuple[StoredVersion, ...]


class LineageFile:
    """The file of events between a notebook and its run.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, event: Event, version: StoredVersion) -> None:
        """Append one event and see it to the disk."""
        line = {"event": event, **version.model_dump()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def gather(self) -> Lineage:
        """Read all events; a file that was never written means that there were none."""
        events: dict[str, dict[StoredVersion, None]] = {"read": {}, "written": {}}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                content = json.loads(line)
                events[content.pop("event")][StoredVersion(**content)] = None
        return Lineage(tuple(events["read"]), tuple(events["written"]))
