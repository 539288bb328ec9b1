"""What every figure promises, whatever it shows."""

import json

import numpy as np
import pandas as pd
import pytest

import foliohub.reporting as reporting
from foliohub.backtest import SCORE_HISTORY_COLUMNS
from foliohub.errors import FoliohubError
from foliohub.reporting import Provenance

BOARD = pd.DataFrame(
    {
        "skill": [0.0, -0.012, 0.017, 0.0, -0.02, -0.01],
        "skill_error": [np.nan, 0.004, 0.007, np.nan, 0.01, 0.02],
        "coverage_80": [0.84, 0.79, 0.75, 0.81, 0.8, 0.77],
        "coverage_95": [0.95, 0.93, 0.90, 0.95, 0.94, 0.91],
        "observations": [2400] * 6,
    },
    index=pd.MultiIndex.from_product([[5, 21], ["zero", "ewma", "arima"]], names=["horizon", "model"]),
)

HISTORY = pd.DataFrame(
    [
        (day, horizon, model, 20, 0.05, 0.07, 0.01, None if model == "zero" else 0.5 + k / 50, ic, 0.75, 0.95)
        for k, day in enumerate(pd.bdate_range("2022-01-03", periods=6, freq="21B"))
        for horizon in (5, 21)
        for model, ic in (("zero", None), ("arima", 0.1 - k / 20), ("ewma", k / 30))
    ],
    columns=list(SCORE_HISTORY_COLUMNS),
).astype({"hit_rate": "float64", "rank_ic": "float64"})

RATIOS = pd.DataFrame(
    {"sharpe_ratio": [0.9, 0.8, 0.5], "sharpe_lower": [0.4, 0.2, -0.1], "sharpe_upper": [1.5, 1.4, 1.2]},
    index=["equal_weight", "reinforcement", "index"],
)


TRIALS = pd.DataFrame(
    {
        "horizon": [1, 1, 1, 1, 1, 5, 5, 5, 5, 5],
        "round": [0, 0, 0, 1, 1] * 2,
        "trees": [10, 10, 10, 30, 30] * 2,
        "learning_rate": [0.1, 0.05, 0.02, 0.1, 0.05] * 2,
        "leaves": 4,
        "smallest_leaf": 100,
        "standing": [True, False, False, True, False] * 2,
        "folds": 3,
        "loss": [0.19, 0.188, 0.191, 0.19, 0.189] * 2,
        "gain": [0.0, 0.011, -0.005, 0.0, 0.005] * 2,
        "gain_error": [0.0, 0.004, 0.004, 0.0, 0.003] * 2,
    }
)

_LOSSES = np.random.default_rng(4).standard_t(4, 7312) * 0.01
TOLD = pd.DataFrame(
    {"return": _LOSSES, "historical": 0.03, "filtered": 0.02 + np.abs(np.roll(_LOSSES, 1))},
    index=pd.bdate_range("1994-01-03", periods=7312),
)


def last_moves(market):
    change = market["prices"].pct_change().iloc[-1]
    spread = 2 * market["prices"].pct_change().tail(60).std()
    return pd.DataFrame({"change": change, "low": -spread, "high": spread}).assign(
        low=lambda m: m["low"].mask(m.index == "KO")
    )


def last_weights(market):
    return market["backtest"]["min_variance"]["weights"].iloc[-1]


def gappy(prices):
    holes = prices.copy()
    holes.loc[:"1996-06", "AMD"] = np.nan
    return holes


