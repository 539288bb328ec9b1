"""Scorecards: fair comparisons, tests that see the overlap, and sentences that say what the numbers say."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from foliohub.backtest import MODEL_CARD_COLUMNS, common_forecasts, model_card, model_cards, scorecard
from foliohub.frames import FORECAST_COLUMNS
from foliohub.metrics import model_confidence_set, predictive


def a_history(quality: dict[str, float], *, cutoffs: int = 80, horizon: int = 3, seed: int = 0) -> pd.DataFrame:
    """Outcomes of standard deviation 2 %, of which each model knows a share; `zero` knows none."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=cutoffs + horizon)
    rows = []
    for number in range(cutoffs):
        for ticker in "ABCDE":
            outcome = rng.normal(0, 0.02)
            for model, share in {"zero": 0.0, **quality}.items():
                mean = share * outcome + (rng.normal(0, 0.004) if model != "zero" else 0.0)
                bounds = (mean - 0.0256, mean + 0.0256, mean - 0.0392, mean + 0.0392)
                rows.append((days[number], days[number + horizon], ticker, model, horizon, mean, *bounds, outcome))
    return pd.DataFrame(rows, columns=[*FORECAST_COLUMNS, "outcome"])


@pytest.fixture(scope="module")
def card() -> pd.DataFrame:
    return scorecard(a_history({"good": 0.4, "noise": 0.0, "wrong": -0.4}))


def test_verdicts_say_what_the_tests_say(card):
    said = card.loc[3, "verdict"]
    assert said["good"].startswith("better than no change: skill +")
    assert said["wrong"].startswith("worse than no change: skill −")
    assert "not better than no change" in said["noise"] or "worse" in said["noise"]
    assert "held against" in said["zero"]
    assert card.loc[3].index[0] == "good"


def test_the_confidence_set_holds_the_best_alone(card):
    assert (card.loc[3, "mcs_p_value"].drop("good") < 0.1).all()
    assert card.loc[(3, "good"), "mcs_p_value"] == 1.0


def test_scores_of_distributions_are_those_of_metrics():
    history = a_history({"good": 0.4})
    card = scorecard(history)
    rows = history[history["model"] == "good"]
    one = predictive(rows)
    assert card.loc[(3, "good"), "crps"] == pytest.approx(one.crps(rows["outcome"]).mean())
    assert card.loc[(3, "good"), "log_score"] == pytest.approx(one.log_density(rows["outcome"]).mean())
    zero = history[history["model"] == "zero"]
    saved = 1 - one.crps(rows["outcome"]).mean() / predictive(zero).crps(zero["outcome"]).mean()
    assert card.loc[(3, "good"), "crps_skill"] == pytest.approx(saved)
    assert card.loc[(3, "zero"), "mase"] == pytest.approx(1.0)


def test_blocks_of_the_confidence_set_span_the_overlap():
    history = a_history({"good": 0.02}, horizon=6)
    losses = history.assign(loss=(history["outcome"] - history["mean"]) ** 2).pivot_table(
        index="cutoff", columns="model", values="loss"
    )
    expected = model_confidence_set(losses, block_length=6, seed=20260101)["p_value"]
    found = scorecard(history).loc[6, "mcs_p_value"]
    assert found.sort_index().tolist() == pytest.approx(expected.sort_index().tolist())


def test_only_forecasts_that_all_made_are_compared():
    history = a_history({"late": 0.2})
    late = history[(history["model"] == "zero") | (history["cutoff"] > history["cutoff"].unique()[20])]
    common = common_forecasts(late)
    assert common["cutoff"].nunique() == 59
    assert scorecard(common)["observations"].tolist() == [295, 295]


def test_cards_say_of_themselves_that_they_do_not_beat_naive(card):
    assert "none of 1 horizon is it better" in model_card(card, "noise")["statement"]
    assert "Over 3 sessions ahead it is worse" in model_card(card, "wrong")["statement"]
    assert model_card(card, "good")["better"] == [3]
    frame = model_cards(card)
    assert tuple(frame.columns) == MODEL_CARD_COLUMNS
    assert frame.set_index("model")["better"].to_dict() == {"good": 1, "noise": 0, "wrong": 0, "zero": 0}
    assert json.loads(frame["card"].iloc[0])["horizons"]["3"]["cutoffs"] == 80


def test_too_few_dates_are_said_to_be_too_few():
    few = scorecard(a_history({"good": 0.4}, cutoffs=2))
    assert few.loc[(3, "good"), "verdict"].startswith("too few dates to say (2)")
    assert few["mcs_p_value"].isna().all()


def test_a_model_of_the_spread_alone_is_judged_by_its_distributions():
    history = a_history({})
    wide = history.assign(model="wide", lo_80=-0.08, hi_80=0.08, lo_95=-0.12, hi_95=0.12)
    card = scorecard(pd.concat([history, wide]))
    said = card.loc[(3, "wide"), "verdict"]
    assert said.startswith("not better than no change: the same mean; its distributions are worse")
    assert "distributions" not in model_card(card, "wide")["statement"]
    tight = scorecard(pd.concat([wide.assign(model="zero"), history.assign(model="tight")]))
    assert "Over 3 sessions ahead its distributions are better" in model_card(tight, "tight")["statement"]
