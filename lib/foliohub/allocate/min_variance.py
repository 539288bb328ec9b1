"""The portfolio of least variance: no forecast of returns, only of risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.constrained import ConstrainedAllocator, optimal_weights, solve_regular
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.window import Window
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class MinVariance(ConstrainedAllocator):
    """Fully invested weights of least variance, ``min w'Sw`` with ``1'w = 1`` and the constraints given.

    Parameters
    ----------
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.
    long_only, lower, upper, groups, max_turnover
        As in :class:`~foliohub.allocate.constrained.ConstrainedAllocator`. ``long_only=False`` and nothing else gives
        the closed form S⁻¹1 / 1'S⁻¹1; ``lower=1 / (2 * n_tickers)`` DeMiguel, Garlappi and Uppal's "g-min-c".

    Notes
    -----
    The scale of S, and so its divisor, plays no part. Short-sale and lower bounds act as shrinkage of the covariance
    (Jagannathan and Ma), which is why they help although they bind.

    References
    ----------
    Jagannathan, R. and Ma, T. (2003). Risk reduction in large portfolios: why imposing the wrong constraints helps.
    Journal of Finance 58(4), 1651-1683.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.array([[0.01, 0.02], [-0.01, 0.02], [0.01, -0.02], [-0.01, -0.02]])
    >>> MinVariance().fit(returns).weights_.round(3)
    array([0.8, 0.2])
    >>> MinVariance(lower=0.25).fit(returns).weights_.round(3)
    array([0.75, 0.25])
    """

    name: ClassVar[str] = "min_variance"

    covariance: str | CovarianceEstimator = "sample"

    def _allocate(self, window: Window) -> FloatArray:
        limits = self._limits(window)
        covariance = estimate_covariance(window, self.covariance)
        if limits.none:
            direction = solve_regular(covariance, np.ones(window.n_tickers))
            weights: FloatArray = direction / direction.sum()
            return weights
        return optimal_weights(covariance, np.zeros(window.n_tickers), limits)
