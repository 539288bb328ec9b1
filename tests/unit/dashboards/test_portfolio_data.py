"""Periods, contributions and exposures of the Portfolio dashboard: what is shown adds up."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from foliohub import backtest, metrics
from foliohub.costs import CostModel
from foliohub.dashboards import portfolio_data as data
from foliohub.errors import InputError

DAYS = pd.bdate_range("2018-03-05", "2022-06-15").rename("date")


@pytest.fixture(scope="module")
def result() -> backtest.BacktestResult:
    rng = np.random.default_rng(6)
    returns = pd.DataFrame(rng.normal(0.0004, 0.01, (len(DAYS), 4)), DAYS, list("ABCD"))
    decided = DAYS[10:-2:63]
    weights = pd.DataFrame(rng.dirichlet(np.ones(4), len(decided)), decided, returns.columns)
    return backtest.simulate(returns, weights, CostModel(10, 10))


def start_day_by_day(dates: pd.DatetimeIndex, period: str) -> pd.Timestamp | None:
    """The slow twin: walk back day by day to a month's end at least so long ago, then to a session."""
    if period == "all":
        return None
    last = dates[-1]
    goal = pd.Timestamp(last.year - 1, 12, 31) if period == "ytd" else last - pd.DateOffset(years=int(period[:-1]))
    day = goal
    while (day + pd.Timedelta(days=1)).month == day.month:
        day -= pd.Timedelta(days=1)
    while day >= dates[0]:
        if day in dates:
            return day
        day -= pd.Timedelta(days=1)
    return None


@pytest.mark.parametrize("last", ["2022-06-15", "2022-05-31", "2022-01-03", "2021-12-31", "2020-02-28", "2019-03-01"])
@pytest.mark.parametrize("period", list(data.PERIODS))
def test_a_period_begins_at_the_close_of_a_month(period, last):
    dates = DAYS[last >= DAYS]
    assert data.period_start(dates, period) == start_day_by_day(dates, period)


def test_a_period_nobody_knows_is_refused():
    with pytest.raises(InputError, match="7y"):
        data.period_start(DAYS, "7y")


def test_only_periods_that_leave_something_out_are_offered():
    assert list(data.periods_of(DAYS)) == ["ytd", "1y", "3y", "all"]
    assert list(data.periods_of(DAYS[:1])) == ["all"]


@pytest.mark.parametrize("period", ["ytd", "1y", "3y", "all"])
def test_contributions_and_costs_add_up_to_the_return(result, period):
    start = data.period_start(DAYS, period)
    monthly = backtest.gains(result).resample("ME").sum()
    found, costs = data.contributions(monthly, result.net_returns, start)
    net = result.net_returns if start is None else result.net_returns[result.net_returns.index > start]
    assert costs < 0
    assert found.sum() + costs == pytest.approx(metrics.total_return(net), abs=1e-12)


def test_contributions_are_those_of_single_days_summed(result):
    start = data.period_start(DAYS, "1y")
    daily = backtest.gains(result)
    wealth = result.wealth.loc[start]
    expected = daily[daily.index > start].sum() / wealth
    found, costs = data.contributions(daily.resample("ME").sum(), result.net_returns, start)
    pd.testing.assert_series_equal(found, expected.drop("costs"), check_names=False)
    assert costs == pytest.approx(expected["costs"])


def test_the_summary_is_that_of_the_metrics():
    rng = np.random.default_rng(1)
    net = pd.DataFrame(rng.normal(0, 0.01, (300, 3)), DAYS[:300], ["mine", "equal_weight", "index"])
    found = data.summary(net, 252)
    assert found.at["mine", "sharpe_ratio"] == metrics.sharpe_ratio(net["mine"], 0.0, 252)
    assert found.at["mine", "beta"] == metrics.beta(net["mine"], net["index"])
    assert math.isnan(found.at["index", "beta"])
    assert data.summary(net[["mine"]], 252)["tracking_error"].isna().all()


def test_exposures_of_a_plain_portfolio():
    weights = pd.DataFrame([[0.5, 0.25, 0.0], [0.2, 0.2, 0.2]], DAYS[:2], ["A", "B", "C"])
    found = data.exposures(weights, {"group": ("B", "C", "Z")})
    assert found["invested"].tolist() == [0.75, pytest.approx(0.6)]
    assert found["cash"].tolist() == [0.25, pytest.approx(0.4)]
    assert found["positions"].tolist() == [2, 3]
    assert found["effective_positions"].tolist() == [pytest.approx(1.8), pytest.approx(3.0)]
    assert found["group"].tolist() == [0.25, pytest.approx(0.4)]


def test_trading_is_counted_per_year():
    trading = pd.DataFrame({"portfolio": ["mine", "mine"], "turnover": [0.5, 0.1], "cost": [0.001, 0.0002]})
    net = pd.DataFrame(0.0, DAYS[:504], ["mine", "other", "index"])
    found = data.yearly_trading(trading, net, 252)
    assert found.loc["mine"].tolist() == [pytest.approx(0.3), pytest.approx(0.0006)]
    assert found.loc["other"].tolist() == [0.0, 0.0]
    assert "index" not in found.index
