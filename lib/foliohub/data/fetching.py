"""Asking a source for what is missing of each ticker; what fails, fails for its ticker only."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub import calendars
from foliohub.data.outages import Outage
from foliohub.data.restatements import known_cells, overlap_disagrees
from foliohub.data.universe import Member, Universe
from foliohub.errors import ContractError, MalformedAnswerError, UnknownTickerError, VendorError
from foliohub.frames import FIELDS, check_bars
from foliohub.types import FloatArray, PricePanel, PriceSource

_log = logging.getLogger(__name__)

_NANOSECONDS_A_DAY = 86_400 * 10**9

Progress = Callable[[str, int, int], None]
"""Told before each ticker: its name, how many are done, how many there are."""


@dataclass(slots=True)
class Asked:
    """What came of asking.

    Attributes
    ----------
    answers : dict
        Ticker -> its bars.
    failed : dict
        Ticker -> why nothing came.
    last : dict
        Ticker -> last date stored of it before.
    """

    answers: dict[str, pd.DataFrame] = field(default_factory=dict)
    failed: dict[str, VendorError] = field(default_factory=dict)
    last: dict[str, pd.Timestamp] = field(default_factory=dict)


def candidates(universe: Universe) -> tuple[Member, ...]:
    """Who is ingested: the members, and the benchmark as one that always belongs."""
    benchmark = (Member(ticker=universe.benchmark),) if universe.benchmark else ()
    return (*universe.members, *benchmark)


def ask(
    source: PriceSource,
    universe: Universe,
    day: pd.Timestamp,
    *,
    panel: PricePanel | None,
    overlap: int,
    progress: Progress,
) -> Asked:
    """Ask for every ticker of a universe that lacks something up to a session.

    One ticker's failure is its own, until the vendor itself is at fault (:mod:`foliohub.data.outages`): then the rest
    is not asked for, and fails with that reason.

    Parameters
    ----------
    source : PriceSource
    universe : Universe
    day : Timestamp
        Last session wanted.
    panel : mapping of field to DataFrame (n_dates, n_tickers), or None
        What is stored.
    overlap : int
        Stored sessions of a ticker to ask for again.
    progress : callable
    """
    asked = Asked()
    history = _History(panel)
    members = candidates(universe)
    outage = Outage(source.name)
    for done, member in enumerate(members):
        ticker = member.ticker
        progress(ticker, done, len(members))
        stored = history.last(ticker)
        if stored is not None:
            asked.last[ticker] = stored
        end = _last_wanted(member, day, universe.calendar)
        if end is None or (stored is not None and stored >= end):
            continue
        if outage.verdict is not None:
            asked.failed[ticker] = outage.verdict
            continue
        try:
            asked.answers[ticker] = _fetch(source, ticker, end, history, overlap)
        except VendorError as error:
            _log.info("nothing came for %s: %s", ticker, error)
            asked.failed[ticker] = error
            outage.failed(ticker, error)
        else:
            outage.answered()
    return asked


def _fetch(source: PriceSource, ticker: str, end: pd.Timestamp, history: _History, overlap: int) -> pd.DataFrame:
    if history.last(ticker) is None:
        return _checked(source, ticker, None, end)
    dates, values = history.tail(ticker, overlap)
    bars = _checked(source, ticker, dates[0], end)
    if overlap_disagrees(dates, values, bars):
        _log.info("%s contradicts what is stored of %s: fetching its whole history", source.name, ticker)
        bars = _checked(source, ticker, None, end)
    return bars


def _checked(source: PriceSource, ticker: str, start: pd.Timestamp | None, end: pd.Timestamp) -> pd.DataFrame:
    try:
        bars = check_bars(
            source.fetch(ticker, None if start is None else start.date(), end.date()), f"the answer for {ticker}"
        )
    except ContractError as error:
        raise MalformedAnswerError(
            f"{source.name}: {error.message}", remedy="The source needs to be brought up to date."
        ) from error
    dates = pd.DatetimeIndex(bars.index).as_unit("ns")
    if dates.hasnans or (dates.asi8 % _NANOSECONDS_A_DAY).any():
        raise MalformedAnswerError(f"{source.name} gave a bar of {ticker} without a date, or with a time of day.")
    # A source may answer more than it was asked.
    wanted = dates <= end if start is None else (dates <= end) & (dates >= start)
    if not wanted.any():
        raise UnknownTickerError(f"{source.name} has no bars of {ticker} up to {end:%Y-%m-%d}.")
    return bars if wanted.all() else bars[wanted]


def _last_wanted(member: Member, day: pd.Timestamp, calendar: str) -> pd.Timestamp | None:
    """The last session wanted of a member; None before its entry."""
    if member.entry is not None and pd.Timestamp(member.entry) > day:
        return None
    if member.exit is not None and pd.Timestamp(member.exit) < day:
        return calendars.previous_session(member.exit, calendar)
    return day


class _History:
    """What is stored, ticker by ticker."""

    def __init__(self, panel: PricePanel | None) -> None:
        self._rows: dict[str, npt.NDArray[np.intp]] = {}
        self._columns: dict[str, int] = {}
        if panel is not None:
            self._dates = pd.DatetimeIndex(panel["close"].index)
            self._values = [panel[field].to_numpy() for field in FIELDS]
            known = known_cells(panel)
            for column, ticker in enumerate(panel["close"].columns):
                if known[:, column].any():
                    self._rows[str(ticker)] = np.flatnonzero(known[:, column])
                    self._columns[str(ticker)] = column

    def last(self, ticker: str) -> pd.Timestamp | None:
        """The last date with any value; None for a ticker that is not stored."""
        return self._dates[self._rows[ticker][-1]] if ticker in self._rows else None

    def tail(self, ticker: str, count: int) -> tuple[pd.DatetimeIndex, FloatArray]:
        """The last dates with any value, and the values (n_dates, 8)."""
        rows, column = self._rows[ticker][-count:], self._columns[ticker]
        return self._dates[rows], np.column_stack([values[rows, column] for values in self._values])
