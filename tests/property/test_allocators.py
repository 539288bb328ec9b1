"""What holds for every allocator on any returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foliohub import allocate
from tests.allocators import ready

LONG_ONLY = [
    "equal_weight",
    "inverse_volatility",
    "min_variance",
    "risk_parity",
    "hierarchical_risk_parity",
    "min_cvar",
    "max_sharpe",
]
# The order of the columns decides ties of hierarchical clustering; a least CVaR need not be unique.
UNIQUE = [name for name in allocate.names() if name not in ("hierarchical_risk_parity", "min_cvar")]

few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@st.composite
def windows(draw: st.DrawFn, least: int = 1) -> np.ndarray:
    """Returns (n_dates, n_tickers) with a market; enough dates for every allocator."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(least, 8))
    dates = 20 + n + draw(st.integers(0, 60))
    volatilities = 10.0 ** rng.uniform(-3, -1, n)
    return rng.normal(0.002, 0.01, size=(dates, 1)) + rng.normal(0.002, 1, size=(dates, n)) * volatilities


def fitted(name: str, returns: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    forecast = np.linspace(0.001, 0.002, returns.shape[1])
    order = np.arange(returns.shape[1]) if order is None else order
    return ready(name).fit(returns[:, order], expected_returns=forecast[order]).weights_


@few
@pytest.mark.parametrize("name", LONG_ONLY)
@given(windows())
def test_long_only_weights_are_positive_and_fully_invested(name: str, returns: np.ndarray) -> None:
    weights = fitted(name, returns)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)


@few
@given(windows())
def test_an_agent_holds_long_positions_and_cash(returns: np.ndarray) -> None:
    weights = fitted("reinforcement", returns)
    assert (weights >= 0).all()
    assert weights.sum() <= 1 + 1e-12


@few
@pytest.mark.parametrize("name", ["mean_variance", "bayes_stein"])
@given(windows())
def test_tangency_weights_are_fully_invested_in_absolute_terms(name: str, returns: np.ndarray) -> None:
    assert abs(fitted(name, returns).sum()) == pytest.approx(1, abs=1e-9)


@few
@pytest.mark.parametrize("name", UNIQUE)
@given(windows(), st.randoms(use_true_random=False))
def test_reordering_the_columns_reorders_the_weights(name: str, returns: np.ndarray, random: object) -> None:
    order = np.arange(returns.shape[1])
    random.shuffle(order)  # type: ignore[attr-defined]
    weights = fitted(name, returns)
    np.testing.assert_allclose(fitted(name, returns, order), weights[order], rtol=1e-6, atol=1e-9)


@few
@pytest.mark.parametrize("name", [name for name in allocate.names() if name != "min_cvar"])
@given(windows(), st.floats(1e-3, 1e3))
def test_weights_do_not_depend_on_the_unit_of_returns(name: str, returns: np.ndarray, unit: float) -> None:
    np.testing.assert_allclose(fitted(name, returns * unit), fitted(name, returns), rtol=1e-6, atol=1e-9)


@few
@given(windows(), st.floats(1e-3, 1e3))
def test_least_cvar_scales_with_the_unit_of_returns(returns: np.ndarray, unit: float) -> None:
    def worst(weights: np.ndarray) -> float:
        losses = np.sort(-returns @ weights)[::-1]
        tail = 0.05 * len(losses)
        whole = int(tail)
        return float((losses[:whole].sum() + (tail - whole) * losses[whole]) / tail)

    own, scaled = worst(fitted("min_cvar", returns)), worst(fitted("min_cvar", returns * unit))
    assert scaled == pytest.approx(own, abs=1e-7 * np.abs(returns).max())


@few
@pytest.mark.parametrize("name", allocate.names())
@given(windows())
def test_the_same_window_gives_the_same_weights(name: str, returns: np.ndarray) -> None:
    assert np.array_equal(fitted(name, returns), fitted(name, returns.copy()))


@few
@pytest.mark.parametrize("name", ["risk_parity", "inverse_volatility", "equal_weight"])
@given(windows())
def test_duplicates_share_alike(name: str, returns: np.ndarray) -> None:
    weights = fitted(name, np.hstack([returns, returns[:, :1]]))
    assert weights[-1] == pytest.approx(weights[0], rel=1e-9)


@few
@given(windows(least=2), st.data())
def test_shrinkage_gives_duplicates_the_same_weight(returns: np.ndarray, data: st.DataObject) -> None:
    # Shrinkage tells two equal assets apart by their noise only: both get the same.
    position = data.draw(st.integers(0, returns.shape[1] - 1))
    doubled = np.hstack([returns, returns[:, [position]]])
    weights = allocate.get("min_variance", covariance="ledoit_wolf").fit(doubled).weights_
    assert weights[-1] == pytest.approx(weights[position], abs=1e-9)


@few
@pytest.mark.parametrize("name", [name for name in allocate.names() if name != "reinforcement"])  # may hold cash
@given(windows())
def test_a_single_ticker_gets_everything(name: str, returns: np.ndarray) -> None:
    alone = returns[:, :1] - returns[:, :1].mean() + 0.001
    assert fitted(name, alone).tolist() == [1.0]
