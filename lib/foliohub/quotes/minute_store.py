"""Minute bars in the store, under a name of their own: no forecast, weight or order is made of them.

``minutes/<universe>/<session>`` is a table of one session. Stages read `raw/…` panels and what runs have published; a
table by this name is neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

import pandas as pd

from foliohub.errors import NotStoredError
from foliohub.quotes.minute_bars import MinuteBar

if TYPE_CHECKING:
    from foliohub.data.store import Store
    from foliohub.data.versions import Version
    from foliohub.types import DateLike

COLUMNS = tuple(field.name for field in fields(MinuteBar))
_KEY = ["minute", "ticker"]


def minutes_name(universe: str, session: DateLike) -> str:
    """The name of a session's minute bars in the store.

    Examples
    --------
    >>> minutes_name("sample", "2022-12-28")
    'minutes/sample/2022-12-28'
    """
    return f"minutes/{universe}/{pd.Timestamp(session):%Y-%m-%d}"


def add_minutes(store: Store, universe: str, session: DateLike, bars: Iterable[MinuteBar]) -> Version | None:
    """Add bars to a session's table; a minute of a ticker that is stored stays as it is.

    Returns
    -------
    Version or None
        Of the whole table; None where there was nothing to write.

    Notes
    -----
    May be called again with the same bars, by anybody, after anything: no minute is stored twice.
    """
    new = minute_table(bars)
    if new.empty:
        return None
    name = minutes_name(universe, session)
    with store.lock(name):
        try:
            stored = store.read_table(name)
        except NotStoredError:
            stored = new.iloc[:0]
        both = pd.concat([stored, new], ignore_index=True) if len(stored) else new
        whole = both.drop_duplicates(_KEY, keep="first").sort_values(_KEY, ignore_index=True)
        return store.write_table(name, whole)


def read_minutes(store: Store, universe: str, session: DateLike) -> pd.DataFrame:
    """A session's minute bars so far.

    Returns
    -------
    DataFrame (n_bars, 9)
        Columns of :class:`MinuteBar`, sorted by minute (UTC, without a time zone) and ticker.

    Raises
    ------
    NotStoredError
        None are stored.
    """
    return store.read_table(minutes_name(universe, session))


def minute_table(bars: Iterable[MinuteBar]) -> pd.DataFrame:
    """Bars as the table that is stored."""
    table = pd.DataFrame([astuple(bar) for bar in bars], columns=list(COLUMNS))
    if table.empty:
        return table
    table["minute"] = pd.to_datetime(table["minute"], utc=True).dt.tz_localize(None)
    return table.astype({"ticks": "int64", "complete": "bool"})


__all__ = ["add_minutes", "minute_table", "minutes_name", "read_minutes"]
