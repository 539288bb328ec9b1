"""Figures and tables that compare forecasters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub.reporting import (
    ensemble_weights_chart,
    lead_over_no_change,
    model_card_table,
    transform_histograms,
    verdict_table,
)

DAYS = pd.bdate_range("2022-01-03", periods=4, freq="21B")


def test_each_model_has_a_histogram_and_its_p_value(provenance):
    shares = pd.DataFrame({"arima": [0.1, 0.2, 0.3, 0.4], "zero": [0.25] * 4, "lstm": [0.25] * 4, "har": [0.25] * 4})
    figure = transform_histograms(shares, p_values=pd.Series({"arima": 0.012}), provenance=provenance)
    assert len(figure.data) == 4
    assert np.asarray(figure.data[0].y) == pytest.approx([10, 20, 30, 40])
    words = " ".join(str(note.text) for note in figure.layout.annotations)
    assert "ARIMA</b>  p = 0.01" in words
    assert "LSTM" in words


def test_weights_of_one_horizon_are_drawn_in_percent(provenance):
    weights = pd.DataFrame(
        {
            "cutoff": np.repeat(DAYS, 2),
            "horizon": 21,
            "model": ["zero", "arima"] * 4,
            "weight": [0.5, 0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2],
            "evidence": np.repeat(range(4), 2),
        }
    )
    figure = ensemble_weights_chart(weights, 21, name="ensemble_online", provenance=provenance)
    assert "Ensemble, online" in figure.layout.title.text
    assert {trace.name: trace.y[-1] for trace in figure.data} == pytest.approx({"ARIMA": 20, "No change": 80})
    assert not ensemble_weights_chart(weights, 5, provenance=provenance).data


def test_the_last_lead_is_the_skill(provenance):
    rng = np.random.default_rng(0)
    rmse = {"zero": rng.uniform(0.04, 0.06, 4), "arima": rng.uniform(0.04, 0.06, 4)}
    history = pd.concat(
        [
            pd.DataFrame({"cutoff": DAYS, "horizon": 21, "model": name, "rmse": values, "observations": 20})
            for name, values in rmse.items()
        ]
    )
    figure = lead_over_no_change(history, 21, provenance=provenance)
    skill = 1 - (rmse["arima"] ** 2).sum() / (rmse["zero"] ** 2).sum()
    assert [trace.name for trace in figure.data] == ["ARIMA"]
    assert figure.data[0].y[-1] == pytest.approx(100 * skill, rel=1e-5)
    alone = history[history["model"] == "arima"]
    assert not lead_over_no_change(alone, 21, provenance=provenance).data


def test_verdicts_and_membership_are_written_out():
    scores = pd.DataFrame(
        {
            "skill": [-0.003],
            "dm_p_value": [0.61],
            "crps_skill": [np.nan],
            "mcs_p_value": [0.42],
            "crps_mcs_p_value": [0.02],
            "verdict": ["not better than no change: skill −0.3 %, p = 0.61"],
        },
        index=["arima"],
    )
    html = verdict_table(scores).html
    assert "not better than no change" in html
    assert "yes (p = 0.42)" in html
    assert "no (p = 0.02)" in html
    assert "No forecast has been scored" in verdict_table(scores.head(0)).html


def test_cards_are_listed_with_what_they_say():
    cards = pd.DataFrame(
        [("har", 0, 4, "Over none of 4 horizons is it better than the forecast of no change.", "{}")],
        columns=["model", "better", "horizons", "statement", "card"],
    )
    html = model_card_table(cards).html
    assert "0 of 4" in html
    assert "Over none of 4 horizons" in html
