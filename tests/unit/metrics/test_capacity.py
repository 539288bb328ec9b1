"""Capacity: closed forms against the costs they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import metrics
from foliohub.errors import InputError

DAYS = pd.bdate_range("2020-01-01", periods=8)


@pytest.fixture
def market() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    trades = pd.DataFrame(rng.normal(0, 0.1, (8, 3)), DAYS, ["A", "B", "C"])
    volume = pd.DataFrame(rng.uniform(1e6, 5e6, (8, 3)), DAYS, ["A", "B", "C"])
    return trades, volume, pd.DataFrame(rng.uniform(0.01, 0.03, (8, 3)), DAYS, ["A", "B", "C"])


def test_at_its_capacity_a_strategy_pays_its_budget_for_impact(market):
    trades, volume, volatility = market
    wealth = metrics.impact_capacity(trades, volume, volatility, budget=0.03, years=2)
    paid = (trades.abs() * volatility * np.sqrt(wealth * trades.abs() / volume)).to_numpy().sum()
    assert paid / 2 == pytest.approx(0.03)


def test_at_its_capacity_its_largest_trade_is_the_largest_allowed(market):
    trades, volume, _ = market
    wealth = metrics.participation_capacity(trades, volume, share=0.05, quantile=1.0)
    assert (wealth * trades.abs() / volume).to_numpy().max() == pytest.approx(0.05)
    assert metrics.participation_capacity(trades, volume, share=0.05, quantile=0.5) > wealth


def test_nobody_knows_it_without_volume_and_nothing_limits_who_does_not_trade(market):
    trades, volume, volatility = market
    unknown = volume.assign(B=np.nan)
    assert np.isnan(metrics.participation_capacity(trades, unknown))
    assert np.isnan(metrics.impact_capacity(trades, unknown, volatility, budget=0.01, years=1))
    assert metrics.participation_capacity(trades.assign(B=0.0), unknown) > 0
    assert metrics.participation_capacity(trades * 0, unknown) == float("inf")
    assert metrics.impact_capacity(trades, volume, volatility, budget=-0.01, years=1) == 0


def test_a_trade_of_what_is_not_known_is_named(market):
    trades, volume, _ = market
    with pytest.raises(InputError, match="Nothing is known of C"):
        metrics.participation_capacity(trades, volume[["A", "B"]])
    with pytest.raises(InputError, match="share is 0"):
        metrics.participation_capacity(trades, volume, share=0)
