"""Forecasts: in price terms, honest about what is missing."""

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import ContractError, InputError
from foliohub.reporting import (
    forecast_fan,
    forecast_fans,
    forecast_intervals,
    forecast_table,
    interval_calibration,
    leaderboard,
    skill_bars,
)


def test_the_fan_is_in_price_terms(prices, forecasts, provenance):
    figure = forecast_fan(prices, forecasts, "KO", provenance=provenance, model="ewma")
    rows = forecasts[(forecasts["ticker"] == "KO") & (forecasts["model"] == "ewma")].sort_values("horizon")
    last = prices["KO"].iloc[-1]
    mean = figure.data[-1]
    assert mean.y == pytest.approx([last, *(last * (1 + rows["mean"]))], rel=1e-6)
    assert list(mean.x) == ["2022-12-28", *rows["date"].dt.strftime("%Y-%m-%d")]
    outer = np.asarray(figure.data[0].y)
    assert outer.max() == pytest.approx(last * (1 + rows["hi_95"].max()), rel=1e-6)
    assert outer.min() == pytest.approx(last * (1 + rows["lo_95"].min()), rel=1e-6)


def test_only_the_newest_cutoff_is_drawn(prices, forecasts, provenance):
    shift = pd.Timedelta(days=30)
    older = forecasts.assign(
        cutoff=forecasts["cutoff"] - shift, date=forecasts["date"] - shift, mean=forecasts["lo_80"]
    )
    both = forecast_fan(prices, pd.concat([older, forecasts]), "KO", provenance=provenance)
    assert both.to_json() == forecast_fan(prices, forecasts, "KO", provenance=provenance).to_json()


def test_what_came_after_the_cutoff_is_dotted(prices, forecasts, provenance):
    past = forecasts.assign(cutoff=pd.Timestamp("2022-10-31"), date=forecasts["date"] - pd.Timedelta(days=58))
    figure = forecast_fan(prices, past, "KO", provenance=provenance)
    outcome = next(trace for trace in figure.data if trace.line.dash == "dot")
    assert outcome.x[0] == "2022-10-31"
    assert outcome.x[-1] <= str(past["date"].max().date())


@pytest.mark.parametrize(("ticker", "model"), [("NOPE", None), ("KO", "oracle")])
def test_an_unknown_ticker_or_model_is_told_what_there_is(prices, forecasts, provenance, ticker, model):
    figure = forecast_fan(prices, forecasts, ticker, provenance=provenance, model=model)
    words = figure.layout.annotations[0].text.replace("<br>", " ")
    assert "Models: arima, ewma" in words
    assert "AAPL" in words


def test_a_ticker_without_a_price_before_the_cutoff_has_no_fan(prices, forecasts, provenance):
    figure = forecast_fan(prices.loc["2023":], forecasts, "KO", provenance=provenance)
    assert not figure.data


def test_fans_are_ordered_by_expected_return(prices, forecasts, provenance):
    figure = forecast_fans(prices, forecasts, provenance=provenance, model="mean", tickers=["KO", "AAPL", "AMD"])
    rows = forecasts[(forecasts["model"] == "mean") & (forecasts["horizon"] == 21)].set_index("ticker")["mean"]
    wanted = rows[["KO", "AAPL", "AMD"]].sort_values(ascending=False).index
    assert [note.text.split("</b>")[0][3:] for note in figure.layout.annotations] == list(wanted)


def test_naive_models_come_first_among_the_columns(forecasts, provenance):
    figure = forecast_intervals(forecasts, 5, provenance=provenance)
    heads = [note.text for note in figure.layout.annotations]
    names = ["No change", "Historical mean", "ARIMA", "EWMA", "Gradient boosting"]
    assert heads == [f"<b>{name}</b>" for name in names]


def test_a_horizon_that_is_not_stored_names_those_that_are(forecasts, provenance):
    words = forecast_intervals(forecasts, 250, provenance=provenance).layout.annotations[0].text.replace("<br>", " ")
    assert "1, 5, 21" in words


def test_broken_forecasts_are_refused(forecasts, provenance):
    with pytest.raises(ContractError):
        forecast_intervals(forecasts.drop(columns="lo_80"), provenance=provenance)


