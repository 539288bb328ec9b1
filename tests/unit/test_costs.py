import dataclasses
import math

import pytest

from foliohub.costs import CostModel
from foliohub.errors import InputError


def test_the_rate_is_commission_plus_half_the_spread():
    assert CostModel(commission_bps=2, half_spread_bps=3).rate == pytest.approx(0.0005, rel=1e-15)
    assert CostModel().rate == 0.0


@pytest.mark.parametrize("value", [-0.1, 1e4, math.nan, math.inf])
@pytest.mark.parametrize("name", ["commission_bps", "half_spread_bps"])
def test_costs_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"{name} is {value}"):
        CostModel(**{name: value})


def test_a_trade_never_costs_all_it_is_worth():
    with pytest.raises(InputError, match="together"):
        CostModel(commission_bps=6_000, half_spread_bps=4_000)


def test_cost_models_are_frozen_and_compare_by_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CostModel().commission_bps = 1.0
    assert CostModel(1, 2) == CostModel(1, 2)
