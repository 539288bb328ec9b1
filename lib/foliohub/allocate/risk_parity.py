"""Risk parity: every position contributes the same share of the portfolio's variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.skfolio_models import CONIC_TOLERANCES, fit_skfolio, prior_with
from foliohub.allocate.window import Window
from foliohub.errors import ModelError
from foliohub.types import FloatArray

_BALANCED = 1e-6
"""Largest difference between two contributions, relative to their mean, that passes as equal."""


@dataclass(eq=False, kw_only=True)
class RiskParity(PortfolioAllocator):
    """Long-only, fully invested weights with ``w_i (Sw)_i`` the same for all tickers; skfolio solves.

    Parameters
    ----------
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.

    Notes
    -----
    The weights exist and are unique for every covariance under which no long-only portfolio is without risk; it need
    not be regular. No constraints: any that binds would unbalance the contributions.

    References
    ----------
    Maillard, S., Roncalli, T. and Teiletche, J. (2010). The properties of equally weighted risk contribution
    portfolios. Journal of Portfolio Management 36(4), 60-70.

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
        from skfolio.optimization import RiskBudgeting

        # Budgeted on correlations, where all assets are of one size, and brought back: contributions do not change.
        deviations = np.sqrt(np.diag(covariance))
        model = RiskBudgeting(
            prior_estimator=prior_with(covariance / np.outer(deviations, deviations)), solver_params=CONIC_TOLERANCES
        )
        unscaled = fit_skfolio(model, window.returns / deviations, self.name) / deviations
        weights: FloatArray = unscaled / unscaled.sum()
        contributions = weights * (covariance @ weights)
        if not np.ptp(contributions) <= _BALANCED * contributions.mean():
            raise ModelError(
                f"The contributions of {window.n_tickers} tickers to the variance could not be balanced over "
                f"{window.span}: some long-only portfolio of them is almost without risk.",
                remedy='Use covariance="ledoit_wolf", a longer window, or fewer tickers.',
            )
        return weights
