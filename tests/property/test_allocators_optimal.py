"""Under any constraints, weights are optimal or the constraints conflict: certified without the library's own code.

Where a convex problem is solved, the gradient promises nothing better anywhere: ``gradient @ (v - w) >= 0`` for all v
within the constraints. The most promising v is the answer of a linear program over the constraints as stated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from foliohub import allocate
from foliohub.errors import InfeasibleError, ModelError

TIGHT = 1e-9


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """Returns, constraints and holdings, drawn so that about every third set of constraints conflicts."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 12))
    dates = n + draw(st.integers(5, 60))
    returns = rng.normal(0.001, 0.01, size=(dates, 1)) + rng.normal(0, 0.02, size=(dates, n)) * rng.uniform(0.3, 1, n)
    lower: Any = {
        "zero": np.zeros(n),
        "positive": rng.uniform(0, 1 / n, n),
        "negative": -rng.uniform(0, 0.3, n),
    }[draw(st.sampled_from(["zero", "positive", "negative"]))]
    upper = np.maximum(lower, 0) + rng.uniform(0, 3 / n, n) if draw(st.booleans()) else np.full(n, np.inf)
    groups = {}
    for name in "abc"[: draw(st.integers(0, 3))]:
        least = rng.uniform(0, 0.5)
        members = [f"x{position}" for position in rng.choice(n, size=rng.integers(1, n + 1), replace=False)]
        groups[name] = {"members": members, "lower": least, "upper": least + rng.uniform(0, 0.6)}
    held = rng.dirichlet(np.ones(n)) if draw(st.booleans()) else None
    turnover = None if held is None else rng.uniform(0, 0.5)
    constraints = {"long_only": bool((lower >= 0).all()), "lower": lower, "upper": upper, "groups": groups}
    return {"returns": returns, "held": held, "constraints": constraints | {"max_turnover": turnover}}


def best_gain(gradient: np.ndarray, problem: dict[str, Any]) -> float | None:
    """The least ``gradient @ v`` within the constraints; None where they conflict.

    Variables are the weights, then what is bought and what is sold.
    """
    n, constraints, held = len(gradient), problem["constraints"], problem["held"]
    rows, most = [np.zeros(3 * n)], [0.0]
    equalities, equal = [np.r_[np.ones(n), np.zeros(2 * n)]], [1.0]
    for group in constraints["groups"].values():
        row = np.zeros(3 * n)
        row[[int(member[1:]) for member in group["members"]]] = 1
        rows += [row, -row]
        most += [group["upper"], -group["lower"]]
    if held is not None:
        rows.append(np.r_[np.zeros(n), np.full(2 * n, 0.5)])
        most.append(constraints["max_turnover"])
        for position in range(n):
            row = np.zeros(3 * n)
            row[[position, n + position, 2 * n + position]] = 1, -1, 1
            equalities.append(row)
            equal.append(held[position])
    answer = linprog(
        np.r_[gradient, np.zeros(2 * n)],
        A_ub=np.array(rows),
        b_ub=most,
        A_eq=np.array(equalities),
        b_eq=equal,
        bounds=[*zip(constraints["lower"], constraints["upper"], strict=True)] + [(0, None)] * (2 * n),
    )
    return None if answer.status == 2 else float(answer.fun)


def check_constraints(weights: np.ndarray, problem: dict[str, Any]) -> None:
    constraints, held = problem["constraints"], problem["held"]
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= constraints["lower"] - TIGHT).all()
    assert (weights <= constraints["upper"] + TIGHT).all()
    for group in constraints["groups"].values():
        total = weights[[int(member[1:]) for member in group["members"]]].sum()
        assert group["lower"] - TIGHT <= total <= group["upper"] + TIGHT
    if held is not None:
        assert 0.5 * np.abs(weights - held).sum() <= constraints["max_turnover"] + TIGHT


def check_allocator(allocator: allocate.PortfolioAllocator, problem: dict[str, Any], gradient: Any) -> None:
    returns = problem["returns"]
    try:
        weights = allocator.fit(returns, previous_weights=problem["held"]).weights_
    except InfeasibleError:
        assert best_gain(np.zeros(returns.shape[1]), problem) is None, "constraints that do not conflict were refused"
        return
    check_constraints(weights, problem)
    slope = gradient(weights, returns.mean(axis=0), np.atleast_2d(np.cov(returns, rowvar=False)))
    best = best_gain(slope, problem)
    assert best is not None, "constraints that conflict were accepted"
    # Where nothing binds the slope is a difference of equals: what rounding leaves of it has no size to compare with.
    assert slope @ weights - best <= 1e-8 * np.abs(slope).max() + 1e-14


several = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@several
@given(problems())
def test_min_variance_is_optimal(problem: dict[str, Any]) -> None:
    allocator = allocate.get("min_variance", **problem["constraints"])
    check_allocator(allocator, problem, lambda w, mean, S: S @ w)


@several
@given(problems(), st.floats(0.1, 1000))
def test_mean_variance_is_optimal(problem: dict[str, Any], aversion: float) -> None:
    allocator = allocate.get("mean_variance", form="utility", risk_aversion=aversion, **problem["constraints"])
    check_allocator(allocator, problem, lambda w, mean, S: aversion * S @ w - mean)


@several
@given(problems())
def test_max_sharpe_is_optimal(problem: dict[str, Any]) -> None:
    best = best_gain(-problem["returns"].mean(axis=0), problem)
    assume(best is None or best < -1e-6)
    allocator = allocate.get("max_sharpe", mean="sample", **problem["constraints"])
    check_allocator(allocator, problem, lambda w, mean, S: S @ w / (w @ S @ w) - mean / (mean @ w))


@several
@given(problems())
def test_max_sharpe_without_a_rising_portfolio_says_so(problem: dict[str, Any]) -> None:
    problem["returns"] -= problem["returns"].mean(axis=0) + 0.001
    assume((problem["constraints"]["lower"] >= 0).all())
    with pytest.raises((ModelError, InfeasibleError)):
        allocate.get("max_sharpe", mean="sample", **problem["constraints"]).fit(
            problem["returns"], previous_weights=problem["held"]
        )
