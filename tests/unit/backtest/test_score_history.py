"""Scores cutoff by cutoff are those of the metrics, computed one group at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import metrics
from foliohub.backtest import SCORE_HISTORY_COLUMNS, score_history
from foliohub.errors import InputError
from foliohub.frames import FORECAST_COLUMNS


def forecasts(*, tickers: int = 7) -> pd.DataFrame:
    rng, rows = np.random.default_rng(5), []
    for cutoff in pd.bdate_range("2022-01-03", periods=4):
        for horizon in (1, 5):
            for model in ("zero", "mean", "arima"):
                for k in range(tickers):
                    mean = 0.0 if model == "zero" else rng.normal(0, 0.01)
                    day = cutoff + pd.offsets.BDay(horizon)
                    bounds = (mean - 0.01, mean + 0.01, mean - 0.02, mean + 0.02)
                    rows.append((cutoff, day, f"T{k}", model, horizon, mean, *bounds))
    frame = pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))
    outcome = rng.normal(0, 0.015, len(frame)).round(3)
    outcome[::11] = 0.0
    outcome[::13] = np.nan
    return frame.assign(outcome=outcome)


def one_by_one(frame: pd.DataFrame) -> pd.DataFrame:
    """The slow twin: every group by itself, every number by its own function."""
    rows = []
    known = frame[frame["outcome"].notna()]
    for key, some in known.groupby(["cutoff", "horizon", "model"]):
        actual, mean = some["outcome"], some["mean"]
        wide = [some.pivot(index="cutoff", columns="ticker", values=name) for name in ("outcome", "mean")]
        rows.append(
            (
                *key,
                len(some),
                metrics.mean_absolute_error(actual, mean),
                metrics.root_mean_squared_error(actual, mean),
                metrics.bias(actual, mean),
                metrics.hit_rate(actual, mean),
                metrics.rank_information_coefficient(*wide).iloc[0],
                metrics.interval_coverage(actual, some["lo_80"], some["hi_80"]),
                metrics.interval_coverage(actual, some["lo_95"], some["hi_95"]),
            )
        )
    return pd.DataFrame(rows, columns=list(SCORE_HISTORY_COLUMNS))


def test_every_score_is_that_of_its_metric():
    frame = forecasts()
    pd.testing.assert_frame_equal(score_history(frame), one_by_one(frame), rtol=1e-12, atol=1e-15)


def test_no_change_hits_no_direction_and_ranks_nothing():
    zero = score_history(forecasts()).query("model == 'zero'")
    assert zero["hit_rate"].isna().all()
    assert zero["rank_ic"].isna().all()


def test_what_has_no_outcome_yet_is_not_scored():
    frame = forecasts().assign(outcome=np.nan)
    scores = score_history(frame)
    assert scores.empty
    assert tuple(scores.columns) == SCORE_HISTORY_COLUMNS


def test_a_single_ticker_has_no_ranking():
    assert score_history(forecasts(tickers=1))["rank_ic"].isna().all()


def test_without_outcomes_it_says_so():
    with pytest.raises(InputError, match="outcome"):
        score_history(forecasts().drop(columns="outcome"))
