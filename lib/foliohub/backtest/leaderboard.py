"""Forecasts ranked by what came: per horizon and model, against no change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.frames import FORECAST_COLUMNS
from foliohub.metrics.accuracy import (
    bias,
    hit_rate,
    interval_coverage,
    interval_score,
    interval_width,
    mean_absolute_error,
    rank_information_coefficient,
    root_mean_squared_error,
    skill_score,
)
from foliohub.metrics.significance import diebold_mariano_test

LEADERBOARD_COLUMNS = (
    "observations",
    "cutoffs",
    "mae",
    "rmse",
    "bias",
    "skill",
    "skill_error",
    "hit_rate",
    "rank_ic",
    "coverage_80",
    "coverage_95",
    "width_80",
    "width_95",
    "interval_score_80",
    "interval_score_95",
    "dm_statistic",
    "dm_p_value",
)
"""What a leaderboard says of each model.

`observations`: forecasts with a known outcome, made at `cutoffs` dates. `mae`, `rmse`, `bias`, `width_*`,
`interval_score_*`: in returns. `skill`: share saved of the squared error of forecasting zero; `skill_error`: its
standard error. `hit_rate`, `coverage_*`: shares. `rank_ic`: mean over cutoffs of the rank correlation across tickers.
`dm_*`: two-sided Diebold-Mariano test of squared errors against forecasting zero, a negative statistic saying better.
NaN where there are too few cutoffs, no direction or no difference."""


def leaderboard(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of forecasts whose outcome is known, by horizon and model.

    Parameters
    ----------
    forecasts : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known.

    Returns
    -------
    DataFrame (n_horizons * n_models, 17)
        Index (horizon, model), columns :data:`LEADERBOARD_COLUMNS`; within a horizon the best skill first.

    Raises
    ------
    InputError
        Where a column is missing or models were scored on different forecasts, which no ranking could mend.

    Notes
    -----
    The Diebold-Mariano test sees one squared error per cutoff, the mean over tickers, and as horizon the number of
    cutoffs one forecast spans: overlapping forecasts, and tickers that move together, are no independent evidence.
    """
    missing = [column for column in (*FORECAST_COLUMNS, "outcome") if column not in forecasts]
    if missing:
        raise InputError(f"The forecasts have no column {missing[0]!r}.", remedy="Join the outcomes first.")
    known = forecasts[forecasts["outcome"].notna()]
    lines: dict[tuple[int, str], dict[str, float]] = {}
    for horizon in sorted(known["horizon"].unique()):
        rows = known[known["horizon"] == horizon]
        models = {str(model): rows[rows["model"] == model] for model in rows["model"].unique()}
        _require_same_forecasts(models)
        scored = {(int(horizon), model): _score(some) for model, some in models.items()}
        lines.update(sorted(scored.items(), key=lambda line: -line[1]["skill"]))
    index = pd.MultiIndex.from_tuples(lines, names=["horizon", "model"]) if lines else _NO_LINES
    board = pd.DataFrame(list(lines.values()), index=index, columns=list(LEADERBOARD_COLUMNS))
    return board.astype({"observations": int, "cutoffs": int})


_NO_LINES = pd.MultiIndex.from_arrays([[], []], names=["horizon", "model"])


def _score(rows: pd.DataFrame) -> dict[str, float]:
    """One line of the board from the forecasts of one model over one horizon."""
    outcome, mean = rows["outcome"], rows["mean"]
    outcomes = rows.pivot(index="cutoff", columns="ticker", values="outcome")
    means = rows.pivot(index="cutoff", columns="ticker", values="mean")
    losses = pd.DataFrame({"cutoff": rows["cutoff"], "model": (outcome - mean) ** 2, "zero": outcome**2})
    losses = losses.groupby("cutoff").mean()
    overlap = _overlap(rows)
    test = None
    if len(losses) >= max(3, overlap + 1):
        test = diebold_mariano_test(losses["model"], losses["zero"], horizon=overlap)
    return {
        "observations": len(rows),
        "cutoffs": len(losses),
        "mae": mean_absolute_error(outcome, mean),
        "rmse": root_mean_squared_error(outcome, mean),
        "bias": bias(outcome, mean),
        "skill": skill_score(outcome, mean),
        "skill_error": test.standard_error / losses["zero"].mean() if test and test.standard_error else np.nan,
        "hit_rate": hit_rate(outcome, mean),
        "rank_ic": float(rank_information_coefficient(outcomes, means).mean()),
        "coverage_80": interval_coverage(outcome, rows["lo_80"], rows["hi_80"]),
        "coverage_95": interval_coverage(outcome, rows["lo_95"], rows["hi_95"]),
        "width_80": interval_width(rows["lo_80"], rows["hi_80"]),
        "width_95": interval_width(rows["lo_95"], rows["hi_95"]),
        "interval_score_80": interval_score(outcome, rows["lo_80"], rows["hi_80"], level=0.8),
        "interval_score_95": interval_score(outcome, rows["lo_95"], rows["hi_95"], level=0.95),
        "dm_statistic": test.statistic if test else np.nan,
        "dm_p_value": test.p_value if test else np.nan,
    }


def _overlap(rows: pd.DataFrame) -> int:
    """How many cutoffs a forecast spans, its own included: 1 where it is over before the next is made."""
    windows = rows[["cutoff", "date"]].drop_duplicates().sort_values("cutoff")
    made = windows["cutoff"].to_numpy()
    return int((np.searchsorted(made, windows["date"].to_numpy()) - np.arange(len(made))).max())


def _require_same_forecasts(models: dict[str, pd.DataFrame]) -> None:
    reference, first = next(iter(models.items()))
    keys = pd.MultiIndex.from_frame(first[["cutoff", "ticker"]])
    for model, rows in models.items():
        others = pd.MultiIndex.from_frame(rows[["cutoff", "ticker"]])
        differing = keys.symmetric_difference(others)
        if len(differing):
            cutoff, ticker = differing[0]
            raise InputError(
                f"{model} and {reference} were not both asked for {ticker} at {cutoff:%Y-%m-%d}.",
                remedy="Compare models on the same tickers and cutoffs.",
            )
