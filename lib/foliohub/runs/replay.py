"""Running again from the record: the versions to read, and the vendor's answers as they came."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from foliohub.errors import NotStoredError, UnknownTickerError
from foliohub.frames import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from foliohub.data.store import Store


@dataclass(frozen=True, slots=True)
class Pins:
    """What a recorded run read and wrote, by name, and where that lies.

    Attributes
    ----------
    store : str
        URI of the store the run was recorded in.
    locks : str
        Folder of that store's locks.
    moment : str
        When the recorded run began, in ISO format with its time zone: what was published later it cannot have seen.
    reading, writing : dict
        Name -> version number.
    """

    store: str
    locks: str
    moment: str
    reading: dict[str, int] = field(default_factory=dict)
    writing: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Pins:
        """Read pins from a file."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        """Write pins to a file that only its owner can read: a store's URI may hold credentials."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @property
    def began_at(self) -> datetime:
        """When the recorded run began."""
        return datetime.fromisoformat(self.moment)

    def open_store(self) -> Store:
        """The store the run was recorded in."""
        from foliohub.data.store import Store

        return Store.open(self.store, locks=Path(self.locks))

    def reads(self, name: str) -> bool:
        """Whether the recorded run read `name`."""
        return name in self.reading

    def number(self, name: str) -> int:
        """The version of `name` that the recorded run read.

        Raises
        ------
        NotStoredError
            It read none: the notebook asks for something it did not ask for then.
        """
        if name not in self.reading:
            raise NotStoredError(
                f"The recorded run did not read {name}.", remedy="The notebook or the package has changed since."
            )
        return self.reading[name]

    def wrote(self, name: str) -> bool:
        """Whether the recorded run wrote `name`."""
        return name in self.writing

    def written(self, name: str) -> int:
        """The version of `name` that the recorded run wrote."""
        return self.writing[name]


class RecordedSource:
    """A source that answers what a vendor answered when the run was recorded.

    Parameters
    ----------
    answers : DataFrame
        Long: date, ticker and the fields of a bar.
    metadata : mapping
        Of the stored answers: `source`, and `failed` (ticker -> what the vendor said).
    """

    def __init__(self, answers: pd.DataFrame, metadata: Mapping[str, Any]) -> None:
        self.name = str(metadata.get("source", "recorded"))
        self._answers = answers
        self._failed = metadata.get("failed", {})

    @classmethod
    def silent(cls) -> RecordedSource:
        """For a run that asked its vendor nothing."""
        return cls(pd.DataFrame(columns=["date", "ticker", *FIELDS]), {})

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:  # noqa: ARG002 - the Protocol's
        """Give what came for that ticker, or fail as it failed then."""
        bars = self._answers[self._answers["ticker"] == ticker]
        if bars.empty:
            raise UnknownTickerError(self._failed.get(ticker, f"Nothing came for {ticker} when this was recorded."))
        return bars.set_index(pd.DatetimeIndex(bars["date"], name="date"))[list(FIELDS)].astype("float64")

    def last_session(self) -> date | None:
        """Not limited."""
        return None
