"""What a forecaster learns from: the last rows of the returns it was given, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.frames import check_returns
from foliohub.types import FloatArray

MINIMUM_SESSIONS = 100
"""Returns a ticker needs before any model here is fitted to it."""


@dataclass(frozen=True, slots=True)
class History:
    """Checked returns up to a cutoff.

    Parameters
    ----------
    dates : DatetimeIndex (n_dates,)
        Sessions; the last one is the cutoff.
    tickers : Index (n_tickers,)
        In the order of the columns.
    returns : ndarray (n_dates, n_tickers)
        Simple returns; NaN only before a ticker's first.
    log_returns : ndarray (n_dates, n_tickers)
        Their logarithms, ``log(1 + returns)``.
    """

    dates: pd.DatetimeIndex
    tickers: pd.Index
    returns: FloatArray
    log_returns: FloatArray

    @property
    def cutoff(self) -> pd.Timestamp:
        """The last session whose close is known."""
        return self.dates[-1]

    @classmethod
    def check(cls, returns: pd.DataFrame, window: int | None = None) -> Self:
        """Take the last `window` rows (None: all), or say which ticker cannot be forecast and why.

        Raises
        ------
        ContractError
            Where `returns` is no frame of returns.
        InputError
            Where it is empty or `window` too short.
        ModelError
            Naming a ticker with a gap, too little history, no movement or a total loss.
        """
        check_returns(returns)
        if returns.empty:
            raise InputError(f"The returns have the shape {returns.shape}.", remedy="Give dates and tickers.")
        if window is not None and window < MINIMUM_SESSIONS:
            raise InputError(
                f"window is {window}.", remedy=f"Give at least {MINIMUM_SESSIONS} sessions, or None for all."
            )
        recent = returns if window is None else returns.iloc[-window:]
        # One layout in memory: sums along the other round differently, and the same returns must give the same numbers.
        values = np.array(recent.to_numpy(), order="C")
        known = ~np.isnan(values)
        started = np.maximum.accumulate(known, axis=0)
        _refuse(recent, started & ~known, "has no return on {date:%Y-%m-%d}, after its first one")
        count = known.sum(axis=0)
        short = np.broadcast_to(count < MINIMUM_SESSIONS, values.shape)
        _refuse(recent, short, f"has fewer than {MINIMUM_SESSIONS} returns up to {recent.index[-1]:%Y-%m-%d}")
        _refuse(recent, values == -1, "lost everything on {date:%Y-%m-%d}")
        still = np.broadcast_to((np.nanmax(values, axis=0) == np.nanmin(values, axis=0)), values.shape)
        _refuse(recent, still, f"never changed its return up to {recent.index[-1]:%Y-%m-%d}")
        return cls(pd.DatetimeIndex(recent.index), recent.columns, values, np.log1p(values))


def _refuse(returns: pd.DataFrame, offends: np.ndarray, complaint: str) -> None:
    if offends.any():
        row, column = np.argwhere(offends)[0]
        raise ModelError(
            f"{returns.columns[column]} {complaint.format(date=returns.index[row])}.",
            remedy="Leave it out of the forecast, or repair its prices.",
        )
