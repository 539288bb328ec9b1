"""The M3 competition's own measures: how accurate methods were on thousands of series with a known outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.metrics.accuracy import mean_absolute_scaled_error, symmetric_percentage_error
from foliohub.types import FloatArray

COMPETITION_COLUMNS = ("series", "smape", "mase")
"""`series`: how many a method forecast. `smape`: in percent. `mase`: 1 is as good as naive in the sample."""


@dataclass(frozen=True, slots=True, eq=False)
class CompetitionSeries:
    """One series of a competition.

    Parameters
    ----------
    period : str
        As "Year", "Month": how results are grouped.
    history : ndarray (n,)
        What competitors were given.
    outcome : ndarray (n_ahead,)
        What they had to forecast.
    season : int
        Values a year: the naive forecast that scales the MASE repeats the value of the year before [1]_.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006), as in :func:`score_competition`, sec. 3.
    """

    period: str
    history: FloatArray
    outcome: FloatArray
    season: int = 1


def score_competition(
    series: Mapping[int, CompetitionSeries], forecasts: Mapping[str, Mapping[int, FloatArray]]
) -> pd.DataFrame:
    """Accuracy of every method: the mean over series of each series' own error.

    Parameters
    ----------
    series : mapping
        Number of a series -> what was known and what came.
    forecasts : mapping
        Method -> number of a series -> forecasts (n_ahead,).

    Returns
    -------
    DataFrame
        Index (period, method), columns :data:`COMPETITION_COLUMNS`; the period "all" first, in each the least sMAPE
        first. A method is scored on the series it forecast.

    Raises
    ------
    InputError
        Naming the method and series whose forecasts are of no known series, or of another number than its outcomes.

    Notes
    -----
    Averaging over series lets each count once, however far ahead it was forecast; [2]_ averages over forecasts, where
    monthly series, forecast 18 months ahead, count more.

    References
    ----------
    .. [1] Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. International
       Journal of Forecasting 22(4), 679-688.
    .. [2] Makridakis, S. and Hibon, M. (2000). The M3-Competition: results, conclusions and implications.
       International Journal of Forecasting 16(4), 451-476.

    Examples
    --------
    >>> one = CompetitionSeries("Year", np.array([1.0, 2.0, 4.0]), np.array([6.0]))
    >>> score_competition({1: one}, {"last value": {1: np.array([4.0])}}).loc["all"]
                series  smape      mase
    method
    last value       1   40.0  1.333333
    """
    rows = []
    for method, made in forecasts.items():
        for number, values in made.items():
            if number not in series:
                raise InputError(f"{method} forecasts series {number}, of which nothing is known.")
            one = series[number]
            if len(values) != len(one.outcome):
                raise InputError(
                    f"{method} has {len(values)} forecasts of series {number}, which has {len(one.outcome)} outcomes."
                )
            smape = symmetric_percentage_error(one.outcome, values)
            rows.append(
                (one.period, method, smape, mean_absolute_scaled_error(one.outcome, values, one.history, one.season))
            )
    frame = pd.DataFrame(rows, columns=["period", "method", "smape", "mase"])
    both = pd.concat([frame.assign(period="all"), frame])
    groups = both.groupby(["period", "method"])
    scores = groups[["smape", "mase"]].mean().assign(series=groups.size())[list(COMPETITION_COLUMNS)]
    first = np.where(scores.index.get_level_values("period") == "all", "", scores.index.get_level_values("period"))
    order = np.lexsort((scores["smape"].to_numpy(), first))
    return scores.iloc[order]
