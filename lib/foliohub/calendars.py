"""Trading sessions, rebalance dates and periods per year.

Sessions come from :mod:`foliohub.timetables`; a session is a tz-naive midnight. Nothing here knows today's date unless
it is told: "now" is always an argument.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.timetables import timetable
from foliohub.types import DateLike

DEFAULT_CALENDAR = "XNYS"
TRADING_DAYS_PER_YEAR = 252
"""The field's convention for daily data; every annualised figure uses it."""

Frequency = Literal["daily", "weekly", "monthly", "quarterly"]
_PANDAS_PERIOD = {"daily": "D", "weekly": "W-FRI", "monthly": "M", "quarterly": "Q"}


def to_session(day: DateLike, what: str = "date") -> pd.Timestamp:
    """Parse a calendar day; refuses a time of day, a time zone and what is not a date."""
    try:
        stamp = pd.Timestamp(day)
    except (ValueError, TypeError) as error:
        raise InputError(f"{day!r} is not a {what}.", remedy="Write it as YYYY-MM-DD.") from error
    if pd.isna(stamp) or stamp.tz is not None or stamp != stamp.normalize():
        raise InputError(f"{day!r} is not a calendar day.", remedy="Write it as YYYY-MM-DD, without a time.")
    return stamp


def sessions(start: DateLike, end: DateLike, calendar: str = DEFAULT_CALENDAR) -> pd.DatetimeIndex:
    """All sessions from `start` to `end`, both included.

    Examples
    --------
    >>> sessions("2019-06-28", "2019-07-05").strftime("%m-%d").tolist()
    ['06-28', '07-01', '07-02', '07-03', '07-05']
    """
    every = _every_session(calendar)
    first, last = _inside(start, every), _inside(end, every)
    return every[every.searchsorted(first) : every.searchsorted(last, side="right")]


def is_session(day: DateLike, calendar: str = DEFAULT_CALENDAR) -> bool:
    """Whether the exchange trades on that day."""
    return to_session(day) in _every_session(calendar)


def next_sessions(day: DateLike, count: int, calendar: str = DEFAULT_CALENDAR) -> pd.DatetimeIndex:
    """The `count` sessions after `day`, `day` itself not included."""
    every = _every_session(calendar)
    start = every.searchsorted(_inside(day, every), side="right")
    if start + count > len(every):
        raise InputError(f"{count} sessions after {day} lie beyond the end of {calendar}, {every[-1]:%Y-%m-%d}.")
    return every[start : start + count]


def previous_session(day: DateLike, calendar: str = DEFAULT_CALENDAR) -> pd.Timestamp:
    """The last session on or before `day`."""
    every = _every_session(calendar)
    position = int(every.searchsorted(_inside(day, every), side="right"))
    if position == 0:
        raise InputError(f"{day} lies before the calendar {calendar}'s first session, {every[0]:%Y-%m-%d}.")
    return every[position - 1]


def require_session(day: DateLike, calendar: str = DEFAULT_CALENDAR) -> pd.Timestamp:
    """Return `day`, or say which sessions lie around it where the exchange does not trade that day."""
    stamp = to_session(day)
    if not is_session(stamp, calendar):
        before, after = previous_session(stamp, calendar), next_sessions(stamp, 1, calendar)[0]
        raise InputError(
            f"{stamp:%Y-%m-%d} ({stamp:%A}) is not a session of {calendar}.",
            remedy=f"Take {before:%Y-%m-%d} or {after:%Y-%m-%d}.",
        )
    return stamp


def session_close(day: DateLike, calendar: str = DEFAULT_CALENDAR) -> datetime:
    """The moment (UTC) at which a session closes, early closes included."""
    stamp = require_session(day, calendar)
    close: datetime = timetable(calendar)["close"].loc[stamp].to_pydatetime()
    return close


def last_closed_session(now: datetime, calendar: str = DEFAULT_CALENDAR) -> pd.Timestamp:
    """The last session whose close is not after `now` (an aware datetime)."""
    if now.tzinfo is None:
        raise InputError(f"{now} has no time zone.", remedy="Pass an aware datetime.")
    stamp = pd.Timestamp(now).tz_convert("UTC")
    day = previous_session(stamp.tz_localize(None).normalize(), calendar)
    return day if session_close(day, calendar) <= stamp else previous_session(day - pd.Timedelta(days=1), calendar)


@lru_cache(maxsize=8)
def trading_hours(calendar: str = DEFAULT_CALENDAR) -> pd.DataFrame:
    """Every stretch of trading the calendar covers, in order; two a session where the exchange breaks at noon.

    Returns
    -------
    DataFrame (n_stretches, 2)
        Columns `open` and `close`, moments in UTC, early closes included; index: the session, tz-naive. Shared between
        callers: do not change it.

    Examples
    --------
    >>> trading_hours().loc["2019-07-03"].map(str).to_list()
    ['2019-07-03 13:30:00+00:00', '2019-07-03 17:00:00+00:00']
    """
    schedule = timetable(calendar)
    broken = schedule["break_start"].notna()
    morning = schedule[["open", "break_start"]].set_axis(["open", "close"], axis=1)[broken]
    evening = schedule[["break_end", "close"]].set_axis(["open", "close"], axis=1)[broken]
    return pd.concat([schedule.loc[~broken, ["open", "close"]], morning, evening]).sort_values("open")


def rebalance_dates(index: pd.DatetimeIndex, frequency: Frequency) -> pd.DatetimeIndex:
    """The last session of each whole period in `index`; the last, unfinished period gives none.

    Known at the close of each date returned: that a session is its period's last follows from the exchange's published
    calendar, here from the next session of `index` lying in another period.
    """
    if frequency not in _PANDAS_PERIOD:
        raise InputError(f"{frequency!r} is no rebalance frequency.", remedy=f"Take one of {list(_PANDAS_PERIOD)}.")
    periods = index.to_period(_PANDAS_PERIOD[frequency])
    return index[:-1][np.asarray(periods[1:] != periods[:-1])]


def periods_per_year(index: pd.Index) -> int:
    """Periods per year of a series, from the median distance of its dates: 252, 52, 12, 4 or 1.

    Raises
    ------
    InputError
        Where the index holds no dates or their distance fits none; pass `periods_per_year` then.
    """
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 3:
        raise InputError(
            f"Periods per year cannot be told from a {type(index).__name__} of length {len(index)}.",
            remedy="Pass periods_per_year.",
        )
    days = float(np.median(np.diff(index.asi8)) / pd.Timedelta(days=1).value)
    for longest, periods in ((4.5, TRADING_DAYS_PER_YEAR), (8.5, 52), (32, 12), (93, 4), (367, 1)):
        if days <= longest:
            return periods
    raise InputError(f"The dates lie {days:.0f} days apart.", remedy="Pass periods_per_year.")


@lru_cache(maxsize=8)
def _every_session(name: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(timetable(name).index).rename(None)


def _inside(day: DateLike, every: pd.DatetimeIndex) -> pd.Timestamp:
    stamp = to_session(day)
    if not every[0] <= stamp <= every[-1]:
        raise InputError(
            f"{stamp:%Y-%m-%d} lies outside what the calendar covers, {every[0]:%Y-%m-%d} to {every[-1]:%Y-%m-%d}."
        )
    return stamp


__all__ = [
    "DEFAULT_CALENDAR",
    "TRADING_DAYS_PER_YEAR",
    "Frequency",
    "is_session",
    "last_closed_session",
    "next_sessions",
    "periods_per_year",
    "previous_session",
    "rebalance_dates",
    "require_session",
    "session_close",
    "sessions",
    "to_session",
    "trading_hours",
]
