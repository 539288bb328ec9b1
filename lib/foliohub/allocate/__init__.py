"""Weights from returns: allocators behind one Protocol, each reachable by name.

>>> import numpy as np
>>> from foliohub import allocate
>>> allocate.get("equal_weight").fit(np.zeros((1, 4))).weights_
array([0.25, 0.25, 0.25, 0.25])

Every allocator is fitted on a window of simple returns without NaN (n_dates, n_tickers), uses nothing but that window
and what `fit` is handed, and gives `weights_` in the order of the columns. See :func:`get` and :func:`names`.
"""

from foliohub.allocate.allocator import PortfolioAllocator
from foliohub.allocate.bayes_stein import BayesStein
from foliohub.allocate.constraints import GroupBounds
from foliohub.allocate.covariance import (
    COVARIANCES,
    ewma_covariance,
    ledoit_wolf_covariance,
    oas_covariance,
    sample_covariance,
)
from foliohub.allocate.hierarchical import HierarchicalRiskParity
from foliohub.allocate.max_sharpe import MaxSharpe
from foliohub.allocate.mean_variance import MeanVariance
from foliohub.allocate.min_cvar import MinCVaR
from foliohub.allocate.min_variance import MinVariance
from foliohub.allocate.naive import EqualWeight, InverseVolatility
from foliohub.allocate.registry import get, names
from foliohub.allocate.reinforcement import PolicySequence, Recipe, Reinforcement, TrainedPolicy, train_ensemble
from foliohub.allocate.risk_parity import RiskParity

__all__ = [
    "COVARIANCES",
    "BayesStein",
    "EqualWeight",
    "GroupBounds",
    "HierarchicalRiskParity",
    "InverseVolatility",
    "MaxSharpe",
    "MeanVariance",
    "MinCVaR",
    "MinVariance",
    "PolicySequence",
    "PortfolioAllocator",
    "Recipe",
    "Reinforcement",
    "RiskParity",
    "TrainedPolicy",
    "ewma_covariance",
    "get",
    "ledoit_wolf_covariance",
    "names",
    "oas_covariance",
    "sample_covariance",
    "train_ensemble",
]
