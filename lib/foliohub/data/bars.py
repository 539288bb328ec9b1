"""From a vendor's text to a frame of bars, or to an error that names the line and the value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from foliohub.errors import MalformedAnswerError
from foliohub.frames import FIELDS, check_bars
from foliohub.types import FloatArray

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ONLY_NUMBERS = re.compile(r"[0-9.eE+\-\n]*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def bars_from_text(
    days: Sequence[str], columns: Mapping[str, Sequence[str]], where: Callable[[int], str]
) -> pd.DataFrame:
    """Parse columns of text.

    Parameters
    ----------
    days : sequence of str, length n_sessions
        ISO dates.
    columns : mapping of field to sequence of str, each of length n_sessions
        Numbers as text; an empty text is a missing value. All of :data:`foliohub.frames.FIELDS`.
    where : callable
        Says where record `i` stands, for messages: ``line 12 of AAPL.csv``.

    Returns
    -------
    DataFrame (n_sessions, 8)
        A frame of bars. A history delivered newest first is turned round. Any other disorder, and every duplicate, is
        kept for cleaning to judge.

    Raises
    ------
    MalformedAnswerError
        Naming the first date or number that is none.

    Examples
    --------
    >>> columns = {field: ["2.5", "2"] for field in FIELDS}
    >>> bars_from_text(["2020-01-03", "2020-01-02"], columns, "record {}".format)["close"]
    date
    2020-01-02    2.0
    2020-01-03    2.5
    Name: close, dtype: float64
    """
    data = {field: _numbers(field, columns[field], where) for field in FIELDS}
    bars = pd.DataFrame(data, index=_dates(days, where), dtype=float)
    # Records of one date apart, a history that never goes up is one delivered newest first.
    if bars.index.is_monotonic_decreasing and not bars.index.is_monotonic_increasing:
        bars = bars.iloc[::-1]
    return check_bars(bars)


def _dates(days: Sequence[str], where: Callable[[int], str]) -> pd.DatetimeIndex:
    # The pattern first: pandas also takes "now", "today" and an empty text for dates.
    wrong = next((position for position, day in enumerate(days) if not _ISO_DAY.fullmatch(day)), None)
    if wrong is None:
        dates = pd.DatetimeIndex(pd.to_datetime(list(days), format="%Y-%m-%d", errors="coerce"), name="date")
        if not dates.hasnans:
            return dates.as_unit("ns")
        wrong = int(np.argmax(dates.isna()))
    raise MalformedAnswerError(
        f"{where(wrong)} holds {_shown(days[wrong])} where a date (YYYY-MM-DD) belongs.", remedy="Download it again."
    )


def _numbers(field: str, texts: Sequence[str], where: Callable[[int], str]) -> FloatArray:
    # Once no other character occurs, float() cannot take "nan", "inf" or "1_000" for a number.
    if _ONLY_NUMBERS.fullmatch("\n".join(texts)):
        try:
            numbers = np.array([float(text) if text else math.nan for text in texts])
        except ValueError:
            pass
        else:
            if not np.isinf(numbers).any():
                return numbers
    wrong = next(i for i, text in enumerate(texts) if text and not _is_number(text))
    raise MalformedAnswerError(
        f"{where(wrong)} holds {_shown(texts[wrong])} as {field}, which is not a number.", remedy="Download it again."
    )


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
