"""Risk parity: every position contributes the same share of the portfolio's variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.window import Window
from foliohub.errors import ModelError
from foliohub.types import FloatArray

_STEPS = 200
_CONVERGED = 1e-8
"""Newton decrement after whose step, its square, contributions agree to rounding."""
_FLOOR = 1e-12
"""Least mean correlation the start is scaled by."""
_NEAR = 0.25
"""Newton decrement below which the full step converges quadratically."""


@dataclass(eq=False, kw_only=True)
class RiskParity(PortfolioAllocator):
    """Long-only, fully invested weights with ``w_i (Sw)_i`` the same for all tickers.

    Parameters
    ----------
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.

    Notes
    -----
    The weights exist and are unique for every covariance under which no long-only portfolio is without risk; it need
    not be regular. No constraints: any that binds would unbalance the contributions. Solved here rather than by
    skfolio, whose conic form of the problem leaves contributions unequal by 1e-5.

    References
    ----------
    Maillard, S., Roncalli, T. and Teiletche, J. (2010). The properties of equally weighted risk contribution
    portfolios. Journal of Portfolio Management 36(4), 60-70.

    Spinu, F. (2013). An algorithm for computing risk parity weights. SSRN 2297383.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.array([[0.01, 0.03], [-0.01, 0.03], [0.01, -0.03], [-0.01, -0.03]])
    >>> RiskParity().fit(returns).weights_.round(4)
    array([0.75, 0.25])
    """

    name: ClassVar[str] = "risk_parity"

    covariance: str | CovarianceEstimator = "sample"

    def _allocate(self, window: Window) -> FloatArray:
        covariance = estimate_covariance(window, self.covariance, may_be_singular=True)
        deviations = np.sqrt(np.diag(covariance))
        balanced = _balance(covariance / np.outer(deviations, deviations))
        if balanced is None:
            raise ModelError(
                f"The contributions of {window.n_tickers} tickers to the variance could not be balanced over "
                f"{window.span}: some long-only portfolio of them is without risk.",
                remedy='Use covariance="ledoit_wolf", a longer window, or fewer tickers.',
            )
        weights: FloatArray = balanced / deviations
        weights /= weights.sum()
        return weights


def _balance(correlation: FloatArray) -> FloatArray | None:
    """Solve ``x_i (Cx)_i = 1``, x positive, by Newton's method; None where that has no solution.

    The equations are those of the minimum of ``½ x'Cx - Σ log x``, whose logarithms make it self-concordant: steps
    shortened by the decrement cannot leave the positive numbers and converge from anywhere.
    """
    x = np.full(len(correlation), 1 / np.sqrt(max(correlation.mean(), _FLOOR) * len(correlation)))
    for _ in range(_STEPS):
        slope = correlation @ x - 1 / x
        try:
            step = np.linalg.solve(correlation + np.diag(1 / x**2), slope)
        except np.linalg.LinAlgError:
            return None
        squared = float(slope @ step)
        if not squared >= 0:  # Lost to rounding on the way to a portfolio without risk.
            return None
        decrement = np.sqrt(squared)
        x = x - (step if decrement < _NEAR else step / (1 + decrement))
        if decrement <= _CONVERGED:
            return x
    return None