FIGURES = {
    "price_panel": lambda m, p, **o: reporting.price_panel(m["prices"], provenance=p, **o, benchmark=m["index"]),
    "index_comparison": lambda m, p, **o: reporting.index_comparison(
        m["prices"], provenance=p, **o, benchmark=m["index"]
    ),
    "coverage_heatmap": lambda m, p, **o: reporting.coverage_heatmap(
        gappy(m["prices"]), provenance=p, **o, quarantined={"BF.B": "no prices"}
    ),
    "quality_timeline": lambda m, p, **o: reporting.quality_timeline(m["events"], provenance=p, **o),
    "forecast_fan": lambda m, p, **o: reporting.forecast_fan(m["prices"], m["forecasts"], "AAPL", provenance=p, **o),
    "forecast_fans": lambda m, p, **o: reporting.forecast_fans(m["prices"], m["forecasts"], provenance=p, **o),
    "forecast_intervals": lambda m, p, **o: reporting.forecast_intervals(m["forecasts"], 21, provenance=p, **o),
    "skill_bars": lambda m, p, **o: reporting.skill_bars(BOARD["skill"], error=BOARD["skill_error"], provenance=p, **o),
    "interval_calibration": lambda m, p, **o: reporting.interval_calibration(
        BOARD.loc[21, ["coverage_80", "coverage_95"]], observations=BOARD.loc[21, "observations"], provenance=p, **o
    ),
    "weights_bar": lambda m, p, **o: reporting.weights_bar(
        last_weights(m), current=m["backtest"]["min_variance"]["drifted"], allocator="min_variance", provenance=p, **o
    ),
    "weights_comparison": lambda m, p, **o: reporting.weights_comparison(
        pd.DataFrame({name: one["weights"].iloc[-1] for name, one in m["backtest"].items()}), provenance=p, **o
    ),
    "weights_over_time": lambda m, p, **o: reporting.weights_over_time(
        m["backtest"]["min_variance"]["weights"], provenance=p, **o
    ),
    "risk_contribution_bars": lambda m, p, **o: reporting.risk_contribution_bars(
        last_weights(m), m["prices"].pct_change().cov(), provenance=p, **o
    ),
    "trade_bars": lambda m, p, **o: reporting.trade_bars(m["orders"], provenance=p, **o),
    "wealth_chart": lambda m, p, **o: reporting.wealth_chart(m["returns"], provenance=p, **o),
    "drawdown_chart": lambda m, p, **o: reporting.drawdown_chart(m["returns"], provenance=p, **o),
    "rolling_sharpe_chart": lambda m, p, **o: reporting.rolling_sharpe_chart(m["returns"], provenance=p, **o),
    "monthly_returns_heatmap": lambda m, p, **o: reporting.monthly_returns_heatmap(
        m["returns"]["min_variance"], provenance=p, **o
    ),
    "turnover_and_costs_chart": lambda m, p, **o: reporting.turnover_and_costs_chart(
        pd.DataFrame({name: one["turnover"] for name, one in m["backtest"].items()}),
        pd.DataFrame({name: one["costs"] for name, one in m["backtest"].items()}),
        provenance=p,
        **o,
    ),
    "return_distribution": lambda m, p, **o: reporting.return_distribution(m["returns"], provenance=p, **o),
    "contribution_bars": lambda m, p, **o: reporting.contribution_bars(
        last_weights(m) * m["prices"].pct_change(21).iloc[-1], costs=-0.0004, provenance=p, **o
    ),
    "score_history_chart": lambda m, p, **o: reporting.score_history_chart(
        HISTORY, 21, highlight="arima", provenance=p, **o
    ),
    "sharpe_ratio_intervals": lambda m, p, **o: reporting.sharpe_ratio_intervals(
        RATIOS, seeds=pd.Series({"seed 1": 0.7, "seed 2": 0.9}), provenance=p, **o
    ),
    "value_at_risk_chart": lambda m, p, **o: reporting.value_at_risk_chart(TOLD, provenance=p, **o),
    "search_trials": lambda m, p, **o: reporting.search_trials(TRIALS, provenance=p, **o),
    "session_moves": lambda m, p, **o: reporting.session_moves(
        last_moves(m), benchmark=0.002, benchmark_name="SP500", provenance=p, **o
    ),
}
EMPTY, NOTHING = pd.DataFrame(), pd.Series(dtype=float)
EMPTY_STATES = {
    "price_panel": lambda p: reporting.price_panel(EMPTY, provenance=p),
    "price_panel without a price": lambda p: reporting.price_panel(pd.DataFrame({"A": [np.nan]}), provenance=p),
    "index_comparison": lambda p: reporting.index_comparison(EMPTY, provenance=p),
    "coverage_heatmap": lambda p: reporting.coverage_heatmap(EMPTY, provenance=p),
    "quality_timeline": lambda p: reporting.quality_timeline(EMPTY, provenance=p),
    "forecast_fan": lambda p: reporting.forecast_fan(EMPTY, EMPTY, "AAPL", provenance=p),
    "forecast_fans": lambda p: reporting.forecast_fans(EMPTY, EMPTY, provenance=p),
    "forecast_intervals": lambda p: reporting.forecast_intervals(EMPTY, provenance=p),
    "skill_bars": lambda p: reporting.skill_bars(NOTHING, provenance=p),
    "skill_bars of an empty board": lambda p: reporting.skill_bars(BOARD["skill"].iloc[:0], provenance=p),
    "interval_calibration": lambda p: reporting.interval_calibration(EMPTY, provenance=p),
    "weights_bar": lambda p: reporting.weights_bar(NOTHING, provenance=p),
    "weights_comparison": lambda p: reporting.weights_comparison(EMPTY, provenance=p),
    "weights_over_time": lambda p: reporting.weights_over_time(EMPTY, provenance=p),
    "risk_contribution_bars": lambda p: reporting.risk_contribution_bars(NOTHING, EMPTY, provenance=p),
    "trade_bars": lambda p: reporting.trade_bars(EMPTY, provenance=p),
    "sharpe_ratio_intervals": lambda p: reporting.sharpe_ratio_intervals(EMPTY, provenance=p),
    "wealth_chart": lambda p: reporting.wealth_chart(EMPTY, provenance=p),
    "drawdown_chart": lambda p: reporting.drawdown_chart(EMPTY, provenance=p),
    "rolling_sharpe_chart": lambda p: reporting.rolling_sharpe_chart(EMPTY, provenance=p),
    "monthly_returns_heatmap": lambda p: reporting.monthly_returns_heatmap(NOTHING, provenance=p),
    "turnover_and_costs_chart": lambda p: reporting.turnover_and_costs_chart(EMPTY, EMPTY, provenance=p),
    "return_distribution": lambda p: reporting.return_distribution(EMPTY, provenance=p),
    "contribution_bars": lambda p: reporting.contribution_bars(NOTHING, provenance=p),
    "score_history_chart": lambda p: reporting.score_history_chart(HISTORY.iloc[:0], 21, provenance=p),
    "score_history_chart of another horizon": lambda p: reporting.score_history_chart(HISTORY, 99, provenance=p),
    "value_at_risk_chart": lambda p: reporting.value_at_risk_chart(TOLD.iloc[:0], provenance=p),
    "search_trials": lambda p: reporting.search_trials(EMPTY, provenance=p),
    "session_moves": lambda p: reporting.session_moves(
        pd.DataFrame(columns=["change", "low", "high"], dtype=float), provenance=p
    ),
}
# Tables of shaded cells have headings in the place of axes.
WITHOUT_AXES = {"weights_comparison", "monthly_returns_heatmap"}


