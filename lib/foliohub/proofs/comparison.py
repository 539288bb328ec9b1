"""Tells whether two answers are the same up to a date, and if not, where they part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.proofs.timeline import dates_of


@dataclass(frozen=True)
class Difference:
    """Where two answers first part.

    Parameters
    ----------
    date : Timestamp
        Of the row.
    key : str
        The rest of the row's index: a ticker; empty where there is none.
    column : str
        The column, preceded by the field where the answer is a panel.
    first, second : object
        The two values.
    """

    date: pd.Timestamp
    key: str
    column: str
    first: Any
    second: Any


def as_frame(answer: object, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """An answer of any accepted shape as one frame with dates in its index.

    Parameters
    ----------
    answer : Series, DataFrame, array, or mapping of them
        Indexed by date, or with dates as a level of the index. An array has one row per date of the data.
    dates : DatetimeIndex
        Of the data the answer was given to.

    Raises
    ------
    InputError
        The answer has no dates to go by.
    """
    if isinstance(answer, Mapping):
        parts = {str(name): as_frame(part, dates) for name, part in answer.items()}
        return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=dates)
    if isinstance(answer, np.ndarray) and len(answer) == len(dates):
        answer = pd.DataFrame(answer.reshape(len(dates), -1), index=dates)
    if isinstance(answer, pd.Series):
        answer = answer.to_frame("value")
    if not isinstance(answer, pd.DataFrame) or dates_of(answer.index) is None:
        raise InputError(
            f"The function gives a {type(answer).__name__} without dates.",
            remedy="Let it return a Series or DataFrame indexed by date, or by (date, ticker).",
        )
    return answer


def rows_until(frame: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """Rows dated `cutoff` or before."""
    dates = dates_of(frame.index)
    return frame if dates is None else frame[np.asarray(dates <= cutoff)]


def first_difference(first: pd.DataFrame, second: pd.DataFrame, tolerance: float) -> Difference | None:
    """The earliest value in which two frames differ, or None.

    Parameters
    ----------
    first, second : DataFrame
        Rows and columns are matched by their labels; a row or column that only one of them has counts as missing values
        in the other, as a column may be left out while it has none.
    tolerance : float
        Relative difference, of the larger value, that is rounding; absolute below a thousandth of it.
    """
    first, second = _labelled(first), _labelled(second)
    rows, columns = first.index.union(second.index), first.columns.union(second.columns, sort=False)
    first, second = first.reindex(index=rows, columns=columns), second.reindex(index=rows, columns=columns)
    if not rows.is_monotonic_increasing:
        first, second = first.sort_index(), second.sort_index()
    differs = np.column_stack(
        [_differs(first.iloc[:, k], second.iloc[:, k], tolerance) for k in range(len(columns))]
        or [np.zeros((len(rows), 0), dtype=np.bool_)]
    )
    if not differs.any():
        return None
    dates = dates_of(first.index)
    offending = np.flatnonzero(differs.any(axis=1))
    row = int(offending[0] if dates is None else offending[np.argmin(dates[offending].asi8)])
    column = int(np.argmax(differs[row]))
    label: object = first.columns[column]
    return Difference(
        date=pd.NaT if dates is None else dates[row],  # type: ignore[arg-type]
        key=_key(first.index[row]),
        column="/".join(map(str, label)) if isinstance(label, tuple) else str(label),
        first=first.iloc[row, column],
        second=second.iloc[row, column],
    )


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Number repeated rows, so that each label is unique."""
    if frame.index.is_unique:
        return frame
    repeat = frame.groupby(level=list(range(frame.index.nlevels)), sort=False).cumcount()
    return frame.set_index(pd.Index(repeat, name="repeat"), append=True)


def _differs(first: pd.Series, second: pd.Series, tolerance: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if pd.api.types.is_numeric_dtype(first) and pd.api.types.is_numeric_dtype(second):
        x, y = first.to_numpy(dtype=np.float64), second.to_numpy(dtype=np.float64)
        with np.errstate(invalid="ignore"):
            near = np.isclose(x, y, rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True)
        return np.asarray(~near)
    same = (first == second) | (first.isna() & second.isna())
    return np.asarray(~same.to_numpy(dtype=np.bool_))


def _key(label: object) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    return ", ".join(str(part) for part in parts if not isinstance(part, pd.Timestamp))
