"""What an ingest did, ticker by ticker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from pandas._libs.tslibs.nattype import NaTType

from foliohub.data.fetching import candidates
from foliohub.data.restatements import DUPLICATE_COLUMNS, RESTATEMENT_COLUMNS, known_cells
from foliohub.errors import VendorError
from foliohub.types import PricePanel

if TYPE_CHECKING:
    from foliohub.data.universe import Universe
    from foliohub.data.versions import Version

Status = Literal["added", "updated", "restated", "unchanged", "not listed", "not stored", "failed"]
"""added : stored for the first time. updated : has new rows. restated : the vendor has changed its history. unchanged :
nothing was missing, or nothing new came. not listed : `as_of` lies before its entry. not stored : there is nothing of
it, and it was not asked for, because later sessions are stored already. failed : nothing came; what was stored stays.
"""


_NONE: Mapping[str, VendorError] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TickerReport:
    """What an ingest did for one ticker.

    Attributes
    ----------
    ticker : str
    status : str
        See :data:`Status`.
    rows_added : int
        Dates that had no value before.
    first, last : Timestamp
        Of what is stored now; NaT where nothing is.
    message : str
        Why it failed; else empty.
    """

    ticker: str
    status: Status
    rows_added: int
    first: pd.Timestamp | NaTType
    last: pd.Timestamp | NaTType
    message: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did.

    Attributes
    ----------
    universe, source : str
        Names.
    as_of : Timestamp
        Last session wanted.
    tickers : tuple of TickerReport
        Members in the universe's order, then the benchmark.
    before, after : Version or None
        The panel's latest version before and after; the same where nothing has changed.
    failed : dict
        Ticker -> :class:`~foliohub.errors.VendorError`.
    restated : DataFrame
        :data:`~foliohub.data.restatements.RESTATEMENT_COLUMNS`: stored history that the vendor contradicts.
    duplicates : DataFrame
        :data:`~foliohub.data.restatements.DUPLICATE_COLUMNS`: rows of the answers that a panel cannot hold.
    """

    universe: str
    source: str
    as_of: pd.Timestamp
    tickers: tuple[TickerReport, ...]
    before: Version | None
    after: Version | None
    failed: Mapping[str, VendorError] = field(default_factory=dict)
    restated: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(RESTATEMENT_COLUMNS)))
    duplicates: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(DUPLICATE_COLUMNS)))

    @property
    def rows(self) -> int:
        """Rows added, over all tickers."""
        return sum(ticker.rows_added for ticker in self.tickers)

    @property
    def changed(self) -> bool:
        """Whether the panel has a new version."""
        return self.before != self.after

    def to_frame(self) -> pd.DataFrame:
        """One row per ticker: ticker, status, rows_added, first, last, message."""
        frame = pd.DataFrame([asdict(ticker) for ticker in self.tickers])
        return frame.astype({"rows_added": np.int64, "first": "datetime64[ns]", "last": "datetime64[ns]"})


def report_tickers(
    universe: Universe,
    day: pd.Timestamp,
    *,
    before: PricePanel | None,
    after: PricePanel | None,
    failed: Mapping[str, VendorError] = _NONE,
    restated: Collection[str] = (),
) -> tuple[TickerReport, ...]:
    """Compare the panel before and after, ticker by ticker."""
    now = _known(after)
    then = _known(before).reindex(index=now.index, columns=now.columns, fill_value=False)
    had, has = then.to_numpy(dtype=bool), now.to_numpy(dtype=bool)
    columns = {str(ticker): column for column, ticker in enumerate(now.columns)}
    rows = []
    for member in candidates(universe):
        ticker = member.ticker
        column = columns.get(ticker)
        dates = now.index[:0] if column is None else now.index[has[:, column]]
        added = 0 if column is None else int((has[:, column] & ~had[:, column]).sum())
        status: Status = "updated" if added else "unchanged"
        if ticker in failed:
            status = "failed"
        elif column is None or not len(dates):
            status = "not listed" if member.entry and pd.Timestamp(member.entry) > day else "not stored"
        elif ticker in restated:
            status = "restated"
        elif not had[:, column].any():
            status = "added"
        first, last = (dates[0], dates[-1]) if len(dates) else (pd.NaT, pd.NaT)
        rows.append(TickerReport(ticker, status, added, first, last, str(failed.get(ticker, ""))))
    return tuple(rows)


def _known(panel: PricePanel | None) -> pd.DataFrame:
    if panel is None:
        return pd.DataFrame()
    close = panel["close"]
    return pd.DataFrame(known_cells(panel), index=close.index, columns=close.columns)
