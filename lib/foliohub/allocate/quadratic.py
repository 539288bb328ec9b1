"""Quadratic programs over weights, solved exactly: by their active set, with Clarabel where that is not found at once.

With the inequalities that hold with equality known, the conditions of optimality (Karush, Kuhn and Tucker's) are one
linear system whose solution is exact to rounding. The set is looked for by exchanging what breaks a condition, from no
inequality at all: bounds on weights rarely take more than a handful of steps. Where that does not settle, Clarabel's
interior point ends near the answer (weights that should be 0 are 1e-9, others are off in the eighth digit) and says
which inequalities to start from. Either way an exact solution is taken only where it satisfies every condition.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from foliohub.errors import ModelError
from foliohub.types import FloatArray

_TOLERANCE = 1e-10
"""Clarabel's, on a problem of order one."""
_ROUNDING = 1e-11
"""What an exact solution may miss a constraint by, in weights and in scaled multipliers."""
_EXCHANGES = 12
_REPEATED_ROWS = 400
"""Largest system worth a singular value decomposition where constraints repeat each other."""


class LinearSystem(NamedTuple):
    """``equalities @ x = equal``, ``rows @ x <= most`` and ``lower <= x <= upper``; bounds may be infinite."""

    equalities: FloatArray
    equal: FloatArray
    rows: FloatArray
    most: FloatArray
    lower: FloatArray
    upper: FloatArray


class _Active(NamedTuple):
    """Which inequalities of a system are taken to hold with equality."""

    rows: npt.NDArray[np.bool_]
    lower: npt.NDArray[np.bool_]
    upper: npt.NDArray[np.bool_]


def solve_quadratic(
    quadratic: FloatArray, linear: FloatArray, system: LinearSystem, start: FloatArray | None = None
) -> FloatArray | None:
    """Minimise ``½ x'Qx + c'x`` under a linear system.

    Parameters
    ----------
    quadratic : ndarray (n, n)
        Q, positive semidefinite.
    linear : ndarray (n,)
        c.
    system : LinearSystem
        The constraints.
    start : ndarray (n,), optional
        Where to look first: its variables at a lower bound are taken to stay there.

    Returns
    -------
    ndarray (n,) or None
        The solution, exact to about 1e-11 as a rule; None where nothing satisfies the constraints.

    Raises
    ------
    ModelError
        Where the objective has no minimum, or the solver gives up.

    References
    ----------
    Hintermüller, M., Ito, K. and Kunisch, K. (2002). The primal-dual active set strategy as a semismooth Newton method.
    SIAM Journal on Optimization 13(3), 865-888.
    """
    # Daily variances are 1e-4: on a problem of order one, tolerances mean what they say.
    scale = float(np.mean(np.diag(quadratic)))
    cost, slope = quadratic / scale, linear / scale

    first = _Active(*(np.zeros(len(bound), dtype=np.bool_) for bound in (system.most, system.lower, system.upper)))
    if start is not None:
        first = first._replace(lower=start <= system.lower)
    exact = _exchange(cost, slope, system, first)
    if exact is not None:
        return exact
    near, active, status = _interior_point(cost, slope, system)
    if "PrimalInfeasible" in status:
        return None
    if "DualInfeasible" in status:
        raise ModelError(
            "The objective has no minimum: some position can grow without end.", remedy="Bound the weights."
        )
    exact = _exchange(cost, slope, system, active)
    if exact is None and status != "Solved":
        raise ModelError(
            f"Clarabel ended with {status} on {len(linear)} weights.",
            remedy="Look for constraints that almost conflict.",
        )
    return near if exact is None else exact


