"""Markowitz's weights: the tangency portfolio, and the best trade of mean against variance under constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from foliohub.allocate.constrained import (
    ConstrainedAllocator,
    Mean,
    mean_returns,
    optimal_weights,
    solve_regular,
    tangency,
)
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.window import Window
from foliohub.errors import InputError
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class MeanVariance(ConstrainedAllocator):
    """Mean-variance weights in one of two forms.

    Parameters
    ----------
    form : {"tangency", "utility"}
        "tangency": ``S⁻¹μ / |1'S⁻¹μ|``, without constraints. "utility": ``max μ'w - ½ risk_aversion · w'Sw`` with
        the constraints given.
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.
    mean : {"sample", "forecast"}
        Where μ comes from: the mean of the window, or `expected_returns` handed to `fit`.
    risk_aversion : float
        Positive; of the utility only. Twice it, half the distance from least variance.
    budget : float or None
        Of the utility only: what the weights sum to; None leaves the sum free, the rest being cash at zero excess
        return, and the unconstrained answer is S⁻¹μ / risk_aversion.
    long_only, lower, upper, groups, max_turnover
        Of the utility only; as in :class:`~foliohub.allocate.constrained.ConstrainedAllocator`. Short positions are
        allowed unless `long_only` is set.

    References
    ----------
    Markowitz, H. (1952). Portfolio selection. Journal of Finance 7(1), 77-91.

    DeMiguel, V., Garlappi, L. and Uppal, R. (2009). Optimal versus naive diversification: how inefficient is the 1/N
    portfolio strategy? Review of Financial Studies 22(5), 1915-1953: "mv".

    Examples
    --------
    >>> import numpy as np
    >>> returns = 0.01 + np.array([[0.01, 0.02], [-0.01, 0.02], [0.01, -0.02], [-0.01, -0.02]])
    >>> MeanVariance().fit(returns).weights_.round(3)
    array([0.8, 0.2])
    >>> MeanVariance(form="utility", mean="forecast").fit(returns, expected_returns=[0.0, 0.0001]).weights_.round(3)
    array([0.65, 0.35])
    """

    name: ClassVar[str] = "mean_variance"

    form: Literal["tangency", "utility"] = "tangency"
    covariance: str | CovarianceEstimator = "sample"
    mean: Mean = "sample"
    risk_aversion: float = 1.0
    budget: float | None = 1.0
    long_only: bool = False

    def _allocate(self, window: Window) -> FloatArray:
        if self.form == "tangency":
            if self._is_constrained or self.budget != 1.0:
                raise InputError(
                    "The tangency form takes no constraints and no budget.",
                    remedy='Use form="utility", or max_sharpe for the best ratio under constraints.',
                )
            mean = mean_returns(window, self.mean, self.name)
            return tangency(estimate_covariance(window, self.covariance), mean)
        if self.form != "utility":
            raise InputError(f"form is {self.form!r}.", remedy='Take "tangency" or "utility".')
        if not (np.isfinite(self.risk_aversion) and self.risk_aversion > 0):
            raise InputError(
                f"risk_aversion is {self.risk_aversion}.", remedy="Give a positive number, 1 to 10 as a rule."
            )
        limits = self._limits(window, self.budget)
        mean = mean_returns(window, self.mean, self.name)
        risk = self.risk_aversion * estimate_covariance(window, self.covariance)
        if not limits.none:
            return optimal_weights(risk, -mean, limits)
        free = solve_regular(risk, mean)
        if self.budget is None:
            return free
        least = solve_regular(risk, np.ones_like(mean))
        weights: FloatArray = free + least * (self.budget - free.sum()) / least.sum()
        return weights
