"""Gradient boosting: one ensemble of small trees per horizon, over all tickers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foliohub.errors import InputError, ModelError
from foliohub.forecast.forecaster import ReturnForecaster, check_horizons
from foliohub.forecast.gradient_search import TRIAL_COLUMNS, HalvingSearch
from foliohub.forecast.gradient_tuned import BoostingSearch, TunedBoosting
from foliohub.forecast.history import History
from foliohub.forecast.intervals import TAILS, Distribution, Spread, around, mean_simple_return
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


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """What is learned from, over one horizon; features (n, n_features) with their targets (n,).

    Parameters
    ----------
    early, late : tuple of ndarray
        To fit, and to say how many trees to keep.
    everything : tuple of ndarray
        To fit with that number of trees.
    dates : ndarray of int (n,)
        Session of each row of `everything`, counted.
    now : ndarray (n_tickers, n_features)
        At the cutoff.
    """

    early: tuple[FloatArray, FloatArray]
    late: tuple[FloatArray, FloatArray]
    everything: tuple[FloatArray, FloatArray]
    dates: np.ndarray
    now: FloatArray


@dataclass(eq=False, kw_only=True)
class GradientBoostingForecaster(ReturnForecaster):
    """Histogram gradient boosting (scikit-learn) of the log return ahead, in units of its spread, on all features.

    Returns in units of their spread are alike across tickers and times, so that one model serves all and the calm are
    heard beside the nervous. Training rows are those whose return ahead is known at the cutoff. Their last part, in
    time, says how many trees to keep; rows before it whose return reaches into it are left out. Then all rows are
    fitted again with that number. Where no tree helps there is none, and the forecast is the mean. Intervals are those
    of the spread, or those of more trees, fitted to the quantiles in the same way.

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
    quantiles : bool
        Whether intervals come from trees fitted with the quantile losses of their bounds.
    search : HalvingSearch, optional
        How to choose `learning_rate`, `leaves` and `smallest_leaf` for each horizon; None: as given here. The loss is
        the one trees are fitted with: the squared error, or with `quantiles` the pinball loss; then what is chosen is
        for the quantiles alone, and the mean's trees are grown as given here.
    tuned : TunedBoosting, optional
        Earlier searches: for each cutoff what the last one chose that knew nothing later is taken instead of searching
        again. At a cutoff before all of them parameters are those given here.

    Attributes
    ----------
    validation_ : dict of int to Validation
        After `predict`, by horizon: what the validation said.
    tuned_ : dict of int to dict
        After `predict` or `tune`, by horizon: what was chosen, where there was a search.
    trials_ : DataFrame (n_trials, 14)
        After `predict` or `tune`: `horizon` and :data:`~foliohub.forecast.gradient_search.TRIAL_COLUMNS` of all that
        was tried, so that whoever judges the result can count it.

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
    .. [4] Chernozhukov, V., Fernández-Val, I. and Galichon, A. (2010). Quantile and probability curves without
       crossing. Econometrica 78(3), 1093-1125 (quantiles fitted one by one are sorted).
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
    quantiles: bool = False
    search: HalvingSearch | None = None
    tuned: TunedBoosting | None = None

    def __post_init__(self) -> None:
        for name, least in (("trees", 1), ("leaves", 2), ("smallest_leaf", 1), ("patience", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy=f"Give at least {least}.")
        for name in ("learning_rate", "validation"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}.", remedy="Give a number between 0 and 1.")

    def tune(self, horizons: Sequence[int]) -> BoostingSearch:
        """Search for the parameters of these horizons, and forecast nothing.

        Parameters
        ----------
        horizons : sequence of int
            Sessions ahead.

        Returns
        -------
        BoostingSearch
            What was chosen on all that is known at the cutoff.

        Raises
        ------
        InputError
            Where the model is not fitted or has no `search`, or a horizon is no sensible number.
        ModelError
            Where the history is too short for a horizon.
        """
        if not hasattr(self, "cutoff_") or self.search is None:
            lacking = "has no search" if self.search is None else "is not fitted"
            raise InputError(f"{self.name} {lacking}.", remedy="Give it a HalvingSearch as `search`, and call fit.")
        for horizon in check_horizons(horizons):
            self._search(self.search, self._training_rows(horizon), horizon)
        return BoostingSearch(self.cutoff_, dict(self.tuned_), len(self.trials_))

    def _learn(self, history: History, features: pd.DataFrame | None) -> None:
        if features is None:
            raise InputError(f"{self.name} needs features.", remedy="Pass those of the same prices to fit.")
        self._history = history
        self._features = feature_panel(features, history)
        mean = np.nanmean(history.log_returns, axis=0)
        self._spread: Spread = self.intervals.learn(history.log_returns - mean)
        self.validation_: dict[int, Validation] = {}
        self._known = {} if self.tuned is None else self.tuned.known_at(history.cutoff)
        self.tuned_: dict[int, dict[str, Any]] = {}
        self.trials_ = pd.DataFrame(columns=["horizon", *TRIAL_COLUMNS])

    def _forecast(self, horizon: int) -> Distribution:
        shape = self._spread.shape(horizon)
        rows = self._training_rows(horizon)
        chosen = self._choose(rows, horizon)
        score, self.validation_[horizon] = self._fit(rows, self._given() if self.quantiles else chosen, None)
        variance = self._spread.variance(horizon)
        # As for ARIMA: half the long-run variance turns the mean of the logarithm into that of the return.
        mean = mean_simple_return(score * np.sqrt(variance), self._spread.long_run[-1] * horizon, shape)
        if not self.quantiles:
            return around(mean, variance, shape)
        fitted = np.sort([self._fit(rows, chosen, probability)[0] for probability in TAILS], axis=0)
        bounds = np.expm1(fitted * np.sqrt(variance))
        return Distribution(
            mean=mean,
            lo_80=np.minimum(bounds[1], mean),
            hi_80=np.maximum(bounds[2], mean),
            lo_95=np.minimum(bounds[0], mean),
            hi_95=np.maximum(bounds[3], mean),
        )

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("learning_rate", "leaves", "smallest_leaf")}

    def _choose(self, rows: TrainingRows, horizon: int) -> Mapping[str, Any]:
        """Parameters of scikit-learn's model: as chosen before, as a search says, or as given."""
        if horizon in self._known:
            return self._known[horizon]
        if self.search is None:
            return self._given()
        if horizon not in self.tuned_:
            self._search(self.search, rows, horizon)
        return self.tuned_[horizon]

    def _search(self, search: HalvingSearch, rows: TrainingRows, horizon: int) -> None:
        self.tuned_[horizon], trials = search.run(
            *rows.everything, rows.dates, horizon, self.trees, quantiles=self.quantiles, standing=self._given()
        )
        before = self.trials_[self.trials_["horizon"] != horizon]
        tried = [one for one in (before, trials.assign(horizon=horizon)) if len(one)]
        self.trials_ = pd.concat(tried, ignore_index=True)[["horizon", *TRIAL_COLUMNS]]

    def _fit(
        self, rows: TrainingRows, chosen: Mapping[str, Any], probability: float | None
    ) -> tuple[FloatArray, Validation]:
        """Mean or quantile of the log return in units of its spread (n_tickers,), and what the validation said."""
        losses = -self._boost(*rows.early, self.trees, chosen, probability, later=rows.late).validation_score_
        kept = int(np.argmin(losses))  # from no tree at all on
        validation = Validation(trees=kept, skill=float(1 - losses[kept] / losses[0]), rows=len(rows.late[1]))
        x, y = rows.everything
        if not kept:
            constant = y.mean() if probability is None else np.quantile(y, probability)
            return np.full(len(rows.now), constant), validation
        return np.asarray(self._boost(x, y, kept, chosen, probability).predict(rows.now)), validation

    def _training_rows(self, horizon: int) -> TrainingRows:
        """The rows to learn from, split in time."""
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
        counted = np.repeat(spaced, (~np.isnan(targets[spaced])).sum(axis=1))
        return TrainingRows(
            (x[:, told], y), (x_late[:, told], y_late), (x_all[:, told], y_all), counted, self._features[-1][:, told]
        )

    def _rows(self, dates: np.ndarray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Features (n, n_features) and targets (n,) of all tickers on these dates whose target is known."""
        known = ~np.isnan(targets[dates])
        return self._features[dates][known], targets[dates][known]

    def _boost(
        self,
        x: FloatArray,
        y: FloatArray,
        trees: int,
        chosen: Mapping[str, Any],
        probability: float | None,
        later: tuple[FloatArray, FloatArray] | None = None,
    ) -> HistGradientBoostingRegressor:
        """Fit so many trees; fewer where the loss on `later` rows has not fallen for `patience` of them."""
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        model = HistGradientBoostingRegressor(
            loss="squared_error" if probability is None else "quantile",
            quantile=probability,
            max_iter=trees,
            learning_rate=chosen["learning_rate"],
            max_leaf_nodes=chosen["leaves"],
            min_samples_leaf=chosen["smallest_leaf"],
            early_stopping=later is not None,
            n_iter_no_change=self.patience,
            tol=0.0,
            random_state=self.seed,
        )
        x_later, y_later = later or (None, None)
        with threadpool_limits(1):
            return model.fit(x, y, X_val=x_later, y_val=y_later)
