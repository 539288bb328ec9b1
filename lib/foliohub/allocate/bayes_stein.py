"""Jorion's Bayes-Stein portfolio: means shrunk towards that of the portfolio of least variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.constrained import solve_regular, tangency
from foliohub.allocate.covariance import estimate_covariance
from foliohub.allocate.window import Window
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class BayesStein(PortfolioAllocator):
    """Tangency weights of Jorion's predictive mean and covariance, as DeMiguel, Garlappi and Uppal compute them.

    Notes
    -----
    With T dates, N tickers, μ̂ the sample mean and Σ̂ the sample covariance with the divisor T - N - 2 (so that Σ̂⁻¹ is
    unbiased for normal returns), and μmin the mean of the portfolio of least variance,

    * ``d = (μ̂ - μmin)'Σ̂⁻¹(μ̂ - μmin)``, the shrinkage is ``φ = (N + 2) / (N + 2 + T d)`` and the prior's weight in
      dates ``λ = (N + 2) / d``;
    * the mean is ``(1 - φ) μ̂ + φ μmin``;
    * the covariance, which carries the uncertainty of the mean, ``Σ̂ (1 + 1/(T + λ)) + λ/(T (T + 1 + λ)) 11'/(1'Σ̂⁻¹1)``;
    * the weights are ``x / |1'x|`` with x the inverse of that covariance times that mean.

    References
    ----------
    Jorion, P. (1986). Bayes-Stein estimation for portfolio analysis. Journal of Financial and Quantitative Analysis
    21(3), 279-292.

    DeMiguel, V., Garlappi, L. and Uppal, R. (2009). Optimal versus naive diversification: how inefficient is the 1/N
    portfolio strategy? Review of Financial Studies 22(5), 1915-1953: "bs".

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.random.default_rng(0).normal(0.01, 0.05, size=(120, 3))
    >>> BayesStein().fit(returns).weights_.round(2)
    array([0.26, 0.34, 0.4 ])
    """

    name: ClassVar[str] = "bayes_stein"

    def _allocate(self, window: Window) -> FloatArray:
        t, n = window.returns.shape
        window.require_rows(n + 3, f"the covariance of {n} takes the divisor T - {n + 2}")
        covariance = estimate_covariance(window, "sample") * (t - 1) / (t - n - 2)
        mean = np.asarray(window.returns.mean(axis=0), dtype=np.float64)

        least = solve_regular(covariance, np.ones(n))
        least_variance = 1.0 / float(least.sum())
        anchor = float(least @ mean) * least_variance
        distance = float((mean - anchor) @ solve_regular(covariance, mean - anchor))

        shrinkage = (n + 2) / (n + 2 + t * distance)
        # λ is infinite where all means agree; both factors are written in φ and d, which never are.
        own_share = (1 - shrinkage) / t  # 1 / (T + λ)
        common = (n + 2) / (n + 2 + (t + 1) * distance) / t  # λ / (T (T + 1 + λ))
        predictive = covariance * (1 + own_share) + common * least_variance
        return tangency(predictive, (1 - shrinkage) * mean + shrinkage * anchor)
