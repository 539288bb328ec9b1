"""Hierarchical risk parity: split the budget down a tree of similar assets, without inverting a covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.covariance import CovarianceEstimator, estimate_covariance
from foliohub.allocate.skfolio_models import fit_skfolio, prior_with
from foliohub.allocate.window import Window
from foliohub.errors import InputError
from foliohub.types import FloatArray

Linkage = Literal["single", "complete", "average", "ward"]


@dataclass(eq=False, kw_only=True)
class HierarchicalRiskParity(PortfolioAllocator):
    """López de Prado's long-only, fully invested weights; skfolio clusters and bisects.

    Parameters
    ----------
    covariance : str or callable
        The estimator of S: "sample", "ewma", "ledoit_wolf", "oas", or a function from returns to a covariance.
    linkage : {"single", "complete", "average", "ward"}
        How near two clusters are. "single" is the paper's; "ward" makes trees that change less from one window to the
        next.

    Notes
    -----
    As in the paper and unlike skfolio's default: the distance of two assets is that between their columns of
    ``√((1 - ρ)/2)``, and leaves keep the order in which the clustering joined them. That order depends on the order of
    the columns where distances tie, and so then do the weights. A singular covariance does no harm.

    References
    ----------
    López de Prado, M. (2016). Building diversified portfolios that outperform out of sample. Journal of Portfolio
    Management 42(4), 59-69.

    Examples
    --------
    >>> import numpy as np
    >>> returns = np.array([[0.01, 0.02], [-0.01, 0.02], [0.01, -0.02], [-0.01, -0.02]])
    >>> HierarchicalRiskParity().fit(returns).weights_.round(3)
    array([0.8, 0.2])
    """

    name: ClassVar[str] = "hierarchical_risk_parity"

    covariance: str | CovarianceEstimator = "sample"
    linkage: Linkage = "single"

    def _allocate(self, window: Window) -> FloatArray:
        if self.linkage not in get_args(Linkage):
            raise InputError(f"linkage is {self.linkage!r}.", remedy=f"Take one of {', '.join(get_args(Linkage))}.")
        covariance = estimate_covariance(window, self.covariance, may_be_singular=True)
        if window.n_tickers == 1:
            return np.ones(1)
        return fit_skfolio(_model(covariance, self.linkage), window.returns, self.name)


def _model(covariance: FloatArray, linkage: Linkage) -> Any:
    from scipy.spatial.distance import pdist, squareform
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.distance import CovarianceDistance
    from skfolio.optimization import HierarchicalRiskParity as Model
    from skfolio.seriation import HierarchicalSeriation

    class ColumnDistance(CovarianceDistance):  # type: ignore[misc]
        """Euclidean distance between the columns of the correlation distance."""

        def fit(self, X: Any, y: None = None, **parameters: Any) -> ColumnDistance:
            super().fit(X, y, **parameters)
            self.distance_: FloatArray = squareform(pdist(self.distance_))
            return self

    clustering = HierarchicalClustering(linkage_method=LinkageMethod(linkage))
    return Model(
        prior_estimator=prior_with(covariance),
        distance_estimator=ColumnDistance(covariance_estimator="precomputed"),
        seriation_estimator=HierarchicalSeriation(hierarchical_clustering_estimator=clustering, optimal_ordering=False),
    )
