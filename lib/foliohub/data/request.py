"""What is asked of a source: one ticker, from a session to a session, nothing that has not closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from foliohub import calendars
from foliohub.data.symbols import check_ticker
from foliohub.errors import InputError, UnknownTickerError

SETTLING = timedelta(minutes=30)
"""How long after a session's close its bar counts as final: closing auctions print after the bell, and free feeds lag
by a quarter of an hour."""


def last_settled_session(now: datetime, calendar: str = calendars.DEFAULT_CALENDAR) -> pd.Timestamp:
    """The last session that closed at least :data:`SETTLING` before `now` (an aware datetime).

    Examples
    --------
    >>> from datetime import UTC
    >>> last_settled_session(datetime(2019, 6, 28, 20, 29, tzinfo=UTC))  # New York closed at 20:00 UTC
    Timestamp('2019-06-27 00:00:00')
    """
    return calendars.last_closed_session(now - SETTLING, calendar)


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a vendor, checked.

    Parameters
    ----------
    vendor : str
        Name of the source, for messages.
    ticker : str
        As the universe names it.
    start : Timestamp or None
        First session wanted; None for all there is.
    end : Timestamp
        Last session wanted.
    """

    vendor: str
    ticker: str
    start: pd.Timestamp | None
    end: pd.Timestamp

    @classmethod
    def of(cls, vendor: str, ticker: str, start: date | None, end: date, last: pd.Timestamp | None = None) -> Request:
        """Check the arguments of `PriceSource.fetch`; `last` is the last session the vendor may answer for.

        Raises
        ------
        InputError
            For what is no ticker or no date, or a `start` after `end`.
        UnknownTickerError
            Where the range begins after `last`: there is nothing to ask for yet.
        """
        first = None if start is None else calendars.to_session(start, "start")
        final = calendars.to_session(end, "end")
        if first is not None and first > final:
            raise InputError(f"The start {first:%Y-%m-%d} lies after the end {final:%Y-%m-%d}.")
        request = cls(vendor, check_ticker(ticker), first, final if last is None else min(final, last))
        if first is not None and first > request.end:
            raise request.nothing("No later session has closed.")
        return request

    def cut(self, bars: pd.DataFrame) -> pd.DataFrame:
        """The bars from `start` to `end`, in the order they were delivered.

        Raises
        ------
        UnknownTickerError
            Where no bar is left; says what the vendor has.
        """
        wanted = bars.index <= self.end
        if self.start is not None:
            wanted &= bars.index >= self.start
        if not wanted.any():
            raise self.nothing(
                f"It has {len(bars)} from {bars.index.min():%Y-%m-%d} to {bars.index.max():%Y-%m-%d}."
                if len(bars)
                else ""
            )
        return bars if wanted.all() else bars.loc[wanted]

    def nothing(self, remark: str = "") -> UnknownTickerError:
        """The error to raise where the vendor has no bar in the range asked for."""
        since = "" if self.start is None else f" from {self.start:%Y-%m-%d}"
        return UnknownTickerError(
            f"{self.vendor} has no bars of {self.ticker}{since} up to {self.end:%Y-%m-%d}. {remark}".strip(),
            remedy="Check the ticker, and the entry and exit dates of the universe.",
        )
