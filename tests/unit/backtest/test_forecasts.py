"""The evaluation of forecasters: who is asked what, what came, and the ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from foliohub import forecast
from foliohub.backtest.forecasts import evaluate_forecasters
from foliohub.backtest.scorecard import SCORECARD_COLUMNS, scorecard
from foliohub.calendars import next_sessions, sessions
from foliohub.errors import InputError
from foliohub.frames import FORECAST_COLUMNS
from foliohub.metrics.significance import diebold_mariano_test

DAYS = sessions("2014-01-02", "2017-12-29")[:700].rename("date")


def _returns() -> pd.DataFrame:
    values = np.random.default_rng(8).normal(0.0005, 0.01, (700, 4))
    values[:200, 2] = np.nan  # enters
    values[500:, 3] = np.nan  # leaves
    return pd.DataFrame(values, index=DAYS, columns=["AAA", "BBB", "NEW", "OLD"])


RETURNS = _returns()


@dataclass(eq=False)
class Oracle:
    """Knows the future, for testing only."""

    name: str = "oracle"
    error: float = 0.0

    def fit(self, returns, features=None):
        self.seen = returns
        return self

    def predict(self, horizons):
        rows = []
        for horizon in horizons:
            date = next_sessions(self.seen.index[-1], horizon)[-1]
            ahead = RETURNS.loc[self.seen.index[-1] : date].iloc[1:]
            for ticker in self.seen.columns:
                mean = float(np.expm1(np.log1p(ahead[ticker]).sum())) + self.error
                key = (self.seen.index[-1], date, ticker, self.name, horizon)
                rows.append((*key, mean, mean - 0.01, mean + 0.01, mean - 0.02, mean + 0.02))
        return pd.DataFrame(rows, columns=list(FORECAST_COLUMNS))


seen: list[pd.DataFrame] = []


class Spy(Oracle):
    """Keeps what it was handed."""

    def fit(self, returns, features=None):
        seen.append(returns)
        return super().fit(returns, features)


class Watch(Spy):
    """Keeps the features too."""

    def fit(self, returns, features=None):
        super().fit(returns)
        seen.append(features)
        return self


def test_outcomes_are_the_compounded_returns_from_the_cutoff_to_the_date():
    evaluation = evaluate_forecasters(RETURNS, None, [Oracle()], DAYS[[300, 400]], [1, 5, 21])
    frame = evaluation.forecasts
    assert tuple(frame.columns) == (*FORECAST_COLUMNS, "outcome")
    assert frame["outcome"].to_numpy() == pytest.approx(frame["mean"].to_numpy())
    board = evaluation.scorecard
    assert board["mae"].to_numpy() == pytest.approx(np.zeros(3))
    assert board[["skill", "hit_rate", "rank_ic", "coverage_80"]].to_numpy() == pytest.approx(np.ones((3, 4)))


def test_a_forecaster_sees_the_rows_up_to_the_cutoff_and_only_tickers_that_are_there():
    seen.clear()
    evaluation = evaluate_forecasters(RETURNS, None, [Spy()], DAYS[[300, 480, 600]], [1])
    assert [frame.index[-1] for frame in seen] == list(DAYS[[300, 480, 600]])
    assert [list(frame.columns) for frame in seen] == [
        ["AAA", "BBB", "OLD"],
        ["AAA", "BBB", "NEW", "OLD"],
        ["AAA", "BBB", "NEW"],
    ]
    reasons = evaluation.left_out.set_index(["cutoff", "ticker"])["reason"]
    assert reasons[DAYS[300], "NEW"] == "101 returns so far, of 252 wanted"
    assert reasons[DAYS[600], "OLD"] == f"no return at the cutoff; the last is of {DAYS[499]:%Y-%m-%d}"


def test_every_cutoff_is_fitted_on_a_window_of_the_same_length():
    seen.clear()
    features = pd.DataFrame({"x": 0.0}, index=pd.MultiIndex.from_product([DAYS, ["AAA"]], names=["date", "ticker"]))
    asked = [Watch(name="watch")]
    evaluation = evaluate_forecasters(RETURNS, features, asked, DAYS[[299, 480, 600]], [1], window=300)
    assert [len(frame) for frame in seen] == [300, 300, 300] * 2
    assert [frame.index[-1] for frame in seen[::2]] == list(DAYS[[299, 480, 600]])
    for returns, given in zip(seen[::2], seen[1::2], strict=True):
        assert given.index.get_level_values("date").equals(returns.index)
    reasons = evaluation.left_out.set_index(["cutoff", "ticker"])["reason"]
    assert reasons[DAYS[299], "NEW"] == "100 returns so far, of 252 wanted"


@pytest.mark.parametrize("name", ["mean", "ewma", "arima"])
def test_a_windowed_fit_is_that_of_a_forecast_made_that_day(name):
    past = evaluate_forecasters(RETURNS, None, [forecast.get(name)], DAYS[[400]], [1, 5], window=300).forecasts
    that_day = forecast.get(name).fit(RETURNS[["AAA", "BBB", "OLD"]].iloc[101:401]).predict([1, 5])
    made = past[past["ticker"] != "NEW"].drop(columns="outcome").reset_index(drop=True)
    pd.testing.assert_frame_equal(made, that_day, check_exact=True)


def test_what_is_not_known_yet_is_kept_and_not_scored():
    evaluation = evaluate_forecasters(RETURNS, None, [forecast.get("zero")], [DAYS[695]], [1, 10])
    known = evaluation.forecasts.groupby("horizon")["outcome"].count()
    assert known.to_dict() == {1: 3, 10: 0}
    assert evaluation.scorecard.index.get_level_values("horizon").tolist() == [1]


def test_a_ticker_that_leaves_before_the_date_has_no_outcome():
    evaluation = evaluate_forecasters(RETURNS, None, [forecast.get("zero")], [DAYS[497]], [1, 5])
    outcome = evaluation.forecasts.set_index(["horizon", "ticker"])["outcome"]
    assert np.isfinite(outcome[1, "OLD"])
    assert np.isnan(outcome[5, "OLD"])


def test_nothing_known_gives_an_empty_scorecard():
    board = evaluate_forecasters(RETURNS, None, [forecast.get("zero")], [DAYS[-1]], [1]).scorecard
    assert board.empty
    assert tuple(board.columns) == SCORECARD_COLUMNS


@dataclass
class Threaded(Oracle):
    """Notes how many threads it was left with."""

    threads: int | None = None

    def fit(self, returns, features=None):
        used.append(self.threads)
        return super().fit(returns, features)


used: list[int | None] = []


def one_after_the_other(function, items, *shared):
    return [function(item, *shared) for item in items]


@pytest.mark.parametrize(
    ("asked", "mapper", "left"),
    [(None, None, None), (None, one_after_the_other, 1), (3, one_after_the_other, 3), (3, None, 3)],
)
def test_tasks_computed_side_by_side_take_one_thread_each(asked, mapper, left):
    used.clear()
    model = Threaded(threads=asked)
    evaluate_forecasters(RETURNS, None, [model], DAYS[[400]], [1], mapper=mapper)
    assert used == [left]
    assert model.threads == asked, "what was given stays as it is"


@pytest.mark.slow
def test_the_result_is_the_same_for_any_number_of_processes():
    from joblib.externals.loky import get_reusable_executor

    models = [forecast.get("mean"), forecast.get("arima", window=300)]
    calls = []
    one, two = (
        evaluate_forecasters(
            RETURNS, None, models, DAYS[[400, 450]], [1, 5], n_jobs=n_jobs, progress=lambda *done: calls.append(done)
        )
        for n_jobs in (1, 2)
    )
    pd.testing.assert_frame_equal(one.forecasts, two.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(one.scorecard, two.scorecard, check_exact=True)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2
    get_reusable_executor().shutdown(wait=True)


def test_given_forecasters_are_left_unfitted():
    model = forecast.get("mean")
    evaluate_forecasters(RETURNS, None, [model], [DAYS[400]], [1])
    with pytest.raises(InputError, match="not fitted"):
        model.predict([1])


def test_the_scorecard_is_that_of_its_slow_twin():
    cutoffs = DAYS[300:480:10]
    evaluation = evaluate_forecasters(RETURNS, None, [forecast.get("zero"), forecast.get("mean")], cutoffs, [21])
    board = evaluation.scorecard
    rows = evaluation.forecasts.query("model == 'mean'")
    line = board.loc[21, "mean"]
    error = rows["outcome"] - rows["mean"]
    assert line["observations"] == len(rows) == 18 * 3 + 2
    assert line["cutoffs"] == 18
    assert line["mae"] == pytest.approx(error.abs().mean())
    assert line["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert line["bias"] == pytest.approx(-error.mean())
    assert line["skill"] == pytest.approx(1 - (error**2).sum() / (rows["outcome"] ** 2).sum())
    inside = (rows["outcome"] >= rows["lo_80"]) & (rows["outcome"] <= rows["hi_80"])
    assert line["coverage_80"] == pytest.approx(inside.mean())
    ranks = [
        group["outcome"].rank().corr(group["mean"].rank()) for _, group in rows.groupby("cutoff") if len(group) > 1
    ]
    assert line["rank_ic"] == pytest.approx(np.mean(ranks))
    # Cutoffs ten sessions apart: a forecast over 21 sessions spans three of them.
    losses = (error**2).groupby(rows["cutoff"]).mean()
    zero = (rows["outcome"] ** 2).groupby(rows["cutoff"]).mean()
    test = diebold_mariano_test(losses, zero, horizon=3)
    assert (line["dm_statistic"], line["dm_p_value"]) == pytest.approx((test.statistic, test.p_value))
    assert line["skill_error"] == pytest.approx(test.standard_error / zero.mean())
    assert board.loc[21, "zero"][["hit_rate", "rank_ic", "dm_p_value", "skill_error"]].isna().all()


def test_the_best_model_comes_first_and_too_few_cutoffs_give_no_p_value():
    models = [Oracle("worst", 0.5), Oracle("best"), Oracle("middling", 0.01)]
    board = evaluate_forecasters(RETURNS, None, models, DAYS[[300, 310]], [1, 5]).scorecard
    assert board.index.get_level_values("model").tolist() == ["best", "middling", "worst"] * 2
    assert board["dm_p_value"].isna().all()


def test_models_scored_on_different_forecasts_are_not_ranked():
    frame = evaluate_forecasters(
        RETURNS, None, [forecast.get("zero"), forecast.get("mean")], [DAYS[400]], [1]
    ).forecasts
    with pytest.raises(InputError, match=f"not both asked for BBB at {DAYS[400]:%Y-%m-%d}"):
        scorecard(frame.drop(index=frame.query("model == 'mean' and ticker == 'BBB'").index))
    with pytest.raises(InputError, match="no column 'outcome'"):
        scorecard(frame.drop(columns="outcome"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cutoffs": ["2015-07-04"]}, r"2015-07-04 is no session of the returns.*2014-01-02 to 2016-10-11"),
        ({"cutoffs": []}, "no cutoff"),
        ({"forecasters": []}, "no forecaster"),
        ({"forecasters": [forecast.get("zero"), forecast.get("zero")]}, r"zero, zero.*name of their own"),
        (
            {"forecasters": [forecast.get("zero", calendar="24/7")]},
            r"zero forecasts 2015-08-08.*calendar of the returns",
        ),
        ({"cutoffs": [DAYS[100]]}, "No ticker has 252 returns"),
        ({"window": 500}, "403 sessions up to the cutoff 2015-08-07, of 500 to fit on"),
        ({"window": 0}, "window is 0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    given = {"forecasters": [forecast.get("zero")], "cutoffs": ["2015-08-07"], **arguments}
    with pytest.raises(InputError, match=message):
        evaluate_forecasters(RETURNS, None, horizons=[1], **given)
