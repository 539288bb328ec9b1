"""Ensembles: nothing later than the cutoff, no preference among orders, the same numbers as a slow obvious twin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from foliohub.errors import ContractError, InputError
from foliohub.forecast import combine, ensemble_weights
from foliohub.frames import FORECAST_COLUMNS, check_forecasts

METHODS = ("equal", "inverse_loss", "online")


def a_history(seed: int, *, cutoffs: int = 12, gaps: bool = True) -> pd.DataFrame:
    """Three models, two horizons, four tickers; some forecasts and outcomes are missing."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2024-01-01", periods=cutoffs + 5, name="date")
    rows = []
    for number in range(cutoffs):
        for horizon in (1, 4):
            for ticker in "ABCD":
                outcome = rng.normal(0, 0.03) if number + horizon < cutoffs + 2 else np.nan
                for model, quality in (("good", 0.01), ("fair", 0.03), ("bad", 0.08)):
                    mean = np.nan_to_num(outcome) + rng.normal(0, quality)
                    half, wide = sorted(rng.uniform(0.01, 0.1, 2))
                    if gaps and rng.random() < 0.1 and model != "good":
                        continue
                    key = (days[number], days[number + horizon], ticker, model, horizon)
                    rows.append((*key, mean, mean - half, mean + half, mean - wide, mean + wide, outcome))
    return pd.DataFrame(rows, columns=[*FORECAST_COLUMNS, "outcome"])


def slow_weights(
    history: pd.DataFrame, method: str, cutoff: pd.Timestamp, horizon: int, used: dict
) -> dict[str, float]:
    """Weights at one cutoff, by hand: every round so far in the order in which it came out."""
    rows = history[history["horizon"] == horizon]
    here = sorted(rows.loc[rows["cutoff"] == cutoff, "model"].unique())
    joined = sorted(rows.loc[rows["cutoff"] <= cutoff, "model"].unique())
    everyone = sorted(rows["model"].unique())
    total, rounds, widest = dict.fromkeys(everyone, 0.0), 0, 0.0
    for past in sorted(rows.loc[rows["date"] <= cutoff, "cutoff"].unique()):
        round_ = rows[(rows["cutoff"] == past) & rows["outcome"].notna()]
        tickers = [
            ticker for ticker, some in round_.groupby("ticker") if some["model"].nunique() == round_["model"].nunique()
        ]
        round_ = round_[round_["ticker"].isin(tickers)] if tickers else round_
        if round_.empty:
            continue
        loss = {model: float(np.mean((some["mean"] - some["outcome"]) ** 2)) for model, some in round_.groupby("model")}
        had = {model: used[past, horizon].get(model, 0.0) for model in loss}
        ensemble = sum(had[m] * loss[m] for m in loss) / sum(had.values())
        charged = {model: loss.get(model, ensemble) for model in everyone}
        rounds += 1
        widest = max(widest, max(charged.values()) - min(charged.values()))
        total = {model: total[model] + charged[model] for model in everyone}
    if method == "equal" or rounds == 0:
        raw = dict.fromkeys(here, 1.0)
    elif method == "inverse_loss":
        raw = {model: rounds / total[model] for model in here}
    else:
        rate = np.sqrt(8 * np.log(max(len(joined), 2)) / (rounds + 1))
        raw = {model: float(np.exp(-rate * total[model] / widest)) for model in here}
    return {model: value / sum(raw.values()) for model, value in raw.items()}


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=2, deadline=None)
def test_weights_are_those_of_the_slow_twin(method, seed):
    history = a_history(seed)
    fast = ensemble_weights(history, method)
    used: dict = {}
    for (cutoff, horizon), lines in fast.groupby(["cutoff", "horizon"]):
        used[cutoff, horizon] = slow_weights(history, method, cutoff, horizon, used)
        assert dict(zip(lines["model"], lines["weight"], strict=True)) == pytest.approx(used[cutoff, horizon])
        assert lines["weight"].sum() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000), position=st.integers(0, 11), change=st.floats(-0.9, 9))
@settings(max_examples=6, deadline=None)
def test_no_outcome_after_a_cutoff_changes_anything_at_it(method, seed, position, change):
    history = a_history(seed)
    cutoff = sorted(history["cutoff"].unique())[position]
    later = history.copy()
    later.loc[later["date"] > cutoff, "outcome"] = change
    for result in (combine, ensemble_weights):
        before, after = (frame[frame["cutoff"] <= cutoff] for frame in (result(history, method), result(later, method)))
        assert_frame_equal(before, after, check_exact=True)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000), position=st.integers(0, 11))
