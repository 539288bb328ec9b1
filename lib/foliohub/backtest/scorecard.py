"""Forecasts judged by what came: per horizon and model, against no change and against each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.backtest.verdict import verdict
from foliohub.errors import InputError
from foliohub.forecast.known_outcomes import HISTORY_COLUMNS, overlap
from foliohub.metrics.accuracy import (
    bias,
    hit_rate,
    interval_coverage,
    interval_score,
    interval_width,
    mean_absolute_error,
    pinball_loss,
    rank_information_coefficient,
    root_mean_squared_error,
    skill_score,
)
from foliohub.metrics.confidence_set import model_confidence_set
from foliohub.metrics.predictive import LEVELS, predictive
from foliohub.metrics.significance import Significance, diebold_mariano_test
from foliohub.metrics.uniformity import uniformity_test

SCORECARD_COLUMNS = (
    "observations",
    "cutoffs",
    "mae",
    "rmse",
    "mase",
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
    "pinball",
    "crps",
    "crps_skill",
    "log_score",
    "pit_p_value",
    "dm_statistic",
    "dm_p_value",
    "crps_p_value",
    "mcs_p_value",
    "crps_mcs_p_value",
    "verdict",
)
"""What a scorecard says of each model.

`observations`: forecasts with a known outcome, made at `cutoffs` dates. `mae`, `rmse`, `bias`, `width_*`,
`interval_score_*`, `pinball` (mean over the four bounds), `crps`: in returns. `mase`: mean over tickers of the absolute
error in units of that of forecasting zero, over the same dates. `skill`: share saved of the squared error of
forecasting zero; `skill_error`: its standard error. `hit_rate`, `coverage_*`: shares. `rank_ic`: mean over cutoffs of
the rank correlation across tickers. `crps` and `log_score` (mean log density, more is better) are those of
:class:`~foliohub.metrics.Predictive`; `crps_skill`: share saved of the CRPS of the model `zero`. `pit_p_value`: test
that outcomes fall where the distributions said. `dm_*`: two-sided Diebold-Mariano test of squared errors against
forecasting zero, a negative statistic saying better; `crps_p_value`: the same of CRPS against the model `zero`.
`mcs_p_value`, `crps_mcs_p_value`: least size at which the model leaves the confidence set of the best ones by squared
error, by CRPS: above 0.1 it is in the set of 90 %. `verdict`: a sentence. NaN where there are too few cutoffs, no
direction, no difference or no model `zero`."""

BASELINE = "zero"
"""The model that forecasts no change, which the others are held against."""

_KEY = ["cutoff", "horizon", "ticker"]
_NO_LINES = pd.MultiIndex.from_arrays([[], []], names=["horizon", "model"])
_FEWEST = 10  # cutoffs, without overlap, below which no confidence set is drawn
_SEED, _DRAWS = 20260101, 1000  # of the bootstrap: the same scores give the same card


def scorecard(forecasts: pd.DataFrame) -> pd.DataFrame:
    """All scores of forecasts whose outcome is known, by horizon and model, each with a verdict in words.

    Parameters
    ----------
    forecasts : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known.

    Returns
    -------
    DataFrame (n_horizons * n_models, 27)
        Index (horizon, model), columns :data:`SCORECARD_COLUMNS`; within a horizon the best skill first.

    Raises
    ------
    InputError
        Where a column is missing or models were scored on different forecasts, which no ranking could mend:
        :func:`common_forecasts` are those that all made.

    Notes
    -----
    Every test sees one loss per cutoff, the mean over tickers, and as horizon (or least block) the number of cutoffs
    one forecast spans: overlapping forecasts, and tickers that move together, are no independent evidence.

    References
    ----------
    .. [1] Diebold, F. X. and Mariano, R. S. (1995). Comparing predictive accuracy. Journal of Business & Economic
       Statistics 13(3), 253-263.
    .. [2] Hansen, P. R., Lunde, A. and Nason, J. M. (2011). The model confidence set. Econometrica 79(2), 453-497.
    """
    missing = [column for column in HISTORY_COLUMNS if column not in forecasts]
    if missing:
        raise InputError(f"The forecasts have no column {missing[0]!r}.", remedy="Join the outcomes first.")
    known = forecasts[forecasts["outcome"].notna()]
    cards = []
    for horizon in sorted(known["horizon"].unique()):
        rows = known[known["horizon"] == horizon]
        _require_same_forecasts({str(model): some for model, some in rows.groupby("model", sort=False)})
        cards.append(pd.concat({int(horizon): _one_horizon(rows)}, names=["horizon"]))
    if not cards:
        return pd.DataFrame(index=_NO_LINES, columns=list(SCORECARD_COLUMNS)).astype(
            {"observations": int, "cutoffs": int}
        )
    return pd.concat(cards)


def common_forecasts(forecasts: pd.DataFrame, *, least: float = 0.5) -> pd.DataFrame:
    """The forecasts of tickers, cutoffs and horizons that all models made, which alone compare them fairly.

    Parameters
    ----------
    forecasts : DataFrame
        With the columns cutoff, horizon, ticker and model.
    least : float
        Share of the forecasts that a model must have made to be compared; one with fewer would cost the others their
        record, and is left out. 0 keeps them all.

    Examples
    --------
    >>> days = pd.bdate_range("2024-01-01", periods=4)
    >>> old = pd.DataFrame({"cutoff": days, "horizon": 1, "ticker": "A", "model": "old"})
    >>> both = pd.concat([old, old.tail(1).assign(model="new")])
    >>> len(common_forecasts(both)), len(common_forecasts(both, least=0))
    (4, 2)
    """
    asked = len(forecasts.drop_duplicates(_KEY))
    often = forecasts["model"].map(forecasts["model"].value_counts()) >= least * asked
    kept = forecasts[often]
    made = kept.groupby(_KEY)["model"].transform("nunique")
    return kept[made == kept["model"].nunique()]


def _one_horizon(rows: pd.DataFrame) -> pd.DataFrame:
    """The cards of all models over one horizon, index model."""
    rows = rows.assign(squared=(rows["outcome"] - rows["mean"]) ** 2, crps=predictive(rows).crps(rows["outcome"]))
    spans = overlap(rows)
    squared, crps = (
        rows.pivot_table(index="cutoff", columns="model", values=loss, aggfunc="mean") for loss in ("squared", "crps")
    )
    zero = (rows["outcome"] ** 2).groupby([rows["model"], rows["cutoff"]]).mean()
    lines = {}
    for model, some in rows.groupby("model", sort=False):
        test = _against(squared[model], zero[model], spans)
        sharper = _against(crps[model], crps[BASELINE], spans) if BASELINE in crps else None
        lines[str(model)] = _own_scores(some, spans) | {
            "skill_error": test.standard_error / zero[model].mean() if test and test.standard_error else np.nan,
            "crps_skill": 1 - crps[model].mean() / crps[BASELINE].mean() if sharper else np.nan,
            "dm_statistic": test.statistic if test else np.nan,
            "dm_p_value": test.p_value if test else np.nan,
            "crps_p_value": sharper.p_value if sharper else np.nan,
        }
    board = pd.DataFrame.from_dict(lines, orient="index").rename_axis("model")
    board["mcs_p_value"], board["crps_mcs_p_value"] = _confidence(squared, spans), _confidence(crps, spans)
    board["verdict"] = [verdict(str(model), line) for model, line in board.iterrows()]
    return board[list(SCORECARD_COLUMNS)].sort_values("skill", ascending=False, kind="stable")


def _own_scores(rows: pd.DataFrame, spans: int) -> dict[str, float]:
    """What one model's forecasts over one horizon say without any other model."""
    outcome, mean = rows["outcome"], rows["mean"]
    bounds = [rows[name] for name in ("lo_95", "lo_80", "hi_80", "hi_95")]
    outcomes = rows.pivot(index="cutoff", columns="ticker", values="outcome")
    means = rows.pivot(index="cutoff", columns="ticker", values="mean")
    by_ticker = pd.DataFrame({"error": (outcome - mean).abs(), "size": outcome.abs()}).groupby(rows["ticker"]).mean()
    distributions = predictive(rows)
    uniform = uniformity_test(distributions.cdf(outcome), rows["cutoff"], horizon=spans)
    return {
        "observations": len(rows),
        "cutoffs": len(outcomes),
        "mae": mean_absolute_error(outcome, mean),
        "rmse": root_mean_squared_error(outcome, mean),
        "mase": float((by_ticker["error"] / by_ticker["size"].where(by_ticker["size"] > 0)).mean()),
        "bias": bias(outcome, mean),
        "skill": skill_score(outcome, mean),
        "hit_rate": hit_rate(outcome, mean),
        "rank_ic": float(rank_information_coefficient(outcomes, means).mean()),
        "coverage_80": interval_coverage(outcome, rows["lo_80"], rows["hi_80"]),
        "coverage_95": interval_coverage(outcome, rows["lo_95"], rows["hi_95"]),
        "width_80": interval_width(rows["lo_80"], rows["hi_80"]),
        "width_95": interval_width(rows["lo_95"], rows["hi_95"]),
        "interval_score_80": interval_score(outcome, rows["lo_80"], rows["hi_80"], level=0.8),
        "interval_score_95": interval_score(outcome, rows["lo_95"], rows["hi_95"], level=0.95),
        "pinball": float(np.mean([pinball_loss(outcome, one, p) for one, p in zip(bounds, LEVELS, strict=True)])),
        "crps": float(rows["crps"].mean()),
        "log_score": float(distributions.log_density(outcome).mean()),
        "pit_p_value": uniform.p_value,
    }


def _against(losses: pd.Series, benchmark: pd.Series, spans: int) -> Significance | None:
    """The test of two series of losses; None where there are too few."""
    if len(losses) < max(3, spans + 1):
        return None
    return diebold_mariano_test(losses.to_numpy(), benchmark.to_numpy(), horizon=spans)


def _confidence(losses: pd.DataFrame, spans: int) -> pd.Series:
    """p-values of the confidence set, index model; NaN where there is no field or too little evidence."""
    if losses.shape[1] < 2 or len(losses) < max(_FEWEST, 2 * spans):
        return pd.Series(np.nan, index=losses.columns)
    block = max(spans, round(len(losses) ** (1 / 3)))
    return model_confidence_set(losses, block_length=block, seed=_SEED, draws=_DRAWS)["p_value"]


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
                remedy="Compare models on the same tickers and cutoffs: backtest.common_forecasts.",
            )