def test_the_forecast_table_is_signed_and_ordered(forecasts):
    html = forecast_table(forecasts, 21, model="mean").html
    assert "Historical mean: return to the close of 2023-01-26" in html
    assert html.index("AMD") != -1
    assert " to +" in html
    assert html.count("<tr>") == 21


def test_an_empty_forecast_table_says_what_to_run(forecasts):
    assert "daily-forecast" in forecast_table(forecasts.iloc[:0]).html
    assert "No forecasts by Oracle" in forecast_table(forecasts, model="oracle").html


def board():
    index = pd.MultiIndex.from_product([[5, 21], ["zero", "ewma", "arima"]], names=["horizon", "model"])
    return pd.DataFrame(
        {
            "observations": [2400, 2400, 2400, 1200, 1200, 1200],
            "mae": [0.02, 0.021, 0.019, 0.05, 0.049, 0.051],
            "skill": [0.0, -0.02, 0.031, 0.0, 0.012, -0.01],
            "bias": 0.0,
            "coverage_80": [0.81, 0.78, 0.80, 0.79, 0.77, 0.80],
            "coverage_95": [0.95, 0.93, 0.94, 0.95, 0.94, 0.95],
        },
        index=index,
    )


def test_the_leaderboard_groups_by_horizon_and_ranks_by_skill():
    html = leaderboard(board()).html
    assert html.index("5 sessions ahead") < html.index("21 sessions ahead")
    order = [html.index(text) for text in ("+3.10%", "0.00%", "−2.00%", "+1.20%")]
    assert order == sorted(order)
    assert "<td class='fh-number fh-best'>+3.10%</td>" in html
    assert "<td class='fh-number fh-best'>1.90%</td>" in html


def test_the_leaderboard_of_one_horizon_needs_no_groups():
    html = leaderboard(board(), horizon=21).html
    assert "sessions ahead" not in html
    assert "fh-best'>+1.20%" in html
    assert html == leaderboard(board().loc[21]).html


@pytest.mark.parametrize("options", [{"horizon": 7}, {"sort_by": "luck"}, {"columns": ["luck"]}])
def test_a_leaderboard_names_what_it_has(options):
    with pytest.raises(InputError, match=r"There are|Take some of"):
        leaderboard(board(), **options)


def test_empty_scores_say_when_they_come():
    assert "No forecast has been scored yet" in leaderboard(pd.DataFrame()).html


def test_skill_has_a_panel_per_horizon_and_the_baseline_at_zero(provenance):
    figure = skill_bars(board()["skill"], provenance=provenance)
    assert [trace.xaxis for trace in figure.data] == ["x", "x2"]
    lines = [shape for shape in figure.layout.shapes if shape.x0 == shape.x1 == 0]
    assert len(lines) == 2
    assert figure.layout.xaxis.range[0] == -figure.layout.xaxis.range[1]


@pytest.mark.parametrize("worst", [-0.004, -0.04, -0.35])
def test_narrow_panels_of_skill_have_a_scale(provenance, worst):
    skill = pd.DataFrame({horizon: {"zero": 0.0, "ewma": worst} for horizon in (1, 5, 10, 21)})
    low, middle, high = skill_bars(skill, provenance=provenance).layout.xaxis.tickvals
    assert (middle, -low) == (0, high)


def test_calibration_shows_promise_and_outcome(provenance):
    table = board().loc[21][["coverage_80", "coverage_95"]]
    figure = interval_calibration(table, provenance=provenance, observations=1200)
    marks = {trace.name: np.asarray(trace.x) for trace in figure.data if trace.name}
    assert marks["80% interval"] == pytest.approx(table["coverage_80"] * 100)
    assert marks["95% interval"] == pytest.approx(table["coverage_95"] * 100)
    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    # 80 % of 1200: the standard error of a binomial share is 1.155 points.
    assert (band.x0, band.x1) == pytest.approx((80 - 1.96 * 1.1547, 80 + 1.96 * 1.1547), abs=1e-3)
    by_number = interval_calibration(table.set_axis([0.8, 0.95], axis=1), provenance=provenance, observations=1200)
    assert by_number.to_json() == figure.to_json()


def test_every_score_of_the_backtest_has_a_name_for_managers():
    from foliohub.backtest.scorecard import SCORECARD_COLUMNS
    from foliohub.reporting.measures import MEASURES

    assert set(SCORECARD_COLUMNS) <= {*MEASURES, "verdict"}