@settings(max_examples=3, deadline=None)
def test_forecasts_made_after_a_cutoff_change_nothing_at_it(method, seed, position):
    history = a_history(seed)
    cutoff = sorted(history["cutoff"].unique())[position]
    newcomer = history[(history["cutoff"] > cutoff) & (history["model"] == "bad")].assign(model="a newcomer")
    more = combine(pd.concat([history, newcomer]), method)
    known = combine(history[history["cutoff"] <= cutoff], method)
    assert_frame_equal(more[more["cutoff"] <= cutoff], known, check_exact=True)


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=3, deadline=None)
def test_the_order_of_rows_changes_nothing(method, seed):
    history = a_history(seed)
    shuffled = history.sample(frac=1, random_state=seed)
    assert_frame_equal(combine(history, method), combine(shuffled, method), check_exact=True)
    assert_frame_equal(ensemble_weights(history, method), ensemble_weights(shuffled, method), check_exact=True)


@pytest.mark.parametrize("method", METHODS)
def test_models_weigh_the_same_before_any_outcome_is_known(method):
    history = a_history(3, gaps=False)
    weights = ensemble_weights(history, method)
    unknown = weights[weights["evidence"] == 0]
    assert set(unknown["horizon"]) == {1, 4}
    assert unknown["weight"].to_numpy() == pytest.approx(1 / 3)


@pytest.mark.parametrize("method", ["inverse_loss", "online"])
def test_the_better_model_weighs_more_in_the_end(method):
    weights = ensemble_weights(a_history(5, cutoffs=60, gaps=False), method)
    last = weights[(weights["cutoff"] == weights["cutoff"].max()) & (weights["horizon"] == 1)].set_index("model")
    assert last.loc["good", "weight"] > last.loc["fair", "weight"] > last.loc["bad", "weight"]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=3, deadline=None)
def test_the_online_ensemble_loses_no_more_than_its_bound_allows(seed):
    history = a_history(seed, cutoffs=60, gaps=False)
    history = history[(history["horizon"] == 1) & history["outcome"].notna()]
    joined = combine(history, "online").merge(
        history.loc[history["model"] == "good", ["cutoff", "ticker", "outcome"]], on=["cutoff", "ticker"]
    )
    losses = history.assign(loss=(history["mean"] - history["outcome"]) ** 2)
    losses = losses.pivot_table(index="cutoff", columns="model", values="loss")
    ours = joined.assign(loss=(joined["mean"] - joined["outcome"]) ** 2).groupby("cutoff")["loss"].mean()
    widest = float((losses.max(axis=1) - losses.min(axis=1)).max())
    rounds, models = losses.shape
    bound = 2 * np.sqrt(rounds / 2 * np.log(models)) + np.sqrt(np.log(models) / 8)
    assert (ours.sum() - losses.sum().min()) / widest <= bound


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_of_one_is_that_one(method):
    history = a_history(7)
    alone = combine(history, method, models=["good"], name="good")
    expected = history[history["model"] == "good"].sort_values(["cutoff", "horizon", "ticker"], ignore_index=True)
    assert_frame_equal(alone, expected[list(FORECAST_COLUMNS)])


def test_bounds_are_averages_and_nest():
    history = a_history(11, gaps=False)
    combined = combine(history)
    check_forecasts(combined)
    means = history.groupby(["cutoff", "horizon", "ticker"])[["mean", "lo_80", "hi_95"]].mean()
    assert combined[["mean", "lo_80", "hi_95"]].to_numpy() == pytest.approx(means.to_numpy())


def test_wrong_input_is_named():
    history = a_history(1)
    with pytest.raises(InputError, match="'outcome'"):
        combine(history.drop(columns="outcome"))
    with pytest.raises(InputError, match="'best'"):
        combine(history, models=["best"])
    with pytest.raises(InputError, match="no method"):
        combine(history, "majority")
    with pytest.raises(InputError, match="half_life"):
        ensemble_weights(history, "inverse_loss", half_life=0)
    with pytest.raises(ContractError, match="more than once"):
        combine(pd.concat([history, history.head(1)]))
