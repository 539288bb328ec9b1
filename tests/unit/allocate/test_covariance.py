"""The named covariances against their definitions and skfolio's."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from foliohub import allocate
from foliohub.allocate.covariance import COVARIANCES, ewma_covariance, sample_covariance
from foliohub.errors import InputError, ModelError


def test_sample_is_numpys(returns: pd.DataFrame) -> None:
    X = returns.to_numpy()
    np.testing.assert_allclose(sample_covariance(X), np.cov(X, rowvar=False), rtol=1e-13, atol=1e-19)


def test_ewma_is_the_recursion_of_riskmetrics(returns: pd.DataFrame) -> None:
    X, decay = returns.to_numpy(), 0.94
    slow, mass = np.zeros((6, 6)), 0.0
    for row in X:
        slow, mass = decay * slow + (1 - decay) * np.outer(row, row), decay * mass + (1 - decay)
    np.testing.assert_allclose(ewma_covariance(X, decay), slow / mass, rtol=1e-12, atol=1e-19)
    with pytest.raises(InputError, match=r"decay is 1"):
        ewma_covariance(X, 1.0)


def test_shrinkage_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.moments import OAS, LedoitWolf

    X = returns.to_numpy()
    for name, peer in (("ledoit_wolf", LedoitWolf()), ("oas", OAS())):
        np.testing.assert_allclose(COVARIANCES[name](X), peer.fit(X).covariance_, rtol=1e-10)


@pytest.mark.parametrize("name", COVARIANCES)
def test_allocators_take_each_by_name(name: str, returns: pd.DataFrame) -> None:
    inverse = np.linalg.inv(COVARIANCES[name](returns.to_numpy()))
    weights = allocate.get("min_variance", covariance=name, long_only=False).fit(returns).weights_
    np.testing.assert_allclose(weights, inverse.sum(axis=1) / inverse.sum(), rtol=1e-9)


@pytest.mark.parametrize("name", ["ledoit_wolf", "oas"])
def test_shrinkage_carries_more_tickers_than_dates(name: str) -> None:
    X = np.random.default_rng(0).normal(0, 0.01, size=(30, 80))
    weights = allocate.get("min_variance", covariance=name).fit(X).weights_
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= 0).all()


def test_a_function_is_an_estimator_too(returns: pd.DataFrame) -> None:
    allocator = allocate.get("min_variance", covariance=partial(ewma_covariance, decay=0.9))
    assert clone(allocator).fit(returns).weights_ == pytest.approx(allocator.fit(returns).weights_)


def test_what_is_no_covariance_is_refused(returns: pd.DataFrame) -> None:
    for wrong, error, message in (
        ("ledoit-wolf", InputError, "no covariance 'ledoit-wolf'. Take one of sample, ewma, ledoit_wolf, oas"),
        (None, InputError, "covariance is None"),
        (lambda X: X, ModelError, r"came as \(120, 6\)"),
        (lambda X: np.full((6, 6), np.nan), ModelError, "not finite"),
        (lambda X: np.diag([1.0, 1, 1, 0, 1, 1]), ModelError, "variance of KO is not positive"),
    ):
        with pytest.raises(error, match=message):
            allocate.get("min_variance", covariance=wrong).fit(returns)
