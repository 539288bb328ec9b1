"""A version of something stored, and which version was known when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd


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


def vintage(as_of: pd.Timestamp, versions: Sequence[tuple[Version, pd.Timestamp]]) -> Version | None:
    """The version that a reader as of a date gets.

    The newest one ingested for that date or an earlier one. Where there is none, because the history was filled in
    later, the oldest one that covers the date: what has been restated since is kept out as far as it can be. Either way
    the reader cuts off the rows after `as_of`.

    Parameters
    ----------
    as_of : Timestamp
        A session.
    versions : sequence of (Version, Timestamp)
        By number, each with its first session.

    Examples
    --------
    >>> from datetime import UTC
    >>> first, day = pd.Timestamp("2019-01-02"), pd.Timestamp
    >>> stored = [Version("p", n, day(d), datetime.now(UTC), "") for n, d in enumerate(["2019-06-28", "2019-07-01"])]
    >>> [vintage(day(d), [(v, first) for v in stored]).number for d in ("2019-03-01", "2019-06-30", "2019-07-01")]
    [0, 0, 1]
    """
    known = [version for version, _ in versions if version.as_of is not None and version.as_of <= as_of]
    if known:
        return known[-1]
    covering = [version for version, first in versions if first <= as_of]
    return covering[0] if covering else None
