"""Least variance: the closed form, and solvers that share nothing with ours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate


def test_unconstrained_weights_are_the_closed_form(returns: pd.DataFrame) -> None:
    inverse = np.linalg.inv(np.cov(returns.T))
    weights = allocate.get("min_variance", long_only=False).fit(returns).weights_
    np.testing.assert_allclose(weights, inverse.sum(axis=1) / inverse.sum(), rtol=1e-10)


def test_long_only_is_the_default_and_weights_at_zero_are_zero(returns: pd.DataFrame) -> None:
    weights = allocate.get("min_variance").fit(returns).weights_
    assert (allocate.get("min_variance", long_only=False).fit(returns).weights_ < 0).any()
    assert (weights == 0).any()
    assert (weights >= 0).all()


def test_weights_are_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.optimization import MeanRisk

    exact = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}
    for low, high in ((0.0, 1.0), (0.0, 0.25), (1 / 12, 1.0), (-0.05, 0.5)):
        peer = MeanRisk(min_weights=low, max_weights=high, solver_params=exact).fit(returns).weights_
        ours = allocate.get("min_variance", lower=low, upper=high, long_only=low >= 0).fit(returns).weights_
        np.testing.assert_allclose(ours, peer, atol=1e-6)


def test_weights_are_those_of_sequential_quadratic_programming(returns: pd.DataFrame) -> None:
    from scipy.optimize import minimize

    S = np.cov(returns.T) * 1e4
    held = np.full(6, 1 / 6)
    groups = {"two": {"members": ["JPM", "KO"], "lower": 0.2}}
    peer = minimize(
        lambda w: w @ S @ w,
        held,
        jac=lambda w: 2 * S @ w,
        bounds=[(0.02, 0.5)] * 6,
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - 1},
            {"type": "ineq", "fun": lambda w: w[2] + w[3] - 0.2},
        ],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    ours = allocate.get("min_variance", lower=0.02, upper=0.5, groups=groups).fit(returns).weights_
    np.testing.assert_allclose(ours, peer.x, atol=1e-6)


@pytest.mark.parametrize(("dates", "parameters"), [(1000, {}), (252, {"covariance": "ledoit_wolf", "upper": 0.02})])
def test_five_hundred_tickers_are_solved_exactly(dates: int, parameters: dict[str, object]) -> None:
    rng = np.random.default_rng(0)
    factors = rng.normal(0, 0.01, size=(dates, 3))
    returns = factors @ rng.normal(1, 0.5, size=(3, 500)) + rng.normal(0, 0.02, size=(dates, 500))
    weights = allocate.get("min_variance", **parameters).fit(returns).weights_
    upper = parameters.get("upper", 1.0)
    covariance = allocate.COVARIANCES[str(parameters.get("covariance", "sample"))](returns)
    marginal = covariance @ weights / (weights @ covariance @ weights)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    # Weights between their bounds have one marginal risk; those at zero have more, those at the upper bound less.
    level = marginal[(weights > 0) & (weights < upper)]
    assert np.ptp(level) < 1e-9
    assert (marginal[weights == 0] > level.mean()).all()
    assert (marginal[weights == upper] < level.mean()).all()
