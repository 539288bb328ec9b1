"""A champion is replaced by who is better for sure, and by nobody else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest.champion import CHALLENGE_COLUMNS, challenge
from foliohub.errors import InputError


def history(n=60, models=None, tickers=3, seed=0):
    """A model is how much of the outcome it knows."""
    chance = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=n + 1)
    frames = []
    signal, noise = chance.normal(0, 0.02, (n, tickers)), chance.normal(0, 0.02, (n, tickers))
    for model, share in (models or {"mean": 0.0, "good": 1.0, "bad": -1.0}).items():
        frames += [
            pd.DataFrame(
                {
                    "cutoff": days[:-1],
                    "date": days[1:],
                    "ticker": str(number),
                    "model": model,
                    "horizon": 1,
                    "mean": share * signal[:, number],
                    "outcome": signal[:, number] + noise[:, number],
                }
            )
            for number in range(tickers)
        ]
    return pd.concat(frames, ignore_index=True)


def test_who_is_better_for_sure_wins_and_the_numbers_say_why():
    found = challenge("mean", history(), horizon=1)
    assert (found.before, found.after, found.changed) == ("mean", "good", True)
    assert tuple(found.table.columns) == CHALLENGE_COLUMNS
    won = found.table.set_index("model").loc["good"]
    assert won["skill"] > 0.3
    assert won["dm_p_value"] < 0.01
    assert won["in_set"]
    assert "good replaces mean" in found.sentence


@pytest.mark.parametrize(
    "conditions", [{"p_value": 1e-30}, {"skill": 0.9}, {"cutoffs": 61}], ids=lambda one: next(iter(one))
)
def test_each_condition_alone_keeps_the_champion(conditions):
    found = challenge("mean", history(), horizon=1, **conditions)
    assert found.after == "mean"
    assert not found.table["eligible"].any()
    assert "mean stays" in found.sentence


def test_the_challenger_must_be_in_the_confidence_set_of_the_whole_field():
    found = challenge("mean", history(models={"mean": 0.0, "fair": 0.5, "good": 1.0}), horizon=1)
    table = found.table.set_index("model")
    assert not table.loc["fair", "in_set"]
    assert table.loc["fair", "skill"] > 0
    assert not table.loc["fair", "eligible"]
    assert found.after == "good"


def test_luck_replaces_nobody_more_often_than_it_may():
    """Challengers that know nothing, each tested at 5% two-sided: 2.5% or fewer may win."""
    won = sum(
        challenge("mean", history(40, {"mean": 0.0, "luck": 0.001}, seed=seed).pipe(scramble, seed), horizon=1).changed
        for seed in range(60)
    )
    assert won <= 4


def scramble(frame, seed):
    rows = frame["model"] == "luck"
    draws = np.random.default_rng(seed + 1000).normal(0, 0.005, int(rows.sum()))
    return frame.assign(mean=frame["mean"].where(~rows, 0).add(pd.Series(draws, frame.index[rows]), fill_value=0))


def test_too_few_cutoffs_decide_nothing():
    few = challenge("mean", history(5), horizon=1)
    assert not few.changed
    assert "5 cutoffs are too few" in few.sentence


def without(frame, model, cutoffs):
    """The same without a model's forecasts at some of the cutoffs, given by number."""
    days = np.sort(frame["cutoff"].unique())[cutoffs]
    return frame[~((frame["model"] == model) & frame["cutoff"].isin(days))]


def test_a_missed_night_costs_a_challenger_that_night_and_nothing_else():
    found = challenge("mean", without(history(), "good", [3]), horizon=1)
    table = found.table.set_index("model")
    assert found.after == "good"
    assert (table.loc["good", "shared_cutoffs"], table.loc["good", "cutoffs"]) == (59, 60)
    untouched = challenge("mean", history(), horizon=1).table.set_index("model")
    pd.testing.assert_frame_equal(
        table.loc[["mean", "bad"], ["skill", "dm_p_value"]], untouched.loc[["mean", "bad"], ["skill", "dm_p_value"]]
    )
    same = history()
    same = same[same["cutoff"] != np.sort(same["cutoff"].unique())[3]]
    alone = challenge("mean", same, horizon=1).table.set_index("model")
    numbers = ["skill", "dm_statistic", "dm_p_value", "set_p_value"]
    pd.testing.assert_series_equal(table.loc["good", numbers], alone.loc["good", numbers])


def test_a_model_that_joined_late_is_judged_on_what_it_shares_with_the_champion():
    late = without(history(500), "good", slice(0, 440))
    found = challenge("mean", late, horizon=1)
    table = found.table.set_index("model")
    assert found.after == "good"
    assert table.loc["good", "shared_cutoffs"] == 60
    assert table.loc["bad", "shared_cutoffs"] == 500, "its short record shortens nobody else's"


def test_who_joined_too_late_is_listed_with_the_reason():
    found = challenge("mean", without(history(60), "good", slice(0, 48)), horizon=1)
    row = found.table.set_index("model").loc["good"]
    assert not found.changed
    assert row["lacked"] == "12 cutoffs beside the champion, of 30 needed"
    assert "too few cutoffs to be judged yet: good (12)" in found.sentence


def test_who_never_forecast_all_that_the_champion_did_is_listed_without_numbers():
    easy = history()
    easy = easy[(easy["model"] != "good") | (easy["ticker"] != "2")]
    found = challenge("mean", easy, horizon=1)
    row = found.table.set_index("model").loc["good"]
    assert not found.changed
    assert row["shared_cutoffs"] == 0
    assert np.isnan(row["skill"])
    assert "never forecast all that the champion did" in row["lacked"]
    assert found.table["model"].tolist()[-1] == "good"


def test_models_that_missed_different_nights_stay_in_one_field():
    """Each alone was beaten by the best; a gap of one night must not let it out of the comparison."""
    some = history(200, {"mean": 0.0, "fair": 0.5, "good": 1.0})
    some = without(without(some, "fair", [5]), "good", [9])
    table = challenge("mean", some, horizon=1).table.set_index("model")
    assert table.loc["fair", "lacked"] == "not in the confidence set"
    assert not table.loc["fair", "in_set"]
    assert table.loc["good", "eligible"]


def test_every_model_that_is_not_eligible_says_what_it_lacked():
    table = challenge("mean", history(models={"mean": 0.0, "twin": 0.0, "good": 1.0, "bad": -1.0}), horizon=1).table
    lacked = table.set_index("model")["lacked"]
    assert (lacked["good"], lacked["mean"]) == ("", "")
    assert "saves too little" in lacked["bad"]
    assert lacked["twin"]


def test_a_champion_that_was_not_evaluated_is_an_error():
    with pytest.raises(InputError, match="lstm has no forecast over 1 sessions"):
        challenge("lstm", history(), horizon=1)
