"""The quadratic solver: exact, by either of its two ways, and honest about problems without a solution."""

from __future__ import annotations

import itertools
from unittest.mock import patch

import numpy as np
import pytest

from foliohub.allocate import quadratic
from foliohub.allocate.quadratic import LinearSystem, solve_quadratic
from foliohub.errors import ModelError


def boxed(n: int, lower: float, upper: float, budget: float | None = 1.0) -> LinearSystem:
    equalities = np.ones((0 if budget is None else 1, n))
    equal = np.array([] if budget is None else [budget])
    return LinearSystem(equalities, equal, np.zeros((0, n)), np.zeros(0), np.full(n, lower), np.full(n, upper))


def problem(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(n + 3, n)) + rng.normal(size=(n + 3, 1))
    return factor.T @ factor * 1e-4, rng.normal(size=n) * 1e-4


def by_enumeration(Q: np.ndarray, c: np.ndarray, lower: float, upper: float) -> np.ndarray:
    """Slow twin: every choice of weights at their bounds, the rest from the conditions of optimality."""
    n, best, value = len(c), np.full(len(c), np.nan), np.inf
    for choice in itertools.product((None, lower, upper), repeat=n):
        free = [position for position in range(n) if choice[position] is None]
        w = np.array([0.0 if bound is None else bound for bound in choice])
        if free:
            matrix = np.block([[Q[np.ix_(free, free)], np.ones((len(free), 1))], [np.ones((1, len(free))), 0]])
            w[free] = np.linalg.solve(matrix, np.r_[-c[free] - Q[free] @ w, 1 - w.sum()])[:-1]
        within = (w >= lower - 1e-12).all() and (w <= upper + 1e-12).all() and abs(w.sum() - 1) < 1e-12
        if within and 0.5 * w @ Q @ w + c @ w < value:
            best, value = w, 0.5 * w @ Q @ w + c @ w
    return best


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("way", ["exchange", "interior point"])
def test_the_solution_is_exact_whichever_way_it_is_found(seed: int, way: str) -> None:
    Q, c = problem(seed, 5)
    exchanges, exact = (0, 1e-8) if way == "interior point" else (12, 1e-12)
    with patch.object(quadratic, "_EXCHANGES", exchanges):
        found = solve_quadratic(Q, c, boxed(5, 0.05, 0.4))
    np.testing.assert_allclose(found, by_enumeration(Q, c, 0.05, 0.4), atol=exact)


def test_clarabel_alone_is_sharpened_to_rounding() -> None:
    Q, c = problem(3, 30)
    expected = solve_quadratic(Q, c, boxed(30, 0.0, 0.2))
    original = quadratic._exchange
    calls = []

    def without_the_first(*arguments):  # type: ignore[no-untyped-def]
        calls.append(arguments)
        return None if len(calls) == 1 else original(*arguments)

    with patch.object(quadratic, "_exchange", without_the_first):
        sharpened = solve_quadratic(Q, c, boxed(30, 0.0, 0.2))
    assert len(calls) == 2
    np.testing.assert_allclose(sharpened, expected, atol=1e-13)


def test_constraints_that_repeat_each_other_do_no_harm() -> None:
    Q, c = problem(1, 4)
    system = boxed(4, 0.0, np.inf)
    row = np.array([[1.0, 1, 0, 0]])
    once = system._replace(rows=row, most=np.array([0.3]))
    thrice = system._replace(rows=np.vstack([row, row, 2 * row]), most=np.array([0.3, 0.3, 0.6]))
    np.testing.assert_allclose(solve_quadratic(Q, c, thrice), solve_quadratic(Q, c, once), atol=1e-9)


def test_a_conflict_gives_none() -> None:
    Q, c = problem(0, 4)
    assert solve_quadratic(Q, c, boxed(4, 0.0, 0.2)) is None


def test_an_objective_without_a_minimum_is_refused() -> None:
    Q = np.diag([1.0, 1.0, 0.0])
    with pytest.raises(ModelError, match="some position can grow without end"):
        solve_quadratic(Q, np.array([0.0, 0.0, -1.0]), boxed(3, 0.0, np.inf, budget=None))


def test_a_steep_slope_is_solved_as_exactly() -> None:
    Q, c = problem(4, 5)
    steep = c * 1e6
    found = solve_quadratic(Q, steep, boxed(5, 0.0, 0.5))
    np.testing.assert_allclose(found, by_enumeration(Q, steep, 0.0, 0.5), atol=1e-9)
