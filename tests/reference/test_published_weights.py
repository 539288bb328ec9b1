"""Weights printed in papers, from the inputs printed there."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate


def returns_with(covariance: np.ndarray, seed: int = 0) -> np.ndarray:
    """Returns (60, n) whose sample covariance is exactly the one given."""
    noise = np.random.default_rng(seed).normal(size=(60, len(covariance)))
    noise -= noise.mean(axis=0)
    own = np.linalg.cholesky(np.cov(noise, rowvar=False))
    return noise @ np.linalg.inv(own).T @ np.linalg.cholesky(covariance).T


def test_risk_parity_of_maillard_roncalli_and_teiletche() -> None:
    """The properties of equally weighted risk contribution portfolios, JPM 36(4), 2010, numerical example.

    Volatilities of 10, 20, 30 and 40 %; correlations of 0.8 within the first two and -0.5 within the last two.
    """
    volatilities = np.array([0.1, 0.2, 0.3, 0.4])
    correlation = np.array([[1, 0.8, 0, 0], [0.8, 1, 0, 0], [0, 0, 1, -0.5], [0, 0, -0.5, 1]])
    X = returns_with(correlation * np.outer(volatilities, volatilities))
    parity = allocate.get("risk_parity").fit(X).weights_
    assert (100 * parity).round(1).tolist() == [38.4, 19.2, 24.3, 18.2]
    least = allocate.get("min_variance").fit(X).weights_
    assert (100 * least).round(1).tolist() == [74.5, 0.0, 15.2, 10.3]


@pytest.fixture(scope="module")
def lopez_de_prados_example() -> pd.DataFrame:
    """Simulated series of "Building diversified portfolios that outperform out of sample", JPM 42(4), 2016, appendix.

    10,000 rows of five standard normals and five copies of some of them with noise of 0.25; seeds 12345. The paper's
    Python 2 drew whole numbers by truncating `random.random`.
    """
    numbers, choice = np.random.RandomState(12345), random.Random(12345)
    first = numbers.normal(0, 1, size=(10_000, 5))
    copied = [int(choice.random() * 5) for _ in range(5)]
    copies = first[:, copied] + numbers.normal(0, 0.25, size=(10_000, 5))
    return pd.DataFrame(np.hstack([first, copies]), columns=[str(number) for number in range(1, 11)])


PUBLISHED = {
    # Exhibit "A comparison of three allocations"
    "min_variance": [14.44, 19.93, 19.73, 19.87, 18.68, 0.00, 5.86, 1.49, 0.00, 0.00],
    "hierarchical_risk_parity": [7.00, 7.59, 10.84, 19.03, 9.72, 10.19, 6.62, 9.10, 7.12, 12.79],
    "inverse_variance": [10.36, 10.28, 10.36, 10.25, 10.31, 9.74, 9.80, 9.65, 9.64, 9.61],
}


@pytest.mark.parametrize("name", ["min_variance", "hierarchical_risk_parity"])
def test_allocations_of_lopez_de_prado(name: str, lopez_de_prados_example: pd.DataFrame) -> None:
    weights = allocate.get(name).fit(lopez_de_prados_example).weights_
    assert (100 * weights).round(2).tolist() == PUBLISHED[name]


def test_inverse_volatility_squared_is_lopez_de_prados_inverse_variance(lopez_de_prados_example: pd.DataFrame) -> None:
    squared = allocate.get("inverse_volatility").fit(lopez_de_prados_example).weights_ ** 2
    assert (100 * squared / squared.sum()).round(2).tolist() == PUBLISHED["inverse_variance"]