def _interior_point(cost: FloatArray, slope: FloatArray, system: LinearSystem) -> tuple[FloatArray, _Active, str]:
    """Clarabel's solution, the inequalities whose multiplier exceeds their slack, and how it ended."""
    import clarabel
    from scipy.sparse import csc_matrix

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TOLERANCE
    unit, low, high = np.eye(len(slope)), np.isfinite(system.lower), np.isfinite(system.upper)
    rows = csc_matrix(np.vstack([system.equalities, system.rows, -unit[low], unit[high]]))
    bounds = np.concatenate([system.equal, system.most, -system.lower[low], system.upper[high]])
    equal = len(system.equal)
    cones = [clarabel.ZeroConeT(equal), clarabel.NonnegativeConeT(len(bounds) - equal)]
    # A steep slope is brought down to order one, and the curvature with it; the solution stays where it is.
    steepness = max(1.0, float(np.abs(slope).max(initial=0.0)))
    curvature = csc_matrix(np.triu(cost) / steepness)
    solution: Any = clarabel.DefaultSolver(curvature, slope / steepness, rows, bounds, cones, settings).solve()

    tight = (np.array(solution.z) > np.array(solution.s))[equal:]
    active = _Active(tight[: len(system.most)], np.zeros_like(low), np.zeros_like(high))
    active.lower[low], active.upper[high] = np.split(tight[len(system.most) :], [int(low.sum())])
    return np.array(solution.x), active, str(solution.status)


def _exchange(cost: FloatArray, slope: FloatArray, system: LinearSystem, active: _Active) -> FloatArray | None:
    """Exchange active inequalities until all conditions hold; None where they do not settle.

    The unknowns are x and a multiplier for each equality and row. A variable at a bound, and the multiplier of a row
    that is not active, are given: their condition leaves the system, and what it then misses by tells whether they are
    rightly given.
    """
    n, equal = len(slope), len(system.equal)
    table = np.concatenate([system.equalities, system.rows])
    conditions = np.zeros((n + len(table), n + len(table)))
    conditions[:n, :n], conditions[:n, n:], conditions[n:, :n] = cost, table.T, table
    target = np.concatenate([-slope, system.equal, system.most])
    tolerance = _ROUNDING * max(1.0, float(np.abs(slope).max()))
    none, nothing = np.zeros(equal, dtype=np.bool_), np.zeros(len(table))
    for _ in range(_EXCHANGES):
        at_bound = active.lower | active.upper
        given = np.concatenate([at_bound, none, ~active.rows])
        values = np.concatenate([np.where(active.lower, system.lower, system.upper), nothing])
        answer = _solve(conditions, target, given, values, tolerance)
        if answer is None:
            return None
        x, multipliers, missed = answer[:n], answer[n + equal :], conditions @ answer - target
        # A multiplier of the wrong sign frees its inequality; an inequality that is broken becomes active.
        rows = np.where(active.rows, multipliers >= -tolerance, missed[n + equal :] > _ROUNDING)
        lower = np.where(at_bound, active.lower & (missed[:n] >= -tolerance), x < system.lower - _ROUNDING)
        upper = np.where(at_bound, active.upper & (missed[:n] <= tolerance), x > system.upper + _ROUNDING)
        if all(np.array_equal(new, old) for new, old in zip((rows, lower, upper), active, strict=True)):
            return x
        active = _Active(rows, lower, upper)
    return None


def _solve(
    conditions: FloatArray, target: FloatArray, given: npt.NDArray[np.bool_], values: FloatArray, tolerance: float
) -> FloatArray | None:
    """Solve with some unknowns given; None where what remains contradicts itself."""
    sought = np.flatnonzero(~given)
    answer = np.where(given, values, 0.0)
    rows = conditions[sought]
    matrix, right = rows[:, sought], target[sought] - rows @ answer
    try:
        answer[sought] = np.linalg.solve(matrix, right)
        if np.abs(rows @ answer - target[sought]).max(initial=0.0) <= tolerance:
            return answer
    except np.linalg.LinAlgError:
        pass
    if len(sought) > _REPEATED_ROWS:
        return None
    # Constraints that repeat each other leave their multipliers open; the least of them will do.
    answer[sought] = np.linalg.lstsq(matrix, right)[0]
    return answer if np.abs(rows @ answer - target[sought]).max(initial=0.0) <= tolerance else None