@pytest.fixture(scope="session")
def figures(market, provenance):
    return {name: draw(market, provenance) for name, draw in FIGURES.items()}


def axis_titles(figure):
    axes = [axis for axis in figure.layout if axis.startswith(("xaxis", "yaxis"))]
    return [figure.layout[axis].title.text for axis in axes if figure.layout[axis].title.text]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_shows_and_where_it_comes_from(figures, provenance, name):
    layout = figures[name].layout
    assert layout.title.text
    assert layout.title.subtitle.text.split("<br>")[-1] == provenance.line
    assert "as of 2022-12-28" in provenance.line
    assert "run " in provenance.line


@pytest.mark.parametrize("name", sorted(set(FIGURES) - WITHOUT_AXES))
def test_axes_have_titles_with_units(figures, name):
    titles = axis_titles(figures[name])
    assert titles
    assert any(unit in title for title in titles for unit in ("%", "USD", "log scale", "bp", "Date", "annualised"))


@pytest.mark.parametrize("name", sorted(WITHOUT_AXES))
def test_tables_of_cells_say_their_unit_in_the_note(figures, name):
    assert "Per cent" in figures[name].layout.title.subtitle.text


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_weighs_less_than_200_kilobytes(figures, name):
    assert len(figures[name].to_json()) < 200_000


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_every_time(market, provenance, figures, name):
    assert FIGURES[name](market, provenance).to_json() == figures[name].to_json()


def test_figures_leave_their_input_alone(market, provenance):
    before = {name: market[name].copy() for name in ("prices", "forecasts", "returns", "orders", "events")}
    for draw in FIGURES.values():
        draw(market, provenance)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(market[name], frame)


@pytest.mark.parametrize("name", FIGURES)
def test_a_title_can_be_replaced_and_is_escaped(market, provenance, name):
    figure = FIGURES[name](market, provenance, title="Mine & <b>yours</b>")
    assert figure.layout.title.text == "Mine &amp; &lt;b&gt;yours&lt;/b&gt;"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_empty_state(name):
    assert name in EMPTY_STATES


@pytest.mark.parametrize("name", EMPTY_STATES)
def test_empty_input_gives_words_and_not_a_traceback(provenance, name):
    figure = EMPTY_STATES[name](provenance)
    assert not figure.data
    assert len(figure.layout.annotations[0].text) > 30
    assert figure.layout.title.text
    assert provenance.line in figure.layout.title.subtitle.text


def test_a_figure_works_without_a_run_and_a_date(market):
    figure = reporting.wealth_chart(market["returns"], provenance=Provenance(None, "my notebook"))
    assert figure.layout.title.subtitle.text.endswith("<br>Source: my notebook")


@pytest.mark.parametrize("name", FIGURES)
def test_dates_are_texts_that_every_renderer_reads(figures, name):
    for trace in json.loads(figures[name].to_json())["data"]:
        if isinstance(trace.get("x"), list) and trace["x"] and str(trace["x"][0])[:2] in {"19", "20"}:
            assert all(isinstance(day, str) and len(day) == 10 for day in trace["x"])


