"""A history of forecasts beside what came: what ensembles and calibration learn from, and how much of it is news."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import ContractError, InputError
from foliohub.frames import FORECAST_COLUMNS

HISTORY_COLUMNS = (*FORECAST_COLUMNS, "outcome")
"""Columns of a history: those of forecasts and the return that came, NaN where nobody knows it."""

_KEY = ["cutoff", "horizon", "ticker", "model"]


def check_history(history: pd.DataFrame) -> pd.DataFrame:
    """A history with all its columns, no forecast twice, no number missing but outcomes.

    Raises
    ------
    InputError
        Naming the column that is missing.
    ContractError
        Naming the forecast that is there twice or holds no number.
    """
    missing = [column for column in HISTORY_COLUMNS if column not in history]
    if missing:
        raise InputError(f"The history has no column {missing[0]!r}.", remedy="Join the outcomes to the forecasts.")
    twice = history.duplicated(_KEY)
    if twice.any():
        row = history[twice].iloc[0]
        raise ContractError(
            f"The history holds {row['ticker']} by {row['model']} at {row['cutoff']:%Y-%m-%d}, {row['horizon']} ahead, "
            "more than once."
        )
    strange = ~np.isfinite(history[["mean", "lo_80", "hi_80", "lo_95", "hi_95"]].to_numpy(dtype=float)).all(axis=1)
    if strange.any():
        row = history[strange].iloc[0]
        raise ContractError(
            f"The forecast of {row['ticker']} by {row['model']} at {row['cutoff']:%Y-%m-%d} is no number."
        )
    if np.isinf(history["outcome"].to_numpy(dtype=float)).any():
        raise ContractError("The history holds an infinite outcome.")
    return history


def overlap(rows: pd.DataFrame) -> int:
    """How many cutoffs a forecast spans at most, its own included: 1 where it is over before the next is made.

    Parameters
    ----------
    rows : DataFrame
        Forecasts over one horizon, with the columns cutoff and date.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=6)
    >>> overlap(pd.DataFrame({"cutoff": days[:4], "date": days[2:]}))
    2
    """
    windows = rows[["cutoff", "date"]].drop_duplicates().sort_values("cutoff")
    made = windows["cutoff"].to_numpy()
    return int((np.searchsorted(made, windows["date"].to_numpy()) - np.arange(len(made))).max(initial=1))
