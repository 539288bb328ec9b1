"""Weights, orders, risk and performance."""

import numpy as np
import pandas as pd
import pytest

from foliohub.errors import InputError
from foliohub.reporting import (
    drawdown_chart,
    metrics_table,
    monthly_returns_heatmap,
    orders_table,
    return_distribution,
    risk_contribution_bars,
    rolling_sharpe_chart,
    trade_bars,
    turnover_and_costs_chart,
    wealth_chart,
    weights_bar,
    weights_comparison,
    weights_over_time,
)


def row_texts(figure):
    return {note.y: note.text for note in figure.layout.annotations if isinstance(note.y, str)}


def test_what_is_not_invested_is_shown_as_cash(provenance):
    figure = weights_bar(pd.Series({"A": 0.5, "B": 0.3}), provenance=provenance)
    assert list(figure.data[0].y) == ["A", "B", "Cash"]
    assert figure.data[0].x == pytest.approx([50, 30, 20])
    assert row_texts(figure)["Cash"] == "20.0%"


def test_weights_that_sum_to_one_have_no_cash(provenance):
    figure = weights_bar(pd.Series({"A": 0.5, "B": 0.5 - 1e-9}), provenance=provenance)
    assert list(figure.data[0].y) == ["A", "B"]


def test_what_is_held_and_no_longer_wanted_keeps_its_row(provenance):
    figure = weights_bar(pd.Series({"A": 1.0}), current=pd.Series({"A": 0.4, "OLD": 0.6}), provenance=provenance)
    assert list(figure.data[0].y) == ["A", "OLD"]
    assert figure.data[1].x == pytest.approx([40, 60])
    assert "−60.0" in row_texts(figure)["OLD"]
    assert "+60.0" in row_texts(figure)["A"]


def test_the_line_at_one_over_n_counts_the_tickers_of_the_target(provenance):
    figure = weights_bar(pd.Series({"A": 0.7, "B": 0.3, "C": 0.0, "D": 0.0}), provenance=provenance)
    assert figure.layout.shapes[0].x0 == 25
    assert "2 of 4 tickers held" in figure.layout.title.subtitle.text


def test_short_positions_have_room(provenance):
    figure = weights_bar(pd.Series({"A": 1.3, "B": -0.3}), provenance=provenance)
    assert figure.layout.xaxis.range[0] < -30
    assert row_texts(figure)["B"] == "−30.0%"


def test_the_comparison_is_ordered_and_blank_where_nothing_is_held(provenance):
    weights = pd.DataFrame({"equal_weight": [0.5, 0.5], "min_variance": [0.0, 1.0]}, index=["A", "B"])
    figure = weights_comparison(weights, provenance=provenance)
    cells = figure.data[0]
    assert list(cells.y) == ["B", "A"]
    assert np.asarray(cells.z).tolist() == [[50, 100], [50, 0]]
    texts = [text for trace in figure.data[1:] for text in trace.text]
    assert sorted(texts) == ["100.0", "50.0", "50.0"]


def test_history_stacks_to_the_whole_portfolio(backtest, provenance):
    weights = backtest["min_variance"]["weights"] * 0.9
    figure = weights_over_time(weights, provenance=provenance, top=5)
    assert [trace.name for trace in figure.data][5:] == ["Other 15", "Cash"]
    total = np.sum([np.asarray(trace.y) for trace in figure.data], axis=0)
    assert total == pytest.approx(np.full(len(total), 100), abs=1e-3)


def test_the_latest_weights_last_until_the_session_shown(provenance):
    weights = pd.DataFrame({"A": [1.0, 0.3], "B": [0.0, 0.7]}, index=pd.to_datetime(["2022-06-30", "2022-09-30"]))
    figure = weights_over_time(weights, provenance=provenance)
    assert list(figure.data[0].x) == ["2022-06-30", "2022-09-30", "2022-12-28"]
    assert dict(zip([trace.name for trace in figure.data], [trace.y[-1] for trace in figure.data], strict=True)) == {
        "A": pytest.approx(30),
        "B": pytest.approx(70),
    }
    assert "weights of 2022-09-30" in figure.layout.title.subtitle.text


def test_short_portfolios_are_lines(provenance):
    dates = pd.bdate_range("2022-01-03", periods=3)
    weights = pd.DataFrame({"A": [1.5, 1.4, 1.3], "B": [-0.5, -0.4, -0.3]}, index=dates)
    figure = weights_over_time(weights, provenance=provenance)
    assert all(trace.stackgroup is None for trace in figure.data)
    assert "short" in figure.layout.title.subtitle.text


