"""Sessions of an exchange and their hours: laid out once by `exchange_calendars`, then read back.

To lay out half a century of holidays takes a second, and every notebook, command and job would pay it. So the result is
kept beside the compiled code, as that is; where the folder cannot be written, each process lays it out for itself.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from foliohub.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import exchange_calendars

FIRST_DAY, LAST_DAY = "1980-01-01", "2035-12-31"
_COLUMNS = ["open", "break_start", "break_end", "close"]
_FOLDER = Path(cache_from_source(__file__)).parent


@lru_cache(maxsize=8)
def timetable(calendar: str) -> pd.DataFrame:
    """Every session of an exchange from 1980 to 2035, or as many of these years as its days are known for.

    Parameters
    ----------
    calendar : str
        The exchange's MIC, as XNYS.

    Returns
    -------
    DataFrame (n_sessions, 4)
        Columns `open`, `break_start`, `break_end` and `close`, moments in UTC; the breaks are NaT where there is none.
        Index: the session, a tz-naive midnight. Shared between callers: do not change it.

    Raises
    ------
    ConfigurationError
        No exchange has that name.

    Examples
    --------
    >>> timetable("XNYS").loc["2019-07-03", "close"]
    Timestamp('2019-07-03 17:00:00+0000', tz='UTC')
    """
    if not re.fullmatch(r"\w+", calendar):  # no name for a file
        return _table(_lay_out(calendar))
    file = _FOLDER / f"timetable-{calendar}-{version('exchange_calendars')}.npz"
    # Whatever is wrong with what is kept, it can be laid out again.
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
        return _read(file)
    arrays = _lay_out(calendar)
    with contextlib.suppress(OSError):
        _keep(file, arrays)
    return _table(arrays)


def _lay_out(calendar: str) -> dict[str, np.ndarray]:
    """The timetable as what is kept of it, with the zone's rules it was laid out by."""
    found = _calendar(calendar)
    schedule = found.schedule
    moments = {name: schedule[name].to_numpy("datetime64[ns]") for name in _COLUMNS}
    zone = str(found.tz)
    sessions = schedule.index.to_numpy("datetime64[ns]")
    return {"session": sessions, **moments, "zone": np.array(zone), "offsets": _offsets(zone)}


def _table(kept: Mapping[str, np.ndarray]) -> pd.DataFrame:
    moments = {name: pd.DatetimeIndex(kept[name]).tz_localize("UTC") for name in _COLUMNS}
    return pd.DataFrame(moments, index=pd.DatetimeIndex(kept["session"], name="session"))


def _calendar(name: str) -> exchange_calendars.ExchangeCalendar:
    import exchange_calendars

    try:
        return exchange_calendars.get_calendar(name, start=FIRST_DAY, end=LAST_DAY)
    except ValueError:  # some exchanges' days are known for fewer years
        bounds = type(exchange_calendars.get_calendar(name))
        first = max(pd.Timestamp(FIRST_DAY), bounds.bound_min() or pd.Timestamp.min)
        last = min(pd.Timestamp(LAST_DAY), bounds.bound_max() or pd.Timestamp.max)
        return exchange_calendars.get_calendar(name, start=first, end=last)
    except exchange_calendars.errors.InvalidCalendarName as error:
        raise ConfigurationError(
            f"There is no calendar {name!r}.", remedy="Name an exchange by its MIC, as XNYS for New York."
        ) from error


def _keep(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a timetable whole or not at all: other processes may read and write it at the same moment."""
    file.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as written:
        part = Path(written.name)
        try:
            np.savez(written, allow_pickle=False, **arrays)
            written.flush()
            part.chmod(0o644)
            part.replace(file)
        except BaseException:
            part.unlink()
            raise


def _read(file: Path) -> pd.DataFrame:
    """What was kept; ValueError where clocks are set by other rules now."""
    with np.load(file) as kept:
        if not np.array_equal(kept["offsets"], _offsets(str(kept["zone"]))):
            raise ValueError("The time zone's rules have changed.")
        return _table(kept)


def _offsets(zone: str) -> np.ndarray:
    """Seconds between a zone's clocks and UTC, week by week, by the rules this machine knows now."""
    rules = ZoneInfo(zone)
    first, last = datetime.fromisoformat(FIRST_DAY), datetime.fromisoformat(LAST_DAY)
    days = [first + timedelta(weeks=week) for week in range((last - first).days // 7 + 1)]
    return np.array([(rules.utcoffset(day) or timedelta()).total_seconds() for day in days])


__all__ = ["FIRST_DAY", "LAST_DAY", "timetable"]
