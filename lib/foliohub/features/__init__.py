"""Features: what was known at a close, as numbers a model can learn from.

Every function is causal: a value of day *t* rests on prices up to *t* and is changed by none after it.
"""

from __future__ import annotations

from foliohub.features.catalogue import FEATURES, Feature
from foliohub.features.labels import targets, training_rows
from foliohub.features.market import cross_sectional_rank, market_returns, rolling_beta
from foliohub.features.panel import build_features, feature_names
from foliohub.features.returns import (
    ewma_volatility,
    garman_klass_volatility,
    parkinson_volatility,
    realised_volatility,
    simple_returns,
)
from foliohub.features.signals import distance_from_mean, drawdown_from_high, momentum, relative_strength_index
from foliohub.features.volume import dollar_volume_score, relative_volume

__all__ = [
    "FEATURES",
    "Feature",
    "build_features",
    "cross_sectional_rank",
    "distance_from_mean",
    "dollar_volume_score",
    "drawdown_from_high",
    "ewma_volatility",
    "feature_names",
    "garman_klass_volatility",
    "market_returns",
    "momentum",
    "parkinson_volatility",
    "realised_volatility",
    "relative_strength_index",
    "relative_volume",
    "rolling_beta",
    "simple_returns",
    "targets",
    "training_rows",
]
