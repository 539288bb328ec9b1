"""The manifest of a panel: what makes a version of many frames one thing.

Each field of a panel is a wide frame (dates x tickers) in a symbol of its own. Rows that come later are few and come
often: they lie together in one more symbol, long (dates and tickers x fields), until there are enough of them to be
appended to the wide frames. A night's update is thus one small append instead of one for each field or ticker.

A version of the panel is a version of its manifest, written after everything else; a reader goes through it and
therefore sees one whole version.
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

LAYOUT = 2
"""How manifests, names and documents lie in a store; counts up whenever another release could not read them.

1 : a field's rows all lie in its wide frame. 2 : recent rows lie in a symbol of their own.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Where one field of a panel lies.

    Attributes
    ----------
    version : int
        Of the field's wide frame in ArcticDB.
    wide_head : str
        Digest after the last row of the wide frame (:func:`foliohub.data.contents.chain_rows`).
    head : str
        Digest after the last recent row; the same where there is none.
    """

    version: int
    wide_head: str
    head: str


@dataclass(frozen=True, slots=True)
class Recent:
    """Where the rows lie that came after the wide frames.

    Attributes
    ----------
    version : int
        Of their symbol in ArcticDB.
    first : Timestamp
        Their first date.
    """

    version: int
    first: pd.Timestamp


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
    rows, wide_rows : int
        Number of dates; of these, in the wide frames.
    first, last : Timestamp
        First and last date.
    recent : Recent or None
        The rows after the wide frames.
    metadata : dict
        What the writer gave.
    """

    as_of: pd.Timestamp
    written_at: datetime
    content: str
    tickers: tuple[str, ...]
    fields: Mapping[str, Part]
    rows: int
    wide_rows: int
    first: pd.Timestamp
    last: pd.Timestamp
    recent: Recent | None = None
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
            "wide_rows": self.wide_rows,
            "first": _day(self.first),
            "last": _day(self.last),
            "recent": None if self.recent is None else [self.recent.version, _day(self.recent.first)],
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
            recent = content["recent"]
            return cls(
                as_of=pd.Timestamp(content["as_of"]),
                written_at=datetime.fromisoformat(content["written_at"]),
                content=content["content"],
                tickers=tuple(content["tickers"]),
                fields={name: Part(**part) for name, part in content["fields"].items()},
                rows=content["rows"],
                wide_rows=content["wide_rows"],
                first=pd.Timestamp(content["first"]),
                last=pd.Timestamp(content["last"]),
                recent=None if recent is None else Recent(recent[0], pd.Timestamp(recent[1])),
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
