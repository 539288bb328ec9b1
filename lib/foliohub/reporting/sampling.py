"""Fewer points for long histories, so that a figure stays light and looks the same."""

from __future__ import annotations

from typing import Literal

import pandas as pd

POINTS = 9000
"""Points a figure may draw: about 19 bytes each with its date, which keeps its JSON below 200 kB."""

_STEPS = (("daily", ""), ("weekly", "W-FRI"), ("monthly", "M"), ("quarterly", "Q"), ("yearly", "Y"))


def thin(
    frame: pd.DataFrame, *, how: Literal["last", "min"] = "last", points: int = POINTS
) -> tuple[pd.DataFrame, str]:
    """Sample a frame at the finest calendar step that keeps it within `points` values.

    Parameters
    ----------
    frame : DataFrame (n_dates, n_columns)
        Levels (prices, wealth, drawdowns), not returns. NaN are kept.
    how : {"last", "min"}
        What stands for a period: its last value, or its lowest one (so that no trough of a drawdown is lost).
    points : int
        Values allowed in all.

    Returns
    -------
    sampled : DataFrame
        Each row at the last session of its period; the first row is always kept, for lines that start at one.
    step : str
        "daily", "weekly", "monthly", "quarterly" or "yearly".

    Notes
    -----
    33 years of daily wealth of ten strategies are 83,000 values, but a screenshot has 900 columns of pixels: month ends
    draw the same line with a twentieth of the bytes.
    """
    if frame.size <= points or len(frame) < 3:
        return frame, "daily"
    dates = pd.DatetimeIndex(frame.index)
    for step, code in _STEPS[1:]:
        periods = dates.to_period(code)
        if periods.nunique() * frame.shape[1] <= points or step == _STEPS[-1][0]:
            break
    last_of_period = ~pd.Series(periods).duplicated(keep="last").to_numpy()
    sampled = frame[last_of_period] if how == "last" else frame.groupby(periods).min().set_axis(dates[last_of_period])
    if not last_of_period[0]:
        sampled = pd.concat([frame.iloc[:1], sampled])
    return sampled, step