def test_risk_shares_add_up_and_do_not_depend_on_the_period(prices, provenance):
    covariance = prices.pct_change().iloc[-504:].cov()
    weights = pd.Series(np.linspace(0.01, 0.09, 20), index=prices.columns)
    daily = risk_contribution_bars(weights, covariance, provenance=provenance)
    yearly = risk_contribution_bars(weights, covariance * 252, provenance=provenance)
    assert np.asarray(daily.data[0].x).sum() == pytest.approx(100, abs=1e-3)
    assert daily.data[0].x == pytest.approx(yearly.data[0].x)


def test_two_assets_share_risk_as_by_hand(provenance):
    covariance = pd.DataFrame([[0.04, 0.0], [0.0, 0.01]], index=["A", "B"], columns=["A", "B"])
    figure = risk_contribution_bars(pd.Series({"A": 0.5, "B": 0.5}), covariance, provenance=provenance)
    assert dict(zip(figure.data[0].y, figure.data[0].x, strict=True)) == pytest.approx({"A": 80, "B": 20})


ORDERS = pd.DataFrame(
    {
        "ticker": ["A", "B", "C"],
        "side": ["buy", "sell", "buy"],
        "shares": [10, 5, 0],
        "price": [100.0, 50.0, 1.0],
        "value": [1000.0, 250.0, 0.0],
        "estimated_cost": [0.5, 0.125, 0.0],
        "weight_before": [0.1, 0.2, 0.3],
        "target_weight": [0.2, 0.1, 0.3],
        "weight_after": [0.2, 0.175, 0.3],
    }
)


def test_sales_are_negative_whichever_way_they_come(provenance):
    signed = ORDERS.assign(shares=[10, -5, 0], value=[1000.0, -250.0, 0.0])
    for orders in (
        ORDERS,
        signed,
        signed.drop(columns="side"),
        ORDERS.drop(columns="value"),
        ORDERS.set_index("ticker"),
    ):
        figure = trade_bars(orders, provenance=provenance)
        assert dict(zip(figure.data[0].y, figure.data[0].x, strict=True)) == {"A": 1000, "B": -250}
        assert "1 buy for 1,000 USD, 1 sale for 250 USD" in figure.layout.title.subtitle.text
        html = orders_table(orders).html
        assert "−250" in html
        assert ">C<" not in html


def test_a_side_without_orders_is_not_mentioned(provenance):
    figure = trade_bars(ORDERS[ORDERS["side"] == "buy"], provenance=provenance)
    assert "1 buy for 1,000 USD. On each bar" in figure.layout.title.subtitle.text
    assert "sale" not in figure.layout.title.subtitle.text


def test_the_orders_table_adds_up():
    html = orders_table(ORDERS, currency="EUR", caption="Orders").html
    foot = html[html.index("<tfoot>") :]
    assert "750" in foot
    assert "0.62" in foot or "0.63" in foot
    assert "Value (EUR)" in html
    assert "<caption>Orders</caption>" in html


def test_the_columns_of_the_orders_stage_are_all_known():
    from foliohub.orders import ORDER_COLUMNS

    html = orders_table(ORDERS[[name for name in ORDER_COLUMNS if name in ORDERS]]).html
    assert html.count("<th scope='col'") == len(ORDER_COLUMNS)


def test_no_orders_is_good_news(provenance):
    assert "as close to the target" in orders_table(ORDERS.iloc[:0]).html
    assert "as close to the target" in orders_table(ORDERS.iloc[[2]]).html
    assert not trade_bars(ORDERS.iloc[[2]], provenance=provenance).data


def monthly(values, name="mine"):
    return pd.DataFrame({name: values}, index=pd.date_range("2020-01-31", periods=len(values), freq="ME"))


def test_wealth_starts_at_one_before_the_first_return(provenance):
    figure = wealth_chart(monthly([0.1, -0.5, 0.2]), provenance=provenance)
    assert figure.data[0].y == pytest.approx([1, 1.1, 0.55, 0.66])
    assert figure.data[0].x[0] < "2020-01-31"
    assert figure.layout.yaxis.type == "log"


def test_wealth_that_is_lost_ends_the_line(provenance):
    figure = wealth_chart(monthly([0.1, -1.0, 0.2]), provenance=provenance)
    assert figure.data[0].y == pytest.approx([1, 1.1])


def test_a_strategy_that_starts_later_starts_at_one(provenance):
    returns = monthly([0.1, 0.1, 0.1]).assign(late=[np.nan, 0.2, 0.0])
    late = wealth_chart(returns, provenance=provenance).data[1]
    assert late.y == pytest.approx([1.2, 1.2])


def test_the_deepest_loss_is_named(provenance):
    figure = drawdown_chart(monthly([0.1, -0.5, 0.2]), provenance=provenance)
    assert min(figure.data[0].y) == pytest.approx(-50)
    assert figure.layout.annotations[0].text == "Mine  −40%, max −50%"


