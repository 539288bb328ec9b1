"""One decision of a walk-forward: what the allocator may know, and what it answers."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foliohub.backtest.paths import simulate_paths
from foliohub.errors import InputError, ModelError
from foliohub.types import Allocator, FloatArray


@dataclass(frozen=True, slots=True)
class Decider:
    """Fits a fresh copy of one allocator per decision, handing it what its `fit` asks for by name.

    Parameters
    ----------
    allocator : Allocator
        Any estimator with ``fit(X)`` and ``weights_``; it is never fitted itself.
    takes_previous_weights, takes_expected_returns : bool
        Whether `fit` has a parameter of that name.
    """

    allocator: Allocator
    takes_previous_weights: bool
    takes_expected_returns: bool

    @classmethod
    def of(cls, allocator: Allocator) -> Decider:
        """Look at the allocator's `fit`.

        Raises
        ------
        InputError
            Where there is none.
        """
        if isinstance(allocator, type) or not callable(getattr(allocator, "fit", None)):
            raise InputError(
                f"{allocator!r} is no allocator: it has no fit, or is a class.",
                remedy="Pass an object, as foliohub.allocate.get('equal_weight').",
            )
        parameters = inspect.signature(allocator.fit).parameters
        return cls(allocator, "previous_weights" in parameters, "expected_returns" in parameters)

    @property
    def name(self) -> str:
        """The allocator's own name, else its class's."""
        return str(getattr(self.allocator, "name", type(self.allocator).__name__))

    def weights(
        self,
        window: pd.DataFrame,
        previous_weights: FloatArray | None,
        expected_returns: pd.Series[float] | None,
    ) -> FloatArray:
        """Weights (n_tickers,) decided at the close of the window's last row.

        Raises
        ------
        ModelError
            Where the allocator answers with something else than one finite weight per ticker. Its own errors pass,
            with a note of the date.
        """
        known: dict[str, object] = {}
        if self.takes_previous_weights:
            known["previous_weights"] = previous_weights
        if self.takes_expected_returns:
            known["expected_returns"] = expected_returns
        date = window.index[-1]
        try:
            fitted = _fresh(self.allocator).fit(window, **known)  # type: ignore[arg-type]
        except Exception as error:
            error.add_note(f"{self.name} failed in the decision at {date}, on {len(window)} rows.")
            raise
        weights = np.asarray(fitted.weights_, dtype=np.float64)
        if weights.shape != (window.shape[1],) or not np.isfinite(weights).all():
            raise ModelError(
                f"{self.name} answered with weights of shape {weights.shape} for {window.shape[1]} tickers at {date}"
                + ("." if np.isfinite(weights).all() else ", some of them not finite."),
                remedy="An allocator gives one finite weight per column, in their order.",
            )
        return weights


def complete_columns(window: pd.DataFrame, date: Hashable) -> np.ndarray:
    """Which tickers have no gap in the window (n_tickers,), at least one."""
    complete: np.ndarray = ~np.isnan(window.to_numpy()).any(axis=0)
    if not complete.any():
        raise InputError(
            f"No ticker has all {len(window)} returns of the window that ends at {date}.",
            remedy="Shorten the window, or start later.",
        )
    return complete


def drifted_since(returns: FloatArray, weights: FloatArray) -> FloatArray:
    """What `weights` have become after `returns` (n_periods, n_tickers); what ended on the way is cash."""
    if not len(returns):
        return weights
    ended = np.logical_or.accumulate(np.isnan(returns), axis=0)
    values = weights * np.cumprod(np.where(ended, 1.0, 1.0 + returns), axis=0)
    wealth = 1 - weights.sum() + values.sum(axis=1)
    if (wealth <= 0).any():  # after a ruin the engine goes on with a new unit: let it
        paths = simulate_paths(returns, np.zeros(1, dtype=np.intp), weights[None, :], initial=weights)
        return np.where(ended[-1], 0.0, paths.drifted[-1])
    return np.where(ended[-1], 0.0, values[-1] / wealth[-1])


def _fresh(allocator: Allocator) -> Allocator:
    """Copy the parameters without what was fitted: state of one decision must not reach the next."""
    base = sys.modules.get(
        "sklearn.base"
    )  # loaded by every estimator of scikit-learn's own kind; slow to load for ours
    if base is not None and isinstance(allocator, base.BaseEstimator):
        cloned: Allocator = base.clone(allocator)
        return cloned
    if hasattr(allocator, "get_params"):
        parameters = allocator.get_params(deep=False)
        return type(allocator)(**copy.deepcopy(parameters))
    return copy.deepcopy(allocator)
