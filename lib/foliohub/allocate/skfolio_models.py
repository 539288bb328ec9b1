"""The ways into skfolio: our covariance as its prior, its failures as our errors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from foliohub.errors import ModelError
from foliohub.types import FloatArray

if TYPE_CHECKING:
    from skfolio.prior import EmpiricalPrior

CONIC_TOLERANCES = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}
"""For Clarabel behind skfolio's problems; its own 1e-8 leaves weights exact to four digits only."""


def prior_with(covariance: FloatArray) -> EmpiricalPrior:
    """A skfolio prior whose covariance is the one given, whatever returns it sees."""
    from skfolio.moments import BaseCovariance
    from skfolio.prior import EmpiricalPrior

    class GivenCovariance(BaseCovariance):  # type: ignore[misc]
        def __init__(self, matrix: FloatArray) -> None:
            super().__init__(nearest=False)
            self.matrix = matrix

        def fit(self, X: Any, y: None = None, **_: Any) -> GivenCovariance:  # noqa: ARG002
            self._set_covariance(np.asarray(self.matrix))
            return self

    return EmpiricalPrior(covariance_estimator=GivenCovariance(covariance))


def fit_skfolio(model: Any, returns: FloatArray, name: str) -> FloatArray:
    """Weights of a skfolio model; what it raises becomes a :class:`~foliohub.errors.ModelError`."""
    from cvxpy.error import SolverError
    from skfolio.exceptions import SkfolioError

    with warnings.catch_warnings():
        # cvxpy warns where a solution is less exact than asked for; the allocators judge that themselves.
        warnings.simplefilter("ignore", UserWarning)
        try:
            model.fit(returns)
        except (SkfolioError, SolverError, ValueError) as error:
            raise ModelError(f"skfolio found no weights for {name}: {error}") from error
    return np.asarray(model.weights_, dtype=np.float64)
