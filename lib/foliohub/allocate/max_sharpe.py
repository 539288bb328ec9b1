"""The portfolio with the best ratio of expected return to risk, under constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.conflicts import explain_infeasibility
from foliohub.allocate.constrained import ConstrainedAllocator, Mean, mean_returns
from foliohub.allocate.constraints import Limits
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.quadratic import LinearSystem, solve_quadratic
from foliohub.allocate.window import Window
from foliohub.errors import ModelError
from foliohub.types import FloatArray

_NOTHING = 1e-9
"""A κ below this share of the positions is zero to the solver: they grow, their sum does not."""


@dataclass(eq=False, kw_only=True)
class MaxSharpe(ConstrainedAllocator):
    """Fully invested weights of the highest ratio ``μ'w / √(w'Sw)`` within the constraints.

    Parameters
    ----------
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.
    mean : {"forecast", "sample"}
        Where μ comes from: `expected_returns` handed to `fit`, or the mean of the window.
    long_only, lower, upper, groups, max_turnover
        As in :class:`~foliohub.allocate.constrained.ConstrainedAllocator`.

    Notes
    -----
    Only the direction of μ counts, not its scale. Where no portfolio within the constraints has a positive expected
    return there is no best ratio, and `fit` raises :class:`~foliohub.errors.ModelError`.

    Charnes and Cooper's substitution y = κw turns the ratio into a quadratic program: least ``y'Sy`` with ``μ'y = 1``
    and each constraint's right-hand side times κ.

    References
    ----------
    Charnes, A. and Cooper, W. W. (1962). Programming with linear fractional functionals. Naval Research Logistics
    Quarterly 9(3-4), 181-186.

    Cornuéjols, G. and Tütüncü, R. (2006). Optimization methods in finance. Cambridge University Press, section 8.2.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.array([[0.01, 0.02], [-0.01, 0.02], [0.01, -0.02], [-0.01, -0.02]])
    >>> MaxSharpe().fit(returns, expected_returns=[0.001, 0.001]).weights_.round(3)
    array([0.8, 0.2])
    """

    name: ClassVar[str] = "max_sharpe"

    covariance: str | CovarianceEstimator = "sample"
    mean: Mean = "forecast"

    def _allocate(self, window: Window) -> FloatArray:
        limits = self._limits(window)
        mean = mean_returns(window, self.mean, self.name)
        covariance = estimate_covariance(window, self.covariance)
        if (mean != 0).any():
            weights = _best_ratio(covariance, mean, limits)
            if weights is not None:
                return limits.snap(weights)
        raise explain_infeasibility(limits) or ModelError(
            f"No portfolio within the constraints has a positive expected return; the best ticker, "
            f"{window.tickers[int(np.argmax(mean))]}, has {mean.max():.6g} per period.",
            remedy="Use min_variance, or hold cash, where nothing is expected to rise.",
        )


def _best_ratio(covariance: FloatArray, mean: FloatArray, limits: Limits) -> FloatArray | None:
    """Weights of the best ratio; None where none within the limits has a positive one."""
    n, held, most = len(mean), limits.held, limits.max_turnover
    scaled = _solve_scaled(covariance, mean, np.eye(n), np.zeros(n), limits.system())
    if held is None or most is None:
        if scaled is not None and not np.isfinite(scaled).all():
            raise ModelError(
                "The ratio of mean to risk has no maximum: it keeps rising as long and short positions grow.",
                remedy="Set long_only, or bounds, or use mean_variance.",
            )
        return scaled
    if scaled is None or limits.allows_turnover_to(scaled):
        return scaled
    trades = np.hstack([np.eye(n), -np.eye(n)])
    return _solve_scaled(covariance, mean, trades, held, limits.trading_system(held, most))


def _solve_scaled(
    covariance: FloatArray, mean: FloatArray, basis: FloatArray, origin: FloatArray, system: LinearSystem
) -> FloatArray | None:
    """Best weights ``origin + basis @ x`` with x in `system`, by way of (κx, κ); infinite where κ is nothing."""
    basis = np.hstack([basis, origin[:, None]])
    # Means of order one keep κ, one over the mean of the best portfolio, of order one as well.
    stretched = solve_quadratic(
        basis.T @ covariance @ basis,
        np.zeros(basis.shape[1]),
        _homogeneous(system, (mean / np.abs(mean).max()) @ basis),
    )
    if stretched is None:
        return None
    positions, scale = basis @ stretched, stretched[-1]
    if scale <= _NOTHING * float(np.abs(positions).sum()):
        return np.full(len(mean), np.inf)
    weights: FloatArray = positions / scale
    return weights


def _homogeneous(system: LinearSystem, mean: FloatArray) -> LinearSystem:
    """The system for (κx, κ), with ``mean @ (κx, κ) = 1`` and κ at least 0."""
    unit = np.eye(len(system.lower))
    # Bounds at zero stay bounds; the others move with κ and become rows.
    low, high = (np.isfinite(bound) & (bound != 0) for bound in (system.lower, system.upper))
    rows = np.vstack([system.rows, -unit[low], unit[high]])
    most = np.concatenate([system.most, -system.lower[low], system.upper[high]])
    return LinearSystem(
        equalities=np.vstack([np.column_stack([system.equalities, -system.equal]), mean]),
        equal=np.append(np.zeros(len(system.equal)), 1.0),
        rows=np.column_stack([rows, -most]),
        most=np.zeros(len(most)),
        lower=np.append(np.where(low, -np.inf, system.lower), 0.0),
        upper=np.append(np.where(high, np.inf, system.upper), np.inf),
    )
