"""Mean-variance, Bayes-Stein and the best ratio, each against its formula or a slower solver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foliohub import allocate
from foliohub.errors import InputError, ModelError


def test_tangency_divides_by_the_absolute_sum(returns: pd.DataFrame) -> None:
    for sign in (1, -1):
        direction = np.linalg.solve(np.cov(returns.T), sign * returns.mean().to_numpy())
        weights = allocate.get("mean_variance").fit(sign * returns).weights_
        np.testing.assert_allclose(weights, direction / abs(direction.sum()), rtol=1e-9)
        assert weights.sum() == pytest.approx(sign)


def test_tangency_that_sums_to_zero_is_refused() -> None:
    X = np.array([[0.02, -0.01], [0.0, 0.01], [0.02, 0.01], [0.0, -0.01]]) @ np.array([[1, -1], [1, 1]])
    with pytest.raises(ModelError, match="sum to zero"):
        allocate.get("mean_variance").fit(X)


def test_forecasts_take_the_place_of_the_sample_mean_only_if_asked(returns: pd.DataFrame) -> None:
    forecast = pd.Series([1.0, 2, 3, 4, 5, 6], returns.columns) / 1e4
    sample = allocate.get("mean_variance").fit(returns, expected_returns=forecast).weights_
    assert np.array_equal(sample, allocate.get("mean_variance").fit(returns).weights_)
    asked = allocate.get("mean_variance", mean="forecast")
    direction = np.linalg.solve(np.cov(returns.T), forecast)
    np.testing.assert_allclose(
        asked.fit(returns, expected_returns=forecast).weights_, direction / direction.sum(), rtol=1e-9
    )
    with pytest.raises(InputError, match=r"mean_variance needs expected returns.*mean=\"sample\""):
        asked.fit(returns)


def test_utility_without_constraints_is_the_closed_form(returns: pd.DataFrame) -> None:
    S, mean = np.cov(returns.T), returns.mean().to_numpy()
    free = allocate.get("mean_variance", form="utility", risk_aversion=4, budget=None).fit(returns).weights_
    np.testing.assert_allclose(free, np.linalg.solve(4 * S, mean), rtol=1e-9)
    bordered = np.block([[4 * S, np.ones((6, 1))], [np.ones((1, 6)), 0]])
    invested = allocate.get("mean_variance", form="utility", risk_aversion=4).fit(returns).weights_
    np.testing.assert_allclose(invested, np.linalg.solve(bordered, np.r_[mean, 1])[:6], rtol=1e-9)


def test_utility_under_constraints_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    peer = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_UTILITY,
        risk_aversion=10 / 2,  # skfolio's utility has no half
        max_weights=0.5,
        solver_params={"tol_gap_abs": 1e-9, "tol_gap_rel": 1e-9, "tol_feas": 1e-9},
    ).fit(returns)
    ours = allocate.get("mean_variance", form="utility", risk_aversion=10, long_only=True, upper=0.5).fit(returns)
    np.testing.assert_allclose(ours.weights_, peer.weights_, atol=1e-5)


def test_rising_risk_aversion_leads_to_least_variance(returns: pd.DataFrame) -> None:
    least = allocate.get("min_variance").fit(returns).weights_
    careful = allocate.get("mean_variance", form="utility", long_only=True, risk_aversion=1e9).fit(returns).weights_
    np.testing.assert_allclose(careful, least, atol=1e-6)


def test_a_free_budget_leaves_the_rest_in_cash(returns: pd.DataFrame) -> None:
    allocator = allocate.get("mean_variance", form="utility", budget=None, long_only=True, risk_aversion=100)
    weights = allocator.fit(returns).weights_
    assert 0 < weights.sum() < 1
    assert allocator.set_params(budget=0.5).fit(returns).weights_.sum() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"form": "ratio"}, 'form is \'ratio\'. Take "tangency" or "utility"'),
        ({"long_only": True}, "The tangency form takes no constraints"),
        ({"upper": 0.2}, "The tangency form takes no constraints"),
        ({"budget": None}, "and no budget"),
        ({"form": "utility", "risk_aversion": 0}, "risk_aversion is 0"),
        ({"form": "utility", "budget": np.inf}, "The budget is inf"),
        ({"mean": "median"}, "mean is 'median'"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    parameters: dict[str, object], message: str, returns: pd.DataFrame
) -> None:
    with pytest.raises(InputError) as caught:
        allocate.get("mean_variance", **parameters).fit(returns)
    assert message in str(caught.value)


def test_bayes_stein_is_jorions_formula_in_its_plain_form(returns: pd.DataFrame) -> None:
    X = returns.to_numpy()
    T, N = X.shape
    ones, mean = np.ones(N), X.mean(axis=0)
    inverse = np.linalg.inv(np.cov(X.T) * (T - 1) / (T - N - 2))
    anchor = ones @ inverse @ mean / (ones @ inverse @ ones)
    distance = (mean - anchor) @ inverse @ (mean - anchor)
    phi, lam = (N + 2) / (N + 2 + T * distance), (N + 2) / distance
    covariance = np.linalg.inv(inverse) * (1 + 1 / (T + lam))
    covariance += lam / (T * (T + 1 + lam)) * np.outer(ones, ones) / (ones @ inverse @ ones)
    direction = np.linalg.solve(covariance, (1 - phi) * mean + phi * anchor)
    weights = allocate.get("bayes_stein").fit(returns).weights_
    np.testing.assert_allclose(weights, direction / abs(direction.sum()), rtol=1e-9)


def test_bayes_stein_of_equal_means_is_least_variance(returns: pd.DataFrame) -> None:
    level = returns - returns.mean() + 0.001
    least = allocate.get("min_variance", long_only=False).fit(level).weights_
    np.testing.assert_allclose(allocate.get("bayes_stein").fit(level).weights_, least, rtol=1e-6)


def test_bayes_stein_needs_three_rows_more_than_tickers(returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"8 rows for 6 tickers.*divisor T - 8. Take a window of at least 9"):
        allocate.get("bayes_stein").fit(returns.iloc[:8])
    assert allocate.get("bayes_stein").fit(returns.iloc[:9]).weights_.shape == (6,)


def test_max_sharpe_is_skfolios(returns: pd.DataFrame) -> None:
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    exact = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}
    for low, high in ((0.0, 1.0), (0.05, 0.3), (-0.2, 0.6)):
        peer = MeanRisk(
            objective_function=ObjectiveFunction.MAXIMIZE_RATIO, min_weights=low, max_weights=high, solver_params=exact
        ).fit(returns)
        ours = allocate.get("max_sharpe", mean="sample", lower=low, upper=high, long_only=low >= 0).fit(returns)
        np.testing.assert_allclose(ours.weights_, peer.weights_, atol=1e-4)
        assert ratio(ours.weights_, returns) >= ratio(peer.weights_, returns) - 1e-12


def ratio(weights: np.ndarray, returns: pd.DataFrame) -> float:
    return float(weights @ returns.mean() / np.sqrt(weights @ np.cov(returns.T) @ weights))


def test_max_sharpe_without_constraints_is_the_tangency(returns: pd.DataFrame) -> None:
    tangency = allocate.get("mean_variance").fit(returns).weights_
    free = allocate.get("max_sharpe", mean="sample", long_only=False).fit(returns).weights_
    np.testing.assert_allclose(free, tangency, rtol=1e-8)


def test_max_sharpe_needs_forecasts_or_to_be_asked_for_the_sample_mean(returns: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="max_sharpe needs expected returns, and fit was given none"):
        allocate.get("max_sharpe").fit(returns)
    sample = allocate.get("max_sharpe", mean="sample").fit(returns).weights_
    given = allocate.get("max_sharpe").fit(returns, expected_returns=returns.mean() * 5).weights_
    np.testing.assert_allclose(given, sample, atol=1e-12)


def test_max_sharpe_with_nothing_rising_says_so(returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match=r"the best ticker, KO, has -0.001 per period. Use min_variance"):
        allocate.get("max_sharpe").fit(
            returns, expected_returns=pd.Series({**dict.fromkeys(returns, -0.01), "KO": -0.001})
        )
    with pytest.raises(ModelError, match="has 0 per period"):
        allocate.get("max_sharpe").fit(returns, expected_returns=np.zeros(6))


def test_max_sharpe_that_keeps_rising_with_the_positions_says_so(returns: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="has no maximum"):
        allocate.get("max_sharpe", long_only=False).fit(returns, expected_returns=-returns.mean())
