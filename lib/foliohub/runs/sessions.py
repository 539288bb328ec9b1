"""Which session to work for: the one asked for, or the last there can be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from foliohub import calendars
from foliohub.errors import InputError

if TYPE_CHECKING:
    from foliohub.types import PriceSource


def check_as_of(as_of: pd.Timestamp, calendar: str) -> pd.Timestamp:
    """Refuse a date that is no session, or has not closed.

    Raises
    ------
    InputError
        Names the date and the nearest one that will do.
    """
    session = calendars.require_session(as_of, calendar)
    last = calendars.last_closed_session(datetime.now(UTC), calendar)
    if session > last:
        raise InputError(
            f"{session:%Y-%m-%d} has not closed yet.", remedy=f"The last session that has is {last:%Y-%m-%d}."
        )
    return session


def last_session(source: PriceSource, calendar: str, now: datetime | None = None) -> pd.Timestamp:
    """The last session a source can have at a moment: its own last one, or the last that has closed by then.

    Parameters
    ----------
    source : PriceSource
    calendar : str
    now : datetime, optional
        Aware; the present by default.
    """
    closed = calendars.last_closed_session(now or datetime.now(UTC), calendar)
    last = source.last_session()
    return closed if last is None else min(pd.Timestamp(last), closed)
