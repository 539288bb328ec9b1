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
        best = float(np.abs(mean).max())
        if best > 0:
            n = window.n_tickers
            # Volatilities and means of order one keep κ, which is one over the ratio's mean, of order one as well.
            cost = np.zeros((n + 1, n + 1))
            cost[:n, :n] = covariance
            stretched = solve_quadratic(cost, np.zeros(n + 1), _homogeneous(limits, mean / best))
            if stretched is not None:
                if stretched[n] > _NOTHING * float(np.abs(stretched[:n]).sum()):
                    return limits.snap(stretched[:n] / stretched[n])
                raise ModelError(
                    "The ratio of mean to risk has no maximum: it keeps rising as long and short positions grow.",
                    remedy="Set long_only, or bounds, or use mean_variance.",
                )
        raise explain_infeasibility(limits) or ModelError(
            f"No portfolio within the constraints has a positive expected return; the best ticker, "
            f"{window.tickers[int(np.argmax(mean))]}, has {mean.max():.6g} per period.",
            remedy="Use min_variance, or hold cash, where nothing is expected to rise.",
        )


def _homogeneous(limits: Limits, mean: FloatArray) -> LinearSystem:
    """The limits for (κw, κ, κ·moves), with ``mean @ κw = 1`` and κ at least 0."""
    n = len(mean)
    system = limits.system()
    size = len(system.lower) + 1
    unit = np.eye(len(system.lower))

    def with_scale(rows: FloatArray, right: FloatArray) -> FloatArray:
        return np.hstack([rows[:, :n], -right[:, None], rows[:, n:]])

    # Bounds at zero stay bounds; the others move with κ and become rows.
    low, high = (np.isfinite(bound) & (bound != 0) for bound in (system.lower, system.upper))
    rows = np.vstack([system.rows, -unit[low], unit[high]])
    most = np.concatenate([system.most, -system.lower[low], system.upper[high]])
    mean_row = np.zeros((1, size))
    mean_row[0, :n] = mean
    return LinearSystem(
        equalities=np.vstack([with_scale(system.equalities, system.equal), mean_row]),
        equal=np.append(np.zeros(len(system.equal)), 1.0),
        rows=with_scale(rows, most),
        most=np.zeros(len(most)),
        lower=np.insert(np.where(low, -np.inf, system.lower), n, 0.0),
        upper=np.insert(np.where(high, np.inf, system.upper), n, np.inf),
    )
