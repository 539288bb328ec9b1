"""The manifest of a panel: what makes a version of many frames one thing.

Each field of a panel is a symbol of its own. A version of the panel is a version of its manifest, written after all
fields; a reader goes through it and therefore sees all fields of one version, or none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from foliohub.data.names import to_json
from foliohub.data.versions import Version
from foliohub.errors import StoreError


@dataclass(frozen=True, slots=True)
class Part:
    """Where one field of a panel lies.

    Attributes
    ----------
    version : int
        Of the field's symbol in ArcticDB.
    head : str
        Digest after its last row (:func:`foliohub.data.contents.chain_rows`).
    appends : int
        How many times rows were appended since it was last written in one piece.
    """

    version: int
    head: str
    appends: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a panel.

    Attributes
    ----------
    as_of : Timestamp
        Session it was ingested for.
    written_at : datetime
        UTC.
    content : str
        SHA-256 over tickers and fields.
    tickers : tuple of str
        Columns of every field, in order.
    fields : dict of Part
        By name, in order.
    rows : int
        Number of dates.
    first, last : Timestamp
        First and last date.
    metadata : dict
        What the writer gave.
    """

    as_of: pd.Timestamp
    written_at: datetime
    content: str
    tickers: tuple[str, ...]
    fields: Mapping[str, Part]
    rows: int
    first: pd.Timestamp
    last: pd.Timestamp
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        """As JSON."""
        content = {
            "as_of": _day(self.as_of),
            "written_at": self.written_at.isoformat(),
            "content": self.content,
            "tickers": list(self.tickers),
            "fields": {name: asdict(part) for name, part in self.fields.items()},
            "rows": self.rows,
            "first": _day(self.first),
            "last": _day(self.last),
            "metadata": dict(self.metadata),
        }
        return to_json(content, "The metadata of a panel")

    @classmethod
    def from_text(cls, text: str, name: str) -> Manifest:
        """From JSON.

        Raises
        ------
        StoreError
            It is no manifest of ours.
        """
        try:
            content = json.loads(text)
            return cls(
                as_of=pd.Timestamp(content["as_of"]),
                written_at=datetime.fromisoformat(content["written_at"]),
                content=content["content"],
                tickers=tuple(content["tickers"]),
                fields={name: Part(**part) for name, part in content["fields"].items()},
                rows=content["rows"],
                first=pd.Timestamp(content["first"]),
                last=pd.Timestamp(content["last"]),
                metadata=content["metadata"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"The manifest of {name} cannot be read ({type(error).__name__}: {error}).",
                remedy="It was not written by Foliohub, or is damaged: restore the store from a backup.",
            ) from error

    def version(self, name: str, number: int) -> Version:
        """What a reader is told of it."""
        return Version(name, number, self.as_of, self.written_at, self.content, self.metadata)


def _day(stamp: pd.Timestamp) -> str:
    return f"{stamp:%Y-%m-%d}"