def test_rolling_sharpe_is_the_windows_own(returns, provenance):
    some = returns[["equal_weight"]].iloc[-400:]
    figure = rolling_sharpe_chart(some, provenance=provenance, window=60)
    by_hand = [
        float(window.mean() / window.std(ddof=1) * np.sqrt(252))
        for window in (some["equal_weight"].iloc[k - 60 : k] for k in range(60, 401))
    ]
    assert figure.data[0].y == pytest.approx(by_hand, rel=1e-4)


def test_a_window_that_is_not_full_says_so(provenance):
    figure = rolling_sharpe_chart(monthly([0.1] * 5), provenance=provenance)
    assert "do not fill a window of 12" in figure.layout.annotations[0].text


def test_months_and_years_are_compounded(provenance):
    dates = pd.to_datetime(["2020-01-30", "2020-01-31", "2020-02-28", "2021-03-31"])
    returns = pd.Series([0.1, 0.1, -0.5, 0.2], index=dates, name="min_variance")
    figure = monthly_returns_heatmap(returns, provenance=provenance)
    months = figure.data[0]
    table = pd.DataFrame(np.asarray(months.z), index=months.y, columns=months.x)
    assert list(table.index) == ["2021", "2020"]
    assert table.at["2020", "Jan"] == pytest.approx(21, rel=1e-5)
    assert np.isnan(table.at["2020", "Mar"])
    year = next(trace for trace in figure.data if trace.type == "heatmap" and list(trace.x) == ["Year"])
    assert np.asarray(year.z).ravel() == pytest.approx([20, -39.5])
    assert "worst Feb 2020 (−50.0%)" in figure.layout.title.subtitle.text


def test_a_distribution_holds_every_month(returns, provenance):
    figure = return_distribution(returns, provenance=provenance)
    for trace in figure.data:
        assert np.asarray(trace.y).sum() == pytest.approx(100, abs=1e-3)
    assert "Height: share of months" in figure.layout.title.subtitle.text


def test_turnover_is_that_of_a_year_and_the_first_purchase_is_none(provenance):
    dates = pd.date_range("2018-01-31", periods=48, freq="ME")
    turnover = pd.Series([0.5] + [0.1] * 47, index=dates, name="min_variance")
    figure = turnover_and_costs_chart(turnover, turnover * 2 * 5e-4, provenance=provenance)
    assert figure.data[0].y == pytest.approx(np.full(len(figure.data[0].y), 120), abs=11)
    assert figure.data[1].y[-1] == pytest.approx((0.5 + 4.7) * 2 * 5, rel=1e-5)
    short = turnover_and_costs_chart(turnover.iloc[:6], turnover.iloc[:6], provenance=provenance)
    assert short.data[0].y[-1] == pytest.approx(100)
    assert "since the start" in short.layout.yaxis.title.text


def table_of(metrics, **options):
    return metrics_table(metrics, **options).html


METRICS = pd.DataFrame(
    {
        "annual_return": [0.10, 0.08, 0.2],
        "max_drawdown": [-0.5, -0.3, -0.6],
        "annual_turnover": [0.3, 0.6, 0.0],
        "n_observations": [100.0, 100.0, 100.0],
    },
    index=["equal_weight", "min_variance", "index"],
)


def test_metrics_read_the_same_either_way_round():
    assert table_of(METRICS) == table_of(METRICS.T)


def test_the_best_of_each_row_stands_out_and_the_index_takes_no_part():
    html = table_of(METRICS)
    assert "fh-best'>10.0%" in html
    assert "fh-best'>−30.0%" in html.replace(" fh-negative fh-best", " fh-best")
    assert "fh-best'>30%" in html
    assert html.count("fh-best") == 3
    assert "Periods" not in html


def test_rows_can_be_chosen():
    html = table_of(METRICS, rows=["max_drawdown"])
    assert "Maximum drawdown" in html
    assert "Return a year" not in html
    with pytest.raises(InputError, match="luck"):
        table_of(METRICS, rows=["luck"])


def test_one_strategy_wins_nothing():
    assert "fh-best" not in table_of(METRICS.iloc[:1])
    assert "No metrics yet" in table_of(METRICS.iloc[:0])


def test_every_metric_of_a_backtest_has_a_name_for_managers(returns):
    from foliohub.backtest import buy_and_hold, compare
    from foliohub.reporting.measures import MEASURES

    results = {"min_variance": buy_and_hold(returns["min_variance"]), "index": buy_and_hold(returns["index"])}
    assert set(compare(results, benchmark="index").columns) <= set(MEASURES) | {"hit_rate"}
