"""Which price level to believe, day by day: growth for every session, and what became of the doubtful ones."""

from __future__ import annotations

import numpy as np

from foliohub.clean.adjustment import Bars, session_growth
from foliohub.clean.events import BoolArray, Recorder
from foliohub.clean.thresholds import Thresholds
from foliohub.clean.walk import Levels, Walk


def settle_levels(bars: Bars, expected: BoolArray, recorder: Recorder, thresholds: Thresholds) -> Levels:
    """Decide on every missing close and every doubted move.

    Parameters
    ----------
    bars : Bars
        After the one-day rules.
    expected : ndarray of bool (n_dates, n_tickers)
        True from a ticker's entry to its exit.
    recorder : Recorder
        Takes the events; :class:`~foliohub.clean.walk.Walk` names their rules.
    thresholds : Thresholds

    Notes
    -----
    Ordinary days need no thought: their growth is known from two closes, for all tickers at once. Only where a close
    is missing or a move is large is a ticker walked through day by day.
    """
    growth = session_growth(bars)
    n_dates, n_tickers = growth.shape
    moves = np.log(growth, where=growth > 0, out=np.full(growth.shape, np.nan))
    begun = np.maximum.accumulate(~np.isnan(bars.close), axis=0)
    after_first = np.vstack([np.zeros((1, n_tickers), dtype=np.bool_), begun[:-1]])
    with np.errstate(invalid="ignore"):
        trouble = after_first & expected & ~(np.abs(moves) <= thresholds.suspicious_move)
    levels = Levels(
        growth=growth,
        held=np.zeros(growth.shape, dtype=np.bool_),
        split=bars.split.copy(),
        dividend=bars.dividend.copy(),
        quarantined_from=np.full(n_tickers, n_dates, dtype=np.int64),
    )
    for column in np.flatnonzero(trouble.any(axis=0)).tolist():
        last = int(np.flatnonzero(expected[:, column])[-1])
        walk = Walk(column, bars, moves[:, column], levels=levels, recorder=recorder, thresholds=thresholds)
        walk.through(np.flatnonzero(trouble[:, column]), last + 1)
    return levels
