"""Each limit against a number worked out by hand, and that what cannot be measured blocks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from foliohub import forecast
from foliohub.ledger import limits
from foliohub.ledger.limits import RiskLimit, ValueAtRiskLimit
from foliohub.ledger.verdicts import Least, Most, judge

WEIGHTS = pd.Series({"KO": 0.2, "PEP": 0.3, "XOM": 0.1})
DAYS = pd.bdate_range("2020-01-01", periods=300)
LOOSE = RiskLimit(block=10.0)


@pytest.fixture
def returns() -> pd.DataFrame:
    random = np.random.default_rng(3)
    return pd.DataFrame(random.normal(0.0004, 0.01, (300, 3)), index=DAYS, columns=["KO", "PEP", "XOM"])


@pytest.mark.parametrize(
    ("value", "outcome", "bound"),
    [(0.1, "pass", 0.15), (0.15, "pass", 0.15), (0.1501, "warn", 0.15), (0.21, "block", 0.2)],
)
def test_what_is_too_much_warns_then_blocks_and_a_bound_itself_is_allowed(value, outcome, bound):
    verdict = judge("largest weight", value, Most(warn=0.15, block=0.2), "fraction")
    assert (verdict.outcome, verdict.bound, verdict.value) == (outcome, bound, value)


@pytest.mark.parametrize(
    ("value", "outcome", "bound"),
    [(0.03, "pass", 0.02), (0.02, "pass", 0.02), (0.019, "warn", 0.02), (0.0, "block", 0.01)],
)
def test_what_is_too_little_warns_then_blocks(value, outcome, bound):
    verdict = judge("cash left", value, Least(warn=0.02, block=0.01), "fraction")
    assert (verdict.outcome, verdict.bound) == (outcome, bound)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_blocks(value):
    verdict = judge("turnover", value, Most(warn=1.0), "fraction")
    assert (verdict.outcome, verdict.value) == ("block", None)


def test_rounding_of_a_sum_is_no_breach():
    assert judge("turnover", 0.1 + 0.2, Most(block=0.3), "fraction").outcome == "pass"


def test_a_sentence_names_limit_number_and_bound():
    assert (
        judge("cash left", 0.001, Least(warn=0.002), "fraction").sentence == "Cash left: 0.10%; less than 0.2% warns."
    )
    assert limits.number_of_orders(7, Most(block=60)).sentence == "Number of orders: 7; up to 60 is allowed."


@pytest.mark.parametrize("band", [Most, Least])
def test_a_band_without_any_bound_is_refused(band):
    with pytest.raises(ValidationError, match="warn"):
        band()


def test_a_band_in_the_wrong_order_is_refused():
    with pytest.raises(ValidationError, match="before it warns"):
        Most(warn=0.3, block=0.2)
    with pytest.raises(ValidationError, match="before it warns"):
        Least(warn=0.1, block=0.2)


def test_the_largest_weight_is_named():
    verdict = limits.largest_weight(WEIGHTS, Most(block=0.25))
    assert (verdict.value, verdict.outcome) == (0.3, "block")
    assert "PEP" in verdict.sentence
    assert limits.largest_weight(pd.Series(dtype=float), Most(block=0.25)).value == 0


def test_a_group_counts_what_is_held_of_it():
    verdict = limits.group_weight(WEIGHTS, "drinks", ["KO", "PEP", "MNST"], Most(warn=0.4))
    assert verdict.value == pytest.approx(0.5)
    assert (verdict.outcome, verdict.limit) == ("warn", "weight of drinks")
    assert limits.group_weight(WEIGHTS, "banks", ["JPM"], Least(block=0.1)).outcome == "block"


def test_turnover_is_half_of_what_is_traded():
    assert limits.turnover(600.0, 1000.0, Most(block=0.3)).value == 0.3
    assert limits.turnover(600.0, 1000.0, Most(block=0.3)).outcome == "pass"


def test_cost_is_in_basis_points_of_wealth():
    assert limits.cost(5.0, 10_000.0, Most(warn=10)).value == pytest.approx(5.0)


def test_tracking_error_is_the_spread_of_the_difference_a_year(returns):
    index = returns.mean(axis=1)
    expected = np.std(returns @ WEIGHTS - index, ddof=1) * math.sqrt(252)
    assert limits.tracking_error(WEIGHTS, returns, index, LOOSE).value == pytest.approx(expected, rel=1e-12)


def test_the_index_itself_has_no_tracking_error(returns):
    third = pd.Series(1 / 3, index=returns.columns)
    verdict = limits.tracking_error(third, returns, returns.mean(axis=1), LOOSE)
    assert verdict.value == pytest.approx(0.0, abs=1e-12)


def test_risk_is_that_of_the_last_sessions_only(returns):
    calm = returns.copy()
    calm.iloc[:200] *= 50
    short = RiskLimit(block=10.0, window=100)
    index = returns.mean(axis=1) * 0
    inside = limits.tracking_error(WEIGHTS, calm, index, short).value
    assert inside == pytest.approx(limits.tracking_error(WEIGHTS, returns, index, short).value)


def test_value_at_risk_is_the_empirical_quantile_of_losses(returns):
    limit = ValueAtRiskLimit(block=1.0, level=0.95, estimator="historical")
    losses = sorted(-(returns @ WEIGHTS))
    verdict = limits.value_at_risk(WEIGHTS, returns, limit)
    assert verdict.value == pytest.approx(losses[math.ceil(0.95 * 300) - 1])
    assert verdict.limit == "value at risk (95%, one day)"
    assert "% (historical simulation); " in verdict.sentence


@pytest.mark.parametrize(("storm", "larger"), [(slice(-10, None), "filtered"), (slice(0, 150), "historical")])
def test_the_larger_value_at_risk_counts_and_the_sentence_names_both(returns, storm, larger):
    """In a storm that forecast for tomorrow, long after one that of the whole window."""
    returns.iloc[storm] *= 5
    both = {
        name: limits.value_at_risk(WEIGHTS, returns, ValueAtRiskLimit(block=1.0, estimator=name)).value
        for name in ("historical", "filtered")
    }
    own = forecast.filtered_value_at_risk(returns @ WEIGHTS, 0.99)
    assert both["filtered"] == pytest.approx(own, rel=1e-4)  # a sum in another order starts another search
    assert max(both, key=both.get) == larger
    verdict = limits.value_at_risk(WEIGHTS, returns, ValueAtRiskLimit(block=1.0))
    assert verdict.value == both[larger]
    first, second = (f"{both[name]:.2%}" for name in (larger, "historical" if larger == "filtered" else "filtered"))
    said = {
        "filtered": f"{first} (filtered by GARCH, {second} by plain historical simulation)",
        "historical": f"{first} (historical simulation, {second} filtered by GARCH)",
    }
    assert said[larger] in verdict.sentence


def test_without_a_volatility_forecast_value_at_risk_is_historical_and_says_so(returns):
    few = returns.tail(100)
    plain, larger, filtered = (
        limits.value_at_risk(WEIGHTS, few, ValueAtRiskLimit(block=1.0, estimator=name))
        for name in ("historical", "larger", "filtered")
    )
    assert (larger.value, larger.outcome) == (plain.value, "pass")
    assert "historical simulation alone: 100 sessions are too few for GARCH" in larger.sentence
    assert (filtered.value, filtered.outcome) == (None, "block")
    assert "cannot be told: 100 sessions are too few for GARCH" in filtered.sentence


@pytest.mark.parametrize("estimator", ["historical", "filtered", "larger"])
def test_a_portfolio_that_cannot_lose_has_no_value_at_risk(returns, estimator):
    limit = ValueAtRiskLimit(block=0.0, estimator=estimator)
    assert limits.value_at_risk(WEIGHTS, returns.abs() + 0.1, limit).outcome == "pass"
    assert limits.value_at_risk(WEIGHTS * 0, returns, limit).value == 0.0


@pytest.mark.parametrize("missing", ["no index", "no returns of a position", "too few"])
def test_a_risk_that_cannot_be_measured_blocks(returns, missing):
    index = None if missing == "no index" else returns.mean(axis=1)
    if missing == "no returns of a position":
        returns = returns.drop(columns="KO")
    if missing == "too few":
        returns, index = returns.tail(59), index.tail(59)
    verdict = limits.tracking_error(WEIGHTS, returns, index, LOOSE)
    assert (verdict.outcome, verdict.value) == ("block", None)
    if missing != "no index":
        assert limits.value_at_risk(WEIGHTS, returns, ValueAtRiskLimit(block=1.0)).outcome == "block"


def test_cash_is_a_fraction_of_wealth():
    assert limits.least_cash(20.0, 1000.0, Least(warn=0.03)).outcome == "warn"
    assert limits.least_cash(-1.0, 1000.0, Least(block=0.0)).outcome == "block"


@pytest.mark.parametrize(("last", "age"), [("2022-12-28", 0), ("2022-12-29", 1), ("2023-01-03", 3), ("2022-12-27", 0)])
def test_age_is_counted_in_sessions(last, age):
    assert limits.data_age("2022-12-28", last, Most(block=2)).value == age


def test_trading_what_is_quarantined_blocks_or_warns_and_holding_it_does_not():
    verdict = limits.nothing_quarantined(["KO", "PEP"], {"PEP": "stale", "XOM": "stale"}, "block")
    assert (verdict.value, verdict.outcome) == (1, "block")
    assert "PEP" in verdict.sentence
    assert limits.nothing_quarantined(["KO", "PEP"], {"PEP": "stale"}, "warn").outcome == "warn"
    assert limits.nothing_quarantined(["KO"], {"XOM": "stale"}, "block").outcome == "pass"
