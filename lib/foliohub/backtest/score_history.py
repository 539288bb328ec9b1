"""Forecasts scored cutoff by cutoff: whether a model got better or worse, and whether one lucky month made its name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.frames import FORECAST_COLUMNS

SCORE_HISTORY_COLUMNS = (
    "cutoff",
    "horizon",
    "model",
    "observations",
    "mae",
    "rmse",
    "bias",
    "hit_rate",
    "rank_ic",
    "coverage_80",
    "coverage_95",
)
"""What is said of each model, horizon and cutoff; measures as in :data:`~foliohub.backtest.SCORECARD_COLUMNS`."""
_KEY = ["cutoff", "horizon", "model"]


def score_history(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Accuracy across tickers at each cutoff, of forecasts whose outcome is known.

    Parameters
    ----------
    forecasts : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known.

    Returns
    -------
    DataFrame (n_cutoffs * n_horizons * n_models, 11)
        Columns :data:`SCORE_HISTORY_COLUMNS`, sorted by the first three. NaN where there is no direction to hit or no
        ranking to correlate.

    Raises
    ------
    InputError
        Where a column is missing.

    Notes
    -----
    The measures of :mod:`foliohub.metrics`, of all groups at once. One cutoff's tickers move together: a single point
    says little, and points of overlapping horizons say the same thing more than once.
    """
    missing = [column for column in (*FORECAST_COLUMNS, "outcome") if column not in forecasts]
    if missing:
        raise InputError(f"The forecasts have no column {missing[0]!r}.", remedy="Join the outcomes first.")
    known = forecasts[forecasts["outcome"].notna()]
    outcome, mean = known["outcome"], known["mean"]
    error = mean - outcome
    directed = (outcome != 0) & (mean != 0)
    rows = known[_KEY].assign(
        mae=error.abs(),
        rmse=error**2,
        bias=error,
        hit_rate=(np.sign(outcome) == np.sign(mean)).where(directed).astype("float64"),
        coverage_80=outcome.between(known["lo_80"], known["hi_80"]).astype("float64"),
        coverage_95=outcome.between(known["lo_95"], known["hi_95"]).astype("float64"),
    )
    groups = rows.groupby(_KEY, sort=True)
    scores = groups.mean()
    scores["rmse"] = scores["rmse"] ** 0.5
    scores["observations"] = groups.size()
    scores["rank_ic"] = _rank_ic(known)
    return scores.reset_index()[list(SCORE_HISTORY_COLUMNS)]


def _rank_ic(known: pd.DataFrame) -> pd.Series:
    """Spearman correlation across the tickers of each group."""
    ranks = known.groupby(_KEY)[["mean", "outcome"]].rank().join(known[_KEY])
    centred = ranks[["mean", "outcome"]] - ranks.groupby(_KEY)[["mean", "outcome"]].transform("mean")
    left, right = centred["mean"], centred["outcome"]
    products = known[_KEY].assign(product=left * right, left=left**2, right=right**2).groupby(_KEY).sum()
    scale = (products["left"] * products["right"]) ** 0.5
    return products["product"] / scale.where(scale > 0)
