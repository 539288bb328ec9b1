"""Time in which an exchange trades: a quote grows old only while the exchange is open.

A quote of Friday's last minute is as good on Sunday as it was on Friday night; at half past ten on Monday it is an hour
old. So its age is counted in open seconds, and one rule says at any hour whether it is stale.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub import calendars
from foliohub.errors import InputError

_NANOSECONDS = 1_000_000_000


class _Stretches(NamedTuple):
    opens: npt.NDArray[np.int64]
    closes: npt.NDArray[np.int64]
    open_before: npt.NDArray[np.int64]
    """Nanoseconds of trading before each stretch."""
    sessions: pd.DatetimeIndex


def trading_seconds(start: datetime, end: datetime, calendar: str = calendars.DEFAULT_CALENDAR) -> float:
    """Seconds the exchange was open between two moments; 0 where `end` is not after `start`.

    Parameters
    ----------
    start, end : datetime
        Aware of their time zone.
    calendar : str

    Examples
    --------
    A Friday, 15:59 in New York, to the Monday after, 9:31:

    >>> friday = datetime(2019, 6, 28, 19, 59, tzinfo=UTC)
    >>> trading_seconds(friday, datetime(2019, 7, 1, 13, 31, tzinfo=UTC))
    120.0
    """
    stretches = _stretches(calendar)
    return max(0, _open_until(_moment(end), stretches) - _open_until(_moment(start), stretches)) / _NANOSECONDS


def session_at(moment: datetime, calendar: str = calendars.DEFAULT_CALENDAR) -> pd.Timestamp | None:
    """The session being traded at a moment, its opening included and its close not; None where the exchange rests.

    Examples
    --------
    >>> session_at(datetime(2019, 6, 28, 13, 30, tzinfo=UTC))
    Timestamp('2019-06-28 00:00:00')
    >>> session_at(datetime(2019, 6, 28, 20, 0, tzinfo=UTC)) is None
    True
    """
    stretches, when = _stretches(calendar), _moment(moment)
    position = int(np.searchsorted(stretches.opens, when, side="right")) - 1
    if position < 0 or when >= stretches.closes[position]:
        return None
    return stretches.sessions[position]


def next_opening(moment: datetime, calendar: str = calendars.DEFAULT_CALENDAR) -> datetime:
    """The first moment (UTC) after `moment` at which the exchange begins to trade.

    Raises
    ------
    InputError
        It lies beyond the end of the calendar.
    """
    stretches = _stretches(calendar)
    position = int(np.searchsorted(stretches.opens, _moment(moment), side="right"))
    if position == len(stretches.opens):
        raise InputError(f"The calendar {calendar} ends before {moment:%Y-%m-%d}.")
    return datetime.fromtimestamp(stretches.opens[position] / _NANOSECONDS, UTC)


def _open_until(when: int, stretches: _Stretches) -> int:
    """Nanoseconds of trading from the calendar's beginning to a moment."""
    position = int(np.searchsorted(stretches.opens, when, side="right")) - 1
    if position < 0:
        return 0
    within = min(when, int(stretches.closes[position])) - int(stretches.opens[position])
    return int(stretches.open_before[position]) + within


def _moment(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InputError(f"{moment} has no time zone.", remedy="Pass an aware datetime.")
    return int(pd.Timestamp(moment).as_unit("ns").value)


@lru_cache(maxsize=8)
def _stretches(calendar: str) -> _Stretches:
    hours = calendars.trading_hours(calendar)
    opens, closes = (np.asarray(hours[column].astype("int64"), dtype=np.int64) for column in ("open", "close"))
    # Around the clock a session's close is the next one's opening: nothing is counted twice.
    open_before = np.concatenate([[0], np.cumsum(closes - opens)[:-1]])
    return _Stretches(opens, closes, open_before, pd.DatetimeIndex(hours.index))


__all__ = ["next_opening", "session_at", "trading_seconds"]
