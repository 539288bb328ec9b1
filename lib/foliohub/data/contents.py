"""SHA-256 over the values of what is stored: equal content, equal text, however it came to be.

A panel's rows are chained, field by field: each row's digest takes in the one before it. Appending a row therefore
needs the last digest only, and gives what hashing the whole would give.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

_ROWS_AT_ONCE = 64


def chain_rows(frame: pd.DataFrame, head: str = "") -> list[str]:
    """The digest after each row of a wide frame.

    Parameters
    ----------
    frame : DataFrame (n_dates, n_tickers)
        float64. Every NaN counts as the same value, and so do 0.0 and -0.0.
    head : str
        Digest after the row before the first one; empty where it is the first.

    Returns
    -------
    list of str, length n_dates

    Examples
    --------
    >>> prices = pd.DataFrame({"A": [1.0, 2.0]}, pd.DatetimeIndex(["2020-01-02", "2020-01-03"]))
    >>> whole = chain_rows(prices)
    >>> chain_rows(prices.iloc[1:], whole[0]) == whole[1:]
    True
    """
    dates = pd.DatetimeIndex(frame.index).as_unit("ns").asi8
    values = frame.to_numpy()
    previous = bytes.fromhex(head)
    heads: list[str] = []
    for start in range(0, len(dates), _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, len(dates))
        rows = np.empty((stop - start, values.shape[1] + 1))
        np.add(values[start:stop], 0.0, out=rows[:, 1:])  # turns -0.0 into 0.0
        rows[:, 0] = 0.0
        rows[np.isnan(rows)] = np.nan
        rows[:, 0] = dates[start:stop].view(np.float64)
        for row in rows:
            digest = hashlib.sha256(previous)
            digest.update(row.data)
            previous = digest.digest()
            heads.append(previous.hex())
    return heads


def panel_content(tickers: Sequence[str], heads: Mapping[str, str]) -> str:
    """The content of a panel from its tickers and the last digest of each field."""
    return _digest([list(tickers), sorted(heads.items())])


def table_content(frame: pd.DataFrame) -> str:
    """The content of a table, as :func:`foliohub.data.tables.normalise` leaves it.

    Examples
    --------
    >>> one, same = pd.DataFrame({"x": [0.0, np.nan]}), pd.DataFrame({"x": [-0.0, np.nan]})
    >>> table_content(one) == table_content(same)
    True
    """
    index = frame.index if isinstance(frame.index, pd.DatetimeIndex) else None
    parts: list[object] = [len(frame), None if index is None else [index.name, _array(index.asi8)]]
    for position, (column, kind) in enumerate(frame.dtypes.items()):
        values = frame.iloc[:, position].to_numpy()
        if pd.api.types.is_object_dtype(kind):
            hashed = _digest(values.tolist())
        elif kind.kind == "M":
            hashed = _array(values.view(np.int64))
        else:
            hashed = _array(values)
        parts.append([column, str(kind), hashed])
    return _digest(parts)


def _array(values: np.ndarray) -> str:
    if values.dtype.kind == "f":
        values = values + values.dtype.type(0)
        values[np.isnan(values)] = np.nan
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