@pytest.mark.parametrize("name", ["wealth_chart", "drawdown_chart", "rolling_sharpe_chart"])
def test_strategies_have_their_colours_and_names_wherever_they_are_drawn(figures, name):
    traces = {trace.name: trace for trace in figures[name].data}
    for strategy in ("equal_weight", "min_variance", "hierarchical_risk_parity"):
        assert traces[reporting.display_name(strategy)].line.color == reporting.colour(strategy)
    assert traces["Index"].line.dash == "dot"
    labels = {note.text.split("  ")[0] for note in figures[name].layout.annotations}
    assert set(traces) <= labels


def test_models_have_their_colours_in_intervals_and_skill(figures):
    dots = {trace.name: trace.marker.color for trace in figures["forecast_intervals"].data if trace.mode == "markers"}
    assert dots["ARIMA"] == reporting.colour("arima")
    assert dots["No change"] == reporting.colour("zero")
    bars = figures["skill_bars"].data[0]
    assert dict(zip(bars.y, bars.marker.color, strict=True))["EWMA"] == reporting.colour("ewma")


def test_markup_in_tickers_and_remarks_stays_text(provenance, market):
    wild = "<a href='javascript:x'>A</a>"
    weights = pd.Series({wild: 0.6, "B": 0.4})
    held = pd.Series({"B": 1.0})
    orders = pd.DataFrame({"ticker": [wild], "shares": [3], "price": [10.0]})
    drawn = [
        reporting.weights_bar(weights, current=held, allocator=wild, provenance=provenance),
        reporting.trade_bars(orders, provenance=provenance),
        reporting.price_panel(market["prices"][["AAPL"]].set_axis([wild], axis=1), provenance=provenance),
        reporting.quality_timeline(market["events"].assign(ticker=wild, rule=wild), provenance=provenance),
        reporting.wealth_chart(market["returns"][["min_variance"]].set_axis([wild], axis=1), provenance=provenance),
        reporting.contribution_bars(weights, provenance=provenance),
        reporting.session_moves(
            pd.DataFrame({"change": weights, "low": -weights, "high": weights}),
            benchmark=0.0,
            benchmark_name=wild,
            expected=wild,
            provenance=provenance,
        ),
        reporting.score_history_chart(HISTORY.assign(model=HISTORY["model"] + wild), 21, provenance=provenance),
    ]
    for figure in drawn:
        assert "<a href" not in json.dumps(figure.to_plotly_json(), default=str)


def test_the_error_of_a_stage_is_one_of_ours(market, provenance):
    with pytest.raises(FoliohubError, match="ticker, shares"):
        reporting.trade_bars(pd.DataFrame({"name": ["A"]}), provenance=provenance)


def test_contributions_name_the_return_they_add_up_to(provenance):
    figure = reporting.contribution_bars(
        pd.Series({"A": 0.05, "B": -0.02, "C": 0.0}), costs=-0.001, provenance=provenance
    )
    assert "+2.90% in all" in figure.layout.title.subtitle.text
    assert "1 not held" in figure.layout.title.subtitle.text
    assert list(figure.data[0].y) == ["A", "B", "Costs"]


def test_moves_outside_the_range_are_counted_and_named_in_bold(provenance):
    moves = pd.DataFrame({"change": [0.05, -0.01], "low": [-0.02, np.nan], "high": [0.02, np.nan]}, index=["A", "B"])
    figure = reporting.session_moves(moves, provenance=provenance)
    assert "1 fell outside" in figure.layout.title.subtitle.text
    assert {note.y: note.text for note in figure.layout.annotations} == {"A": "<b>+5.00%</b>", "B": "−1.00%"}


def test_scores_over_time_set_one_model_off_from_the_others(figures):
    widths = {trace.name: trace.line.width for trace in figures["score_history_chart"].data}
    assert widths["ARIMA"] > widths["EWMA"]
    assert "No change" in widths  # its intervals are scored, though it has no direction and no ranking


def test_the_best_of_a_search_has_its_error_and_what_it_had_to_beat_is_no_dot(figures):
    others, best = figures["search_trials"].data[:2]
    assert list(best.x) == [np.float32(0.5)]
    assert list(best.error_x.array) == [np.float32(0.6)]
    assert list(best.y) == ["Round 2: 30 trees"]
    assert len(others.x) == 2


def test_every_loss_beyond_value_at_risk_is_drawn_on_its_day(figures):
    traces = figures["value_at_risk_chart"].data
    for name, trace in zip(("historical", "filtered"), (traces[1], traces[3]), strict=True):
        beyond = TOLD[-TOLD["return"] > TOLD[name]]
        assert list(trace.x) == [f"{day:%Y-%m-%d}" for day in beyond.index]
        assert np.asarray(trace.y) == pytest.approx(beyond["return"].to_numpy() * 100, rel=1e-5)
    assert "weekly values" in figures["value_at_risk_chart"].layout.title.subtitle.text
