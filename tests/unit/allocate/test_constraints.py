"""Constraints in all their forms, and which of them conflict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.errors import InfeasibleError, InputError

HELD = np.array([0.1, 0.05, 0.05, 0.05, 0.05, 0.7])


def weights(returns: pd.DataFrame, held: np.ndarray | None = None, **constraints: Any) -> np.ndarray:
    return allocate.get("min_variance", **constraints).fit(returns, previous_weights=held).weights_


def test_bounds_come_as_number_sequence_mapping_or_series(returns: pd.DataFrame) -> None:
    same = [0.3, [0.3] * 6, np.full(6, 0.3), dict.fromkeys(returns.columns, 0.3), pd.Series(0.3, returns.columns)]
    first, *others = [weights(returns, upper=upper) for upper in same]
    assert all(np.array_equal(first, other) for other in others)
    assert first.max() == 0.3


def test_a_mapping_bounds_only_whom_it_names(returns: pd.DataFrame) -> None:
    assert weights(returns)[0] > 0.3
    capped = weights(returns, upper={"AAPL": 0.3}, lower={"XOM": 0.05})
    assert capped[0] == 0.3
    assert capped[5] == 0.05
    assert (capped >= 0).all()


def test_a_lower_bound_takes_the_place_of_zero(returns: pd.DataFrame) -> None:
    assert weights(returns, lower=1 / 12).min() == 1 / 12
    assert weights(returns, lower=-0.02, long_only=False).min() == -0.02
    with pytest.raises(InputError, match=r"long_only is set and the lower bound of AAPL is -0.1. Pass long_only=False"):
        weights(returns, lower=-0.1)


def test_groups_bound_sums(returns: pd.DataFrame) -> None:
    groups = {
        "staples": {"members": ["JNJ", "KO"], "lower": 0.3},
        "technology": {"members": ["AAPL", "MSFT"], "upper": 0.2},
    }
    result = pd.Series(weights(returns, groups=groups), returns.columns)
    assert result[["AAPL", "MSFT"]].sum() == pytest.approx(0.2, abs=1e-12)
    assert result[["JNJ", "KO"]].sum() >= 0.3


def test_turnover_is_half_the_sum_of_moves_from_what_is_held(returns: pd.DataFrame) -> None:
    free = weights(returns)
    needed = 0.5 * np.abs(free - HELD).sum()
    assert needed > 0.15
    bounded = weights(returns, HELD, max_turnover=0.15)
    assert 0.5 * np.abs(bounded - HELD).sum() == pytest.approx(0.15, abs=1e-9)
    np.testing.assert_allclose(weights(returns, HELD, max_turnover=needed + 0.01), free, atol=1e-9)
    assert np.array_equal(weights(returns, HELD, max_turnover=0.0), HELD)


def test_a_portfolio_that_holds_nothing_is_free_to_start(returns: pd.DataFrame) -> None:
    free = weights(returns)
    assert np.array_equal(weights(returns, None, max_turnover=0.1), free)
    assert np.array_equal(weights(returns, np.zeros(6), max_turnover=0.1), free)


def test_bounds_that_leave_one_point_give_it(returns: pd.DataFrame) -> None:
    for constraints in ({"lower": 1 / 6}, {"upper": 1 / 6}, {"lower": [1 / 6] * 6, "upper": [1 / 6] * 6}):
        np.testing.assert_allclose(weights(returns, **constraints), 1 / 6, atol=1e-9)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ({"lower": 0.2}, "The lower bounds sum to 1.2, more than the budget of 1"),
        ({"upper": 0.1}, "The upper bounds sum to 0.6, less than the budget of 1"),
        (
            {"lower": {"KO": 0.4}, "upper": {"KO": 0.3}},
            "The lower bound of KO is 0.4, above its upper bound 0.3",
        ),
        (
            {"lower": 0.1, "groups": {"oil": {"members": ["XOM", "JPM"], "upper": 0.15}}},
            "Group 'oil' may hold 0.15, but its members' lower bounds sum to 0.2",
        ),
        (
            {"upper": 0.25, "groups": {"oil": {"members": ["XOM", "JPM"], "lower": 0.6}}},
            "Group 'oil' must hold 0.6, but its members' upper bounds sum to 0.5",
        ),
        (
            {"lower": 0.1, "groups": {"oil": {"members": ["XOM", "JPM"], "lower": 0.7}}},
            "Group 'oil' must hold 0.7 and the lower bounds outside it sum to 0.4: more than the budget of 1",
        ),
        (
            {"upper": 0.2, "groups": {"oil": {"members": ["XOM", "JPM"], "upper": 0.1}}},
            "Group 'oil' may hold 0.1 and the upper bounds outside it sum to 0.8: less than the budget of 1",
        ),
        (
            {"groups": {"oil": {"members": ["XOM"], "lower": 0.5, "upper": 0.4}}},
            "The lower bound of group 'oil' is 0.5, above its upper bound 0.4",
        ),
        (
            {
                "groups": {
                    "oil": {"members": ["XOM"], "lower": 0.6},
                    "bank": {"members": ["JPM"], "lower": 0.7},
                    "technology": {"members": ["AAPL", "MSFT"], "upper": 0.5},
                }
            },
            (
                "contradict each other: no short positions; group 'oil' at least 0.6; "
                "group 'bank' at least 0.7; budget of 1"
            ),
        ),
    ],
)
def test_conflicts_are_told_in_numbers(constraints: dict[str, Any], message: str, returns: pd.DataFrame) -> None:
    for name in ("min_variance", "max_sharpe", "min_cvar"):
        with pytest.raises(InfeasibleError) as caught:
            allocate.get(name, **constraints).fit(returns, expected_returns=returns.mean() + 0.01)
        assert message in str(caught.value)
        assert "technology" not in str(caught.value), "a group that is not in the way was blamed"


@pytest.mark.parametrize("name", ["min_variance", "max_sharpe", "min_cvar"])
def test_turnover_that_cannot_reach_the_bounds_says_how_much_would(name: str, returns: pd.DataFrame) -> None:
    allocator = allocate.get(name, upper=0.4, max_turnover=0.1)
    with pytest.raises(InfeasibleError, match=r"max_turnover is 0.1, but .* with less than 0.3. Allow 0.3"):
        allocator.fit(returns, previous_weights=HELD, expected_returns=returns.mean() + 0.01)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ({"lower": {"TSLA": 0.1}}, "lower names 'TSLA', which is none of the tickers"),
        ({"upper": [0.5, 0.5]}, r"upper has the shape \(2,\), there are 6 tickers"),
        ({"upper": "much"}, "upper is 'much'"),
        ({"upper": np.nan}, "upper holds NaN for AAPL"),
        ({"max_turnover": -0.1}, "max_turnover is -0.1"),
        ({"groups": {"oil": {"members": ["XOM"]}}}, "Group 'oil' is .*one of the bounds at least"),
        ({"groups": {"oil": {"members": ["XOM"], "uper": 0.3}}}, "Group 'oil' is .*one of the bounds at least"),
        ({"groups": {"oil": {"members": "XOM", "upper": 0.3}}}, "Group 'oil' has the members 'XOM'"),
        ({"groups": {"oil": {"members": [], "upper": 0.3}}}, "Give a list of tickers"),
        ({"groups": {"oil": {"members": ["CVX"], "upper": 0.3}}}, "Group 'oil' names 'CVX'"),
        ({"groups": {"oil": {"members": ["XOM"], "upper": np.nan}}}, "Group 'oil' has a bound that is not a number"),
    ],
)
def test_what_is_no_constraint_is_refused(constraints: dict[str, Any], message: str, returns: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=message):
        weights(returns, **constraints)
