"""Naive weights, risk parity, hierarchical risk parity and least CVaR against their definitions and skfolio."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.errors import InputError, ModelError


def test_inverse_volatility_makes_positions_equally_volatile(returns: pd.DataFrame) -> None:
    weights = allocate.get("inverse_volatility").fit(returns).weights_
    np.testing.assert_allclose(weights * returns.std(), (weights * returns.std()).mean())


@pytest.mark.parametrize("covariance", ["sample", "ewma", "ledoit_wolf", "oas"])
def test_risk_parity_contributes_equally(covariance: str, returns: pd.DataFrame) -> None:
    weights = allocate.get("risk_parity", covariance=covariance).fit(returns).weights_
    contributions = weights * (allocate.COVARIANCES[covariance](returns.to_numpy()) @ weights)
    np.testing.assert_allclose(contributions, contributions.mean(), rtol=1e-12)


def test_risk_parity_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.optimization import RiskBudgeting

    peer = RiskBudgeting().fit(returns).weights_
    np.testing.assert_allclose(allocate.get("risk_parity").fit(returns).weights_, peer, atol=1e-4)


def test_risk_parity_where_a_portfolio_has_no_risk_says_so(returns: pd.DataFrame) -> None:
    hedged = returns.assign(HEDGE=-2 * returns["AAPL"])
    with pytest.raises(ModelError, match="some long-only portfolio of them is without risk"):
        allocate.get("risk_parity").fit(hedged)


def test_hierarchical_with_skfolios_distances_is_skfolios(returns: pd.DataFrame) -> None:
    # Two tickers have one tree: whatever the linkage and the order of leaves, the split is the same.
    from skfolio.optimization import HierarchicalRiskParity

    pair = returns[["AAPL", "XOM"]]
    peer = HierarchicalRiskParity().fit(pair).weights_
    np.testing.assert_allclose(allocate.get("hierarchical_risk_parity").fit(pair).weights_, peer, rtol=1e-9)


@pytest.mark.parametrize("linkage", ["single", "complete", "average", "ward"])
@pytest.mark.parametrize("covariance", ["sample", "ewma"])
def test_hierarchical_is_the_published_recursion(linkage: str, covariance: str, returns: pd.DataFrame) -> None:
    from scipy.cluster.hierarchy import leaves_list
    from scipy.cluster.hierarchy import linkage as cluster
    from scipy.spatial.distance import pdist

    S = allocate.COVARIANCES[covariance](returns.to_numpy())
    correlation = S / np.sqrt(np.outer(np.diag(S), np.diag(S)))
    order = leaves_list(cluster(pdist(np.sqrt(0.5 * np.clip(1 - correlation, 0, 2))), linkage))
    expected = np.ones(6)

    def variance(items: np.ndarray) -> float:
        inverse = 1 / np.diag(S)[items]
        inverse /= inverse.sum()
        return float(inverse @ S[np.ix_(items, items)] @ inverse)

    def split(items: np.ndarray) -> None:
        if len(items) > 1:
            left, right = items[: len(items) // 2], items[len(items) // 2 :]
            share = 1 - variance(left) / (variance(left) + variance(right))
            expected[left] *= share
            expected[right] *= 1 - share
            split(left)
            split(right)

    split(order)
    weights = allocate.get("hierarchical_risk_parity", linkage=linkage, covariance=covariance).fit(returns).weights_
    np.testing.assert_allclose(weights, expected, rtol=1e-9)


def test_an_unknown_linkage_is_refused(returns: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"linkage is 'median'. Take one of single, complete, average, ward"):
        allocate.get("hierarchical_risk_parity", linkage="median").fit(returns)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975])
@pytest.mark.parametrize("upper", [1.0, 0.3])
def test_least_cvar_is_rockafellar_and_uryasevs_linear_program(
    confidence: float, upper: float, returns: pd.DataFrame
) -> None:
    from scipy.optimize import linprog

    X = returns.to_numpy()
    T, N = X.shape
    # Variables: weights, value at risk, excess losses.
    program = linprog(
        np.r_[np.zeros(N), 1, np.full(T, 1 / (T * (1 - confidence)))],
        A_ub=np.hstack([-X, -np.ones((T, 1)), -np.eye(T)]),
        b_ub=np.zeros(T),
        A_eq=np.r_[np.ones(N), np.zeros(T + 1)][None, :],
        b_eq=[1.0],
        bounds=[(0, upper)] * N + [(None, None)] + [(0, None)] * T,
    )
    weights = allocate.get("min_cvar", confidence=confidence, upper=upper).fit(returns).weights_
    losses = np.sort(-X @ weights)[::-1]
    tail = T * (1 - confidence)
    whole = int(round(tail, 9))
    cvar = (losses[:whole].sum() + (tail - whole) * losses[whole]) / tail
    assert cvar == pytest.approx(program.fun, abs=1e-9)


def test_least_cvar_obeys_groups_and_turnover(returns: pd.DataFrame) -> None:
    held = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.5])
    groups = {"two": {"members": ["JPM", "KO"], "lower": 0.3}}
    allocator = allocate.get("min_cvar", groups=groups, max_turnover=0.2)
    weights = allocator.fit(returns, previous_weights=held).weights_
    assert weights[2] + weights[3] >= 0.3 - 1e-9
    assert 0.5 * np.abs(weights - held).sum() == pytest.approx(0.2, abs=1e-7)


def test_least_cvar_looks_only_at_the_tail(returns: pd.DataFrame) -> None:
    # Calm but for one crash: the least variance of all, and the worst tail.
    calm = pd.Series(0.0001, returns.index)
    calm.iloc[60] = -0.06
    crashing = returns.assign(CALM=calm)
    by_variance = allocate.get("min_variance").fit(crashing).weights_[-1]
    by_tail = allocate.get("min_cvar", confidence=0.99).fit(crashing).weights_[-1]
    assert by_tail < 0.8 * by_variance


def test_least_cvar_needs_a_tail(returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"19 rows .*the worst 0.05 of them is less than one. .*at least 20"):
        allocate.get("min_cvar").fit(returns.iloc[:19])
    assert allocate.get("min_cvar").fit(returns.iloc[:20]).weights_.sum() == pytest.approx(1)
    for confidence in (0, 1, 95):
        with pytest.raises(InputError, match=f"confidence is {confidence}"):
            allocate.get("min_cvar", confidence=confidence).fit(returns)
