"""Rules that look back over a run of days."""

from __future__ import annotations

import numpy as np

from foliohub.clean.events import BoolArray
from foliohub.types import FloatArray


def stale_run(close: FloatArray, length: int) -> BoolArray:
    """Sessions on which the close has not changed for `length` sessions in a row or more.

    Parameters
    ----------
    close : ndarray (n_dates, n_tickers)
        In currency per share. A missing close ends a run.
    length : int
        Unchanged sessions in a row that make a run stale (`Thresholds.stale_run`). The run's first sessions, when it
        could not be known yet, are not marked.

    Examples
    --------
    >>> stale_run(np.array([[5.0], [5.0], [5.0], [6.0], [6.0]]), length=2).ravel().tolist()
    [False, False, True, False, False]
    """
    rows = np.arange(len(close))[:, None]
    unchanged = np.zeros(close.shape, dtype=np.bool_)
    unchanged[1:] = close[1:] == close[:-1]
    last_change = np.maximum.accumulate(np.where(unchanged, 0, rows), axis=0)
    return np.asarray(unchanged & (rows - last_change >= length))
