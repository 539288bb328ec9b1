"""Which constraints contradict each other, in numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foliohub.allocate.constraints import Limits
from foliohub.errors import InfeasibleError
from foliohub.types import FloatArray

_SLACK = 1e-9
"""Sums of bounds may miss each other by rounding, as ten lower bounds of 0.1 do."""


def refuse_conflicts(limits: Limits) -> None:
    """Refuse constraints that arithmetic alone shows to contradict each other.

    Raises
    ------
    InfeasibleError
        For a lower bound above its upper bound, and for bounds of tickers and groups that the budget cannot meet.
    """
    conflict = next(_bounds_in_conflict(limits), None) or next(_groups_in_conflict(limits), None)
    if conflict:
        raise InfeasibleError(conflict, remedy="Loosen one of them.")


def explain_infeasibility(limits: Limits) -> InfeasibleError | None:
    """Say which constraints exclude each other after a solver found no weights; None where they do not.

    Constraints are taken away one by one as long as the rest still conflicts: what is left is a smallest set that does.
    """
    refuse_conflicts(limits)
    rows = _named_rows(limits)
    if _least_turnover(limits, rows) is None:
        for name in list(rows):
            rest = {other: row for other, row in rows.items() if other != name}
            if _least_turnover(limits, rest) is None:
                rows = rest
        return InfeasibleError(
            f"These constraints contradict each other: {'; '.join(rows)}.", remedy="Loosen one of them."
        )
    if limits.max_turnover is not None and limits.held is not None:
        least = _least_turnover(limits, rows)
        if least is not None and least > limits.max_turnover - _SLACK:
            return InfeasibleError(
                f"max_turnover is {limits.max_turnover:g}, but no weights within the other constraints can be reached "
                f"from those held with less than {least:.6g}.",
                remedy=f"Allow {np.ceil(least * 1e4) / 1e4:g}, or loosen the constraint the weights held now break.",
            )
    return None


def _bounds_in_conflict(limits: Limits) -> Iterator[str]:
    crossed = limits.lower > limits.upper
    if crossed.any():
        at = int(np.argmax(crossed))
        yield (
            f"The lower bound of {limits.tickers[at]} is {limits.lower[at]:g}, "
            f"above its upper bound {limits.upper[at]:g}."
        )
    for group in limits.groups:
        if group.lower > group.upper:
            yield f"The lower bound of group {group.name!r} is {group.lower:g}, above its upper bound {group.upper:g}."
    if limits.budget is None:
        return
    if limits.lower.sum() > limits.budget + _SLACK:
        yield f"The lower bounds sum to {limits.lower.sum():g}, more than the budget of {limits.budget:g}."
    if limits.upper.sum() < limits.budget - _SLACK:
        yield f"The upper bounds sum to {limits.upper.sum():g}, less than the budget of {limits.budget:g}."


def _groups_in_conflict(limits: Limits) -> Iterator[str]:
    for group in limits.groups:
        inside, outside = group.members, ~group.members
        least, most = limits.lower[inside].sum(), limits.upper[inside].sum()
        if least > group.upper + _SLACK:
            yield f"Group {group.name!r} may hold {group.upper:g}, but its members' lower bounds sum to {least:g}."
        if most < group.lower - _SLACK:
            yield f"Group {group.name!r} must hold {group.lower:g}, but its members' upper bounds sum to {most:g}."
        if limits.budget is None:
            continue
        rest_least, rest_most = limits.lower[outside].sum(), limits.upper[outside].sum()
        if group.lower + rest_least > limits.budget + _SLACK:
            yield (
                f"Group {group.name!r} must hold {group.lower:g} and the lower bounds outside it sum to "
                f"{rest_least:g}: more than the budget of {limits.budget:g}."
            )
        if group.upper + rest_most < limits.budget - _SLACK:
            yield (
                f"Group {group.name!r} may hold {group.upper:g} and the upper bounds outside it sum to "
                f"{rest_most:g}: less than the budget of {limits.budget:g}."
            )


_Rows = dict[str, tuple[FloatArray, FloatArray, FloatArray]]
"""A constraint in words -> (rows, at least, at most)."""


def _named_rows(limits: Limits) -> _Rows:
    n = len(limits.tickers)
    rows: _Rows = {}
    for what, low, high in (
        ("lower bounds", limits.lower, np.full(n, np.inf)),
        ("upper bounds", np.full(n, -np.inf), limits.upper),
    ):
        if np.isfinite(low).any() or np.isfinite(high).any():
            finite = low[np.isfinite(low)] if what.startswith("lower") else high[np.isfinite(high)]
            words = f"{what} of tickers, summing to {finite.sum():g}" if finite.any() else "no short positions"
            rows[words] = (np.eye(n), low, high)
    for group in limits.groups:
        member = group.members.astype(np.float64)[None, :]
        if np.isfinite(group.lower):
            rows[f"group {group.name!r} at least {group.lower:g}"] = _row(member, group.lower, np.inf)
        if np.isfinite(group.upper):
            rows[f"group {group.name!r} at most {group.upper:g}"] = _row(member, -np.inf, group.upper)
    if limits.budget is not None:
        rows[f"budget of {limits.budget:g}"] = _row(np.ones((1, n)), limits.budget, limits.budget)
    return rows


def _row(row: FloatArray, least: float, most: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    return row, np.array([least]), np.array([most])


def _least_turnover(limits: Limits, rows: _Rows) -> float | None:
    """Least ½ Σ |w - held| within some rows; None where nothing satisfies them."""
    if not rows:
        return 0.0
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(limits.tickers)
    held = np.zeros(n) if limits.held is None else limits.held
    table = np.vstack([row for row, _, _ in rows.values()])
    least = np.concatenate([low for _, low, _ in rows.values()])
    most = np.concatenate([high for _, _, high in rows.values()])
    # Weights are held + bought - sold.
    answer = milp(
        np.full(2 * n, 0.5),
        constraints=LinearConstraint(np.hstack([table, -table]), least - table @ held, most - table @ held),
        bounds=Bounds(0.0, np.inf),
    )
    return float(answer.fun) if answer.success else None
