"""Gradient boosting whose intervals are learned from the features as well: trees for the quantiles' own losses."""

from __future__ import annotations

from dataclasses import dataclass

from foliohub.forecast.gradient import GradientBoostingForecaster


@dataclass(eq=False, kw_only=True)
class QuantileBoostingForecaster(GradientBoostingForecaster):
    """Gradient boosting with quantile losses, its parameters small enough to be fitted anew at many cutoffs.

    Four quantiles are fitted beside the mean, each twice, which is many times the work of
    :class:`~foliohub.forecast.GradientBoostingForecaster`. So trees are fewer and smaller, learn faster, and the wait
    for one that helps is shorter: a tail has few outcomes to say where to split, and the first trees carry most of it.

    Parameters
    ----------
    name, trees, learning_rate, leaves, patience, quantiles
        As for gradient boosting, with other defaults.
    """

    name: str = "quantile_boosting"
    trees: int = 30
    learning_rate: float = 0.1
    leaves: int = 4
    patience: int = 5
    quantiles: bool = True
