"""Puts what was received on the exchange's sessions and inside each ticker's life, and says what stayed outside."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from foliohub.calendars import to_session
from foliohub.clean.events import BoolArray, Event, Recorder
from foliohub.clean.rules import non_sessions
from foliohub.errors import InputError
from foliohub.frames import FIELDS
from foliohub.types import DateLike, FloatArray, PricePanel


def sessions_to_clean(received: pd.DatetimeIndex, sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The sessions from the first row received on.

    Raises
    ------
    InputError
        There are none.
    """
    dates = sessions[sessions >= received[0]] if len(received) else sessions[:0]
    if len(dates) == 0:
        raise InputError(
            "The panel has no row on or before the last session.", remedy="Ingest prices, or ask for a later date."
        )
    return pd.DatetimeIndex(dates, name="date")


def life(
    dates: pd.DatetimeIndex,
    tickers: pd.Index,
    entry: Mapping[str, DateLike | None],
    exit: Mapping[str, DateLike | None],  # noqa: A002 - the universe's own word
) -> BoolArray:
    """True (n_dates, n_tickers) from each ticker's entry to its exit, both included."""
    expected = np.ones((len(dates), len(tickers)), dtype=np.bool_)
    for column, ticker in enumerate(tickers):
        first, last = entry.get(ticker), exit.get(ticker)
        if first is not None:
            expected[: dates.searchsorted(to_session(first, "entry")), column] = False
        if last is not None:
            expected[dates.searchsorted(to_session(last, "exit"), side="right") :, column] = False
    return expected


def fields_on(panel: PricePanel, dates: pd.DatetimeIndex, expected: BoolArray) -> dict[str, FloatArray]:
    """Every field as an array (n_dates, n_tickers); NaN for what is not given or lies outside a ticker's life."""
    nothing = np.full(expected.shape, np.nan)
    return {
        name: np.where(expected, panel[name].reindex(dates).to_numpy(), np.nan) if name in panel else nothing
        for name in FIELDS
    }


def record_non_sessions(close: pd.DataFrame, recorder: Recorder) -> None:
    """Record every close received for a day between the sessions."""
    dates = recorder.dates
    inside = close[(close.index >= dates[0]) & (close.index <= dates[-1])]
    strange = inside[non_sessions(pd.DatetimeIndex(inside.index), dates)]
    values = strange.to_numpy(dtype=np.float64)
    for row, column in np.argwhere(~np.isnan(values)).tolist():
        recorder.events.append(
            Event(
                str(strange.columns[column]),
                strange.index[row],
                "non_session",
                "close",
                float(values[row, column]),
                "left out",
                f"the exchange did not trade on that {strange.index[row]:%A}",
            )
        )


def record_duplicates(duplicates: pd.DataFrame, recorder: Recorder) -> None:
    """Record what the ingest saw of duplicate and unordered dates.

    Raises
    ------
    InputError
        The frame has no `ticker` or no `date`.
    """
    if not {"ticker", "date"} <= set(duplicates.columns):
        raise InputError(
            f"The list of duplicates has the columns {list(duplicates.columns)}.", remedy="It needs ticker and date."
        )
    seen: dict[Hashable, Any]
    for seen in duplicates.to_dict("records"):
        date = pd.Timestamp(seen["date"])
        if recorder.dates[0] <= date <= recorder.dates[-1]:
            recorder.events.append(
                Event(
                    str(seen["ticker"]),
                    date,
                    str(seen.get("rule", "duplicate_date")),
                    str(seen.get("field", "close")),
                    float(seen.get("received", np.nan)),
                    seen.get("action", "kept"),
                    str(seen.get("remark", "the vendor gave the day more than once; the last answer stands")),
                )
            )
