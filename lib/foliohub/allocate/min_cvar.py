"""The portfolio of least conditional value at risk: the mean of its worst days, not their spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from foliohub.allocate.conflicts import explain_infeasibility
from foliohub.allocate.constrained import ConstrainedAllocator
from foliohub.allocate.skfolio_models import CONIC_TOLERANCES, fit_skfolio, prior_with
from foliohub.allocate.window import Window
from foliohub.errors import InputError, ModelError
from foliohub.types import FloatArray


@dataclass(eq=False, kw_only=True)
class MinCVaR(ConstrainedAllocator):
    """Fully invested weights of least historical CVaR (expected shortfall) within the constraints; skfolio solves.

    Parameters
    ----------
    confidence : float
        Between 0 and 1: 0.95 looks at the mean of the worst 5 % of the window's periods.
    long_only, lower, upper, groups, max_turnover
        As in :class:`~foliohub.allocate.constrained.ConstrainedAllocator`.

    Notes
    -----
    The window needs at least 1/(1 - confidence) rows, 20 for 0.95, or "the worst 5 %" is less than one period.

    References
    ----------
    Rockafellar, R. T. and Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of Risk 2(3), 21-41.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.full((20, 2), 0.01)
    >>> returns[3] = -0.02, -0.06
    >>> returns[7] = -0.06, -0.02
    >>> MinCVaR().fit(returns).weights_.round(3)
    array([0.5, 0.5])
    """

    name: ClassVar[str] = "min_cvar"

    confidence: float = 0.95

    def _allocate(self, window: Window) -> FloatArray:
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}.", remedy="Give a number such as 0.95.")
        # Rounded first: 1 / (1 - 0.95) is a hair above 20.
        least = int(np.ceil(round(1 / (1 - self.confidence), 6)))
        window.require_rows(least, f"the worst {1 - self.confidence:.3g} of them is less than one")
        limits = self._limits(window)
        # Daily returns are 1e-2: brought to order one, the solver's tolerances mean what they say.
        size = float(window.returns.std())
        returns = window.returns / size if size > 0 else window.returns

        from skfolio import RiskMeasure
        from skfolio.optimization import MeanRisk

        most = limits.max_turnover if limits.held is not None else None

        def bounded_turnover(weights: Any) -> list[Any]:
            from cvxpy.atoms.norm1 import norm1

            return [norm1(weights - limits.held) <= 2 * (most or 0.0)]

        groups = limits.system()
        model = MeanRisk(
            risk_measure=RiskMeasure.CVAR,
            cvar_beta=self.confidence,
            # CVaR reads the returns; a covariance is wanted by form only, and need not exist.
            prior_estimator=prior_with(np.eye(window.n_tickers)),
            min_weights=limits.lower if np.isfinite(limits.lower).any() else None,
            max_weights=limits.upper if np.isfinite(limits.upper).any() else None,
            left_inequality=groups.rows if len(groups.most) else None,
            right_inequality=groups.most if len(groups.most) else None,
            add_constraints=None if most is None else bounded_turnover,
            solver_params=CONIC_TOLERANCES,
        )
        try:
            return limits.snap(fit_skfolio(model, returns, self.name))
        except ModelError as error:
            raise explain_infeasibility(limits) or error from error
