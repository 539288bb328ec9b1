"""What a rule did, written down: one row per ticker, day and rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.types import FloatArray

BoolArray: TypeAlias = npt.NDArray[np.bool_]

Action = Literal["kept", "set missing", "repaired", "held", "carried", "left out", "quarantined"]
"""What became of the value.

kept : it stands, flagged.
set missing : it is NaN from here on; a close set missing leaves the adjusted price where it was.
repaired : another value, named in the remark, stands in its place.
held : the day's bar is doubted and NaN; the adjusted price stays where it was until another day settles it.
carried : there is no price; the adjusted price stays where it was.
left out : the row is no session and does not appear.
quarantined : the ticker has no prices from this day on.
"""

EVENT_COLUMNS = ("ticker", "date", "rule", "field", "received", "action", "remark")


class Event(NamedTuple):
    """One row of the quality report; `received` is what the vendor gave, NaN for nothing."""

    ticker: str
    date: pd.Timestamp
    rule: str
    field: str
    received: float
    action: Action
    remark: str


class Recorder:
    """Collects events over one index of sessions and one set of tickers.

    Parameters
    ----------
    dates : DatetimeIndex
        Sessions: row numbers point into it.
    tickers : Index
        Column numbers point into it.
    """

    def __init__(self, dates: pd.DatetimeIndex, tickers: pd.Index) -> None:
        self.dates = dates
        self.tickers = tickers
        self.events: list[Event] = []

    def add(
        self, row: int, column: int, *, rule: str, field: str, received: float, action: Action, remark: str
    ) -> None:
        """Record one event."""
        event = Event(str(self.tickers[column]), self.dates[row], rule, field, float(received), action, remark)
        self.events.append(event)

    def add_all(
        self, mask: BoolArray, received: FloatArray, *, rule: str, field: str, action: Action, remark: str
    ) -> None:
        """Record one event per True of `mask` (n_dates, n_tickers)."""
        for row, column in np.argwhere(mask).tolist():
            self.add(row, column, rule=rule, field=field, received=received[row, column], action=action, remark=remark)


def events_frame(events: Iterable[Event]) -> pd.DataFrame:
    """Events as a frame with :data:`EVENT_COLUMNS`, in the order of date, ticker and rule."""
    ordered = sorted(events, key=lambda event: (event.date, event.ticker, event.rule, event.field))
    frame = pd.DataFrame(ordered, columns=list(EVENT_COLUMNS))
    return frame.astype({"date": "datetime64[ns]", "received": np.float64})
