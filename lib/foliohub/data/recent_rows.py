"""The recent rows of a panel: long as they are stored, wide as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

STORED_INDEX = "date of the row"
"""What the index is called in ArcticDB, where it lies among the columns: no ticker is called so."""


def to_recent(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Wide frames as one long one.

    Parameters
    ----------
    frames : mapping of field to DataFrame (n_dates, n_tickers)

    Returns
    -------
    DataFrame (n_dates * n_tickers, n_fields)
        The tickers of a date follow each other in the order of the columns; only the date is written down.

    Examples
    --------
    >>> index = pd.DatetimeIndex(["2020-01-02", "2020-01-03"])
    >>> close = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], index, ["A", "B"])
    >>> to_recent({"close": close, "volume": close * 10})["close"].tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    first = next(iter(frames.values()))
    dates = pd.DatetimeIndex(np.repeat(first.index.to_numpy(), first.shape[1]), name=STORED_INDEX)
    return pd.DataFrame({field: frame.to_numpy().ravel() for field, frame in frames.items()}, index=dates)


def from_recent(rows: pd.DataFrame, field: str, tickers: Sequence[str]) -> pd.DataFrame:
    """One field of the long frame, wide again.

    Parameters
    ----------
    rows : DataFrame (n_dates * n_tickers, n_fields)
    field : str
    tickers : sequence of str
        All of the panel's, in its order.
    """
    dates = pd.DatetimeIndex(rows.index[:: len(tickers)], name="date")
    columns = pd.Index(list(tickers), dtype=object, name="ticker")
    return pd.DataFrame(rows[field].to_numpy().reshape(len(dates), len(tickers)), index=dates, columns=columns)


def below(wide: pd.DataFrame, recent: pd.DataFrame) -> pd.DataFrame:
    """Recent rows set below a wide frame of the same columns."""
    if recent.empty:
        return wide
    # Column by column, as ArcticDB hands them out: a copy of half the usual price.
    values = np.empty((len(wide) + len(recent), wide.shape[1]), order="F")
    values[: len(wide)] = wide.to_numpy()
    values[len(wide) :] = recent.to_numpy()
    dates = np.concatenate([wide.index.to_numpy(), recent.index.to_numpy()])
    return pd.DataFrame(values, index=pd.DatetimeIndex(dates, name=wide.index.name), columns=wide.columns, copy=False)
