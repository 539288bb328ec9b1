"""A version of something stored, and which version was known when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a panel or a table.

    Attributes
    ----------
    name : str
        Of the panel or table.
    number : int
        Rises with every version; has gaps where versions were pruned.
    as_of : Timestamp or None
        Session the version was ingested for; None for tables.
    written_at : datetime
        UTC.
    content : str
        SHA-256 over the values: equal for equal content, however it was written.
    metadata : dict
        What the writer gave.
    """

    name: str
    number: int
    as_of: pd.Timestamp | None
    written_at: datetime
    content: str
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)


class StoredVersion(BaseModel):
    """Which version of something in the store: what records and proposals name.

    Attributes
    ----------
    name : str
    number : int
    content : str
        SHA-256 over the values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    number: int
    content: str


def vintage(as_of: pd.Timestamp, versions: Sequence[tuple[Version, pd.Timestamp]]) -> Version | None:
    """The version that a reader as of a session gets; it cuts off the rows after `as_of`.

    The newest one ingested for that very session. Where nothing was, because the history was filled in later, the
    oldest one that reaches beyond it: what has been restated since is kept out as far as it can be. Where nothing
    reaches that far, the newest one there is.

    Parameters
    ----------
    as_of : Timestamp
        A session.
    versions : sequence of (Version, Timestamp)
        By number, each with its first date.

    Examples
    --------
    >>> from datetime import UTC
    >>> first, day = pd.Timestamp("2019-01-02"), pd.Timestamp
    >>> ingested = ["2019-06-27", "2019-06-28", "2019-06-28", "2019-07-02", "2019-07-05"]
    >>> stored = [(Version("p", n, day(d), datetime.now(UTC), ""), first) for n, d in enumerate(ingested)]
    >>> [vintage(day(d), stored).number for d in ("2019-03-01", "2019-06-28", "2019-07-01", "2019-07-08")]
    [0, 2, 3, 4]
    """
    exact = [version for version, _ in versions if version.as_of == as_of]
    if exact:
        return exact[-1]
    beyond = [v for v, first in versions if v.as_of is not None and v.as_of > as_of and first <= as_of]
    if beyond:
        return beyond[0]
    before = [version for version, _ in versions if version.as_of is not None and version.as_of < as_of]
    return before[-1] if before else None
