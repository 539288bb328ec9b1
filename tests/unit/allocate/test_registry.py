"""Allocators by name, and scikit-learn's manners."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from foliohub import allocate
from foliohub.errors import InputError
from foliohub.types import Allocator
from tests.allocators import ready


def test_every_allocator_of_the_issue_is_there() -> None:
    assert allocate.names() == (
        "equal_weight",
        "inverse_volatility",
        "min_variance",
        "mean_variance",
        "bayes_stein",
        "risk_parity",
        "hierarchical_risk_parity",
        "min_cvar",
        "max_sharpe",
        "reinforcement",
    )


@pytest.mark.parametrize("name", allocate.names())
def test_fitting_follows_the_protocol(name: str, returns: pd.DataFrame) -> None:
    allocator = ready(name)
    assert allocator.name == name
    fitted = allocator.fit(returns, expected_returns=returns.mean())
    assert fitted is allocator
    assert isinstance(fitted, Allocator)
    assert fitted.weights_.dtype == np.float64
    assert fitted.weights_.shape == (6,)
    if name == "reinforcement":  # may hold cash
        assert 0 <= fitted.weights_.sum() <= 1 + 1e-12
    else:
        assert fitted.weights_.sum() == pytest.approx(1, abs=1e-12)
    assert fitted.n_features_in_ == 6
    assert fitted.feature_names_in_.tolist() == list(returns.columns)


@pytest.mark.parametrize("name", allocate.names())
def test_an_array_gives_the_weights_of_the_frame(name: str, returns: pd.DataFrame) -> None:
    allocator = ready(name).fit(returns, expected_returns=returns.mean())
    of_frame = allocator.weights_
    allocator.fit(returns.to_numpy(), expected_returns=returns.mean().to_numpy())
    assert np.array_equal(allocator.weights_, of_frame)
    assert not hasattr(allocator, "feature_names_in_")


@pytest.mark.parametrize("name", allocate.names())
def test_cloning_keeps_parameters_and_forgets_the_fit(name: str, returns: pd.DataFrame) -> None:
    fitted = ready(name).fit(returns, expected_returns=returns.mean())
    copy = clone(fitted)
    assert type(copy) is type(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "weights_")


def test_parameters_are_kept_as_given_and_set_by_name() -> None:
    bounds = {"AAPL": 0.1}
    allocator = allocate.get("min_variance", upper=bounds)
    assert allocator.get_params()["upper"] is bounds
    assert allocator.set_params(covariance="oas").get_params()["covariance"] == "oas"
    with pytest.raises(InputError, match=r"no parameter 'shrink'"):
        allocator.set_params(shrink=True)


def test_an_unknown_name_is_answered_with_the_list() -> None:
    with pytest.raises(InputError, match=r"no allocator 'min_varience'.*equal_weight, .*min_variance.*max_sharpe"):
        allocate.get("min_varience")


def test_an_unknown_parameter_is_answered_with_the_list() -> None:
    with pytest.raises(InputError, match=r"min_variance has no parameter 'short'. It has long_only, lower, upper"):
        allocate.get("min_variance", short=True)
    with pytest.raises(InputError, match=r"equal_weight has no parameter 'lower'. It has none"):
        allocate.get("equal_weight", lower=0.1)


def test_importing_allocate_loads_no_solver() -> None:
    heavy = ("gymnasium", "torch", "finrl", "sklearn", "scipy", "skfolio", "cvxpy", "clarabel")
    script = f"import sys, foliohub.allocate; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
