"""What the allocators under constraints share: their five parameters and the way to an optimum within them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.conflicts import explain_infeasibility, refuse_conflicts
from foliohub.allocate.constraints import Bound, GroupBounds, Limits, resolve_limits
from foliohub.allocate.quadratic import solve_quadratic
from foliohub.allocate.window import Window
from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray

Mean: TypeAlias = Literal["sample", "forecast"]
"""Where expected returns come from: the window's own mean, or what `fit` is given as `expected_returns`."""


@dataclass(eq=False, kw_only=True)
class ConstrainedAllocator(PortfolioAllocator):
    """Base of the allocators under constraints; see :mod:`foliohub.allocate.constraints` for what each may be.

    Parameters
    ----------
    long_only : bool
        No weight below zero.
    lower, upper : float, sequence, mapping or Series, optional
        Bounds of each weight. A lower bound takes the place of the zero of `long_only`.
    groups : mapping, optional
        Name -> ``{"members": [tickers], "lower": number, "upper": number}``.
    max_turnover : float, optional
        Most of ``½ Σ |w - previous_weights|``; not bounding where nothing is held yet.
    """

    long_only: bool = True
    lower: Bound | None = None
    upper: Bound | None = None
    groups: Mapping[str, GroupBounds] | None = None
    max_turnover: float | None = None

    def _limits(self, window: Window, budget: float | None = 1.0) -> Limits:
        limits = resolve_limits(
            window,
            long_only=self.long_only,
            lower=self.lower,
            upper=self.upper,
            groups=self.groups,
            max_turnover=self.max_turnover,
            budget=budget,
        )
        refuse_conflicts(limits)
        return limits

    @property
    def _is_constrained(self) -> bool:
        given = (self.lower, self.upper, self.groups, self.max_turnover)
        return self.long_only or any(constraint is not None for constraint in given)


def optimal_weights(quadratic: FloatArray, linear: FloatArray, limits: Limits) -> FloatArray:
    """Minimise ``½ w'Qw + c'w`` within limits.

    Raises
    ------
    InfeasibleError
        Where the constraints contradict each other; says which.
    """
    weights = solve_quadratic(quadratic, linear, limits.system())
    if weights is not None and not limits.allows_turnover_to(weights):
        weights = _within_turnover(quadratic, linear, limits, weights)
    if weights is None:
        raise explain_infeasibility(limits) or ModelError(
            f"No weights of {len(limits.tickers)} tickers were found, though the constraints leave room.",
            remedy="Look for constraints that almost contradict each other.",
        )
    return limits.snap(weights)


def _within_turnover(
    quadratic: FloatArray, linear: FloatArray, limits: Limits, wanted: FloatArray
) -> FloatArray | None:
    """Minimise over what is bought and sold, looking first where `wanted` lies; None where nothing can be reached."""
    if limits.held is None or limits.max_turnover is None:
        return wanted
    held, n = limits.held, len(wanted)
    change = quadratic @ held + linear
    trades = solve_quadratic(
        np.block([[quadratic, -quadratic], [-quadratic, quadratic]]),
        np.concatenate([change, -change]),
        limits.trading_system(held, limits.max_turnover),
        start=np.maximum(np.concatenate([wanted - held, held - wanted]), 0.0),
    )
    return None if trades is None else held + trades[:n] - trades[n:]


def mean_returns(window: Window, source: Mean, name: str) -> FloatArray:
    """Expected returns (n_tickers,) per period, from the source asked for.

    Raises
    ------
    InputError
        Where forecasts are asked for and `fit` was given none, or there is no such source.
    """
    if source == "sample":
        return np.asarray(window.returns.mean(axis=0), dtype=np.float64)
    if source != "forecast":
        raise InputError(f"mean is {source!r}.", remedy='Take "sample" or "forecast".')
    if window.expected_returns is None:
        raise InputError(
            f"{name} needs expected returns, and fit was given none.",
            remedy='Pass expected_returns to fit, or mean="sample" for the mean of the window.',
        )
    return window.expected_returns


def solve_regular(covariance: FloatArray, right: FloatArray) -> FloatArray:
    """Solve ``covariance @ x = right`` by Cholesky, on correlations, where the scales of assets do no harm."""
    from scipy.linalg import cho_factor, cho_solve

    deviations = np.sqrt(np.diag(covariance))
    factor = cho_factor(covariance / np.outer(deviations, deviations), lower=True)
    solution: FloatArray = cho_solve(factor, right / deviations) / deviations
    return solution


def tangency(covariance: FloatArray, mean: FloatArray) -> FloatArray:
    """Weights ``S⁻¹μ / |1'S⁻¹μ|``: the direction of the best ratio of mean to risk, fully invested in absolute terms.

    Divided by the *absolute* sum, as DeMiguel, Garlappi and Uppal do: where the sum is negative, dividing by it would
    turn every long position into a short one. The weights then sum to -1, and 2 lies in cash.
    """
    direction = solve_regular(covariance, mean)
    total = abs(float(direction.sum()))
    if not total > 1e-12 * float(np.abs(direction).sum()):
        raise ModelError(
            "The tangency weights sum to zero and cannot be scaled to one.",
            remedy='Use form="utility" of mean_variance, which takes no such division.',
        )
    return direction / total
