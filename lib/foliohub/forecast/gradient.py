"""Gradient boosting: one ensemble of small trees per horizon, over all tickers at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.forecaster import ReturnForecaster
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Distribution, Spread, around, mean_simple_return
from foliohub.forecast.supervised import feature_panel, standardised_targets
from foliohub.types import FloatArray

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor


@dataclass(frozen=True, slots=True)
class Validation:
    """What the last part of the training sessions said of a model fitted to those before.

    Parameters
    ----------
    trees : int
        Kept; 0 where none helped.
    skill : float
        Share of the mean's squared error saved there. Optimistic, as it chose the number of trees.
    rows : int
        Forecasts it rests on, overlapping ones included.
    """

    trees: int
    skill: float
    rows: int


@dataclass(eq=False, kw_only=True)
class GradientBoostingForecaster(ReturnForecaster):
    """Histogram gradient boosting (scikit-learn) of the log return ahead, in units of its spread, on all features.

    Returns in units of their spread are alike across tickers and times, so that one model serves all and the calm are
    heard beside the nervous. Training rows are those whose return ahead is known at the cutoff. Their last part, in
    time, says how many trees to keep; rows before it whose return reaches into it are left out. Then all rows are
    fitted again with that number. Where no tree helps there is none, and the forecast is the mean. Intervals are those
    of the spread: what the trees explain of it is too little to narrow them.

    Parameters
    ----------
    trees : int
        At most.
    learning_rate : float
        What each tree adds of its fit.
    leaves : int
        Of a tree, at most.
    smallest_leaf : int
        Training rows in a leaf, at least.
    validation : float
        Share of the sessions, the last ones, that chooses the number of trees.
    patience : int
        Trees to try on without an improvement there.
    seed : int
        For scikit-learn's draws; there are some only where it bins more than 200,000 rows.

    Attributes
    ----------
    validation_ : dict of int to Validation
        After `predict`, by horizon: what the validation said.

    Notes
    -----
    Overlapping returns say little more than separate ones, so that over `h` sessions every ``h // 5``-th date (at least
    every one) is trained on. One thread fits, as scikit-learn's sums depend on their number; run several forecasters
    in parallel instead.

    References
    ----------
    .. [1] Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine. Annals of Statistics
       29(5), 1189-1232.
    .. [2] Gu, S., Kelly, B. and Xiu, D. (2020). Empirical asset pricing via machine learning. Review of Financial
       Studies 33(5), 2223-2273 (pooled panels, validation in time).
    .. [3] López de Prado, M. (2018). Advances in Financial Machine Learning. Wiley, sec. 7.4.1 (purging).
    """

    name: str = "gradient_boosting"
    window: int | None = 1000
    trees: int = 100
    learning_rate: float = 0.05
    leaves: int = 8
    smallest_leaf: int = 200
    validation: float = 0.25
    patience: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("trees", 1), ("leaves", 2), ("smallest_leaf", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy=f"Give at least {least}.")
        for name in ("learning_rate", "validation"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give a number between 0 and 1.")

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:
        if features is None:
            raise InputError(f"{self.name} needs features.", remedy="Pass those of the same prices to fit.")
        self._history = history
        self._features = feature_panel(features, history)
        mean = np.nanmean(history.log_returns, axis=0)
        self._spread: Spread = self.intervals.learn(history.log_returns - mean)
        self.validation_: dict[int, Validation] = {}

    def _forecast(self, horizon: int) -> Distribution:
        shape = self._spread.shape(horizon)
        score, self.validation_[horizon] = self._fit(horizon)
        variance = self._spread.variance(horizon)
        # As for ARIMA: half the long-run variance turns the mean of the logarithm into that of the return.
        mean = mean_simple_return(score * np.sqrt(variance), self._spread.long_run[-1] * horizon, shape)
        return around(mean, variance, shape)

    def _fit(self, horizon: int) -> tuple[FloatArray, Validation]:
        """Forecast log return in units of its spread (n_tickers,), and what the validation said."""
        targets = standardised_targets(self._history, self._spread, horizon)
        dates = np.flatnonzero((~np.isnan(targets)).any(axis=1))
        first = dates[int(len(dates) * (1 - self.validation))]
        spaced = dates[(dates[-1] - dates) % max(horizon // 5, 1) == 0]
        early, late = spaced[spaced <= first - horizon], dates[dates >= first]
        if not len(early):
            raise ModelError(
                f"{len(dates)} sessions are too few to train and validate a forecast over {horizon}.",
                remedy="Give a longer history, or a shorter horizon.",
            )
        (x, y), (x_late, y_late), (x_all, y_all) = (self._rows(part, targets) for part in (early, late, spaced))
        told = ~np.isnan(x).all(axis=0)  # scikit-learn cannot bin a feature without any value
        if not told.any():
            raise ModelError(
                f"No feature has a value on any of the {len(early)} dates to train on.",
                remedy="Give features that reach further back than the longest of their windows.",
            )
        x, x_late, x_all = x[:, told], x_late[:, told], x_all[:, told]
        losses = -self._boost(x, y, self.trees, later=(x_late, y_late)).validation_score_  # from no tree at all on
        kept = int(np.argmin(losses))
        validation = Validation(trees=kept, skill=float(1 - losses[kept] / losses[0]), rows=len(y_late))
        if not kept:
            return np.full(targets.shape[1], y_all.mean()), validation
        return np.asarray(self._boost(x_all, y_all, kept).predict(self._features[-1][:, told])), validation

    def _rows(self, dates: np.ndarray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Features (n, n_features) and targets (n,) of all tickers on these dates whose target is known."""
        known = ~np.isnan(targets[dates])
        return self._features[dates][known], targets[dates][known]

    def _boost(
        self, x: FloatArray, y: FloatArray, trees: int, later: tuple[FloatArray, FloatArray] | None = None
    ) -> HistGradientBoostingRegressor:
        """Fit so many trees; fewer where the loss on `later` rows has not fallen for `patience` of them."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        model = HistGradientBoostingRegressor(
            max_iter=trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.smallest_leaf,
            early_stopping=later is not None,
            n_iter_no_change=self.patience,
            tol=0.0,
            random_state=self.seed,
        )
        x_later, y_later = later or (None, None)
        with threadpool_limits(1):
            return model.fit(x, y, X_val=x_later, y_val=y_later)
