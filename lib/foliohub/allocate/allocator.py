"""What all allocators share: scikit-learn's manners, without the second it takes to import scikit-learn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.allocate.window import Window
from foliohub.errors import InputError
from foliohub.types import FloatArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class PortfolioAllocator(ABC):
    """Base of the allocators: a dataclass whose fields are its parameters, and `fit`.

    Parameters are kept as given and read by `fit`, so that `sklearn.base.clone`, `get_params` and `set_params` work as
    for any estimator.

    Attributes
    ----------
    name : str
        How :func:`foliohub.allocate.get`, frames, plots and colours call it.
    weights_ : ndarray (n_tickers,)
        After `fit`: fractions of wealth in the order of the columns of `X`; what is missing to one is cash.
    n_features_in_ : int
        After `fit`: the number of columns of `X`.
    feature_names_in_ : ndarray (n_tickers,)
        After `fit` on a DataFrame: its columns.
    """

    name: ClassVar[str]

    weights_: FloatArray
    n_features_in_: int
    feature_names_in_: npt.NDArray[np.object_]

    def fit(
        self,
        X: pd.DataFrame | npt.ArrayLike,
        y: object = None,  # noqa: ARG002 - scikit-learn's place for a target
        *,
        previous_weights: pd.Series | npt.ArrayLike | None = None,
        expected_returns: pd.Series | npt.ArrayLike | None = None,
    ) -> Self:
        """Compute weights from what is known at the last row of `X`.

        Parameters
        ----------
        X : DataFrame or ndarray (n_dates, n_tickers)
            Simple (or simple excess) returns per period, without NaN.
        y : object
            Ignored; scikit-learn's place for a target.
        previous_weights : Series or ndarray (n_tickers,), optional
            Drifted weights held now, for `max_turnover`. None, or zero everywhere: nothing is held yet.
        expected_returns : Series or ndarray (n_tickers,), optional
            Forecast simple return per period, known at the last row of `X`; for allocators that use forecasts.

        Raises
        ------
        ContractError
            Where a return is missing or infinite.
        InputError
            Where an argument or a parameter is wrong.
        InfeasibleError
            Where the constraints contradict each other; says which.
        ModelError
            Where the window cannot carry the estimate: too short, or a singular covariance.
        """
        window = Window.check(X, previous_weights, expected_returns)
        self.weights_ = self._allocate(window)
        self.n_features_in_ = window.n_tickers
        if isinstance(X, pd.DataFrame):
            self.feature_names_in_ = np.array(X.columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def get_params(self: DataclassInstance, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Parameters by name; `deep` is there for scikit-learn and changes nothing."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name; they count from the next `fit`."""
        self.check_names(parameters)
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    @classmethod
    def check_names(cls, parameters: dict[str, Any]) -> None:
        """Refuse parameters this allocator does not have."""
        known = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        unknown = [name for name in parameters if name not in known]
        if unknown:
            remedy = f"It has {', '.join(known)}." if known else "It has none."
            raise InputError(f"{cls.name} has no parameter {unknown[0]!r}.", remedy=remedy)

    @abstractmethod
    def _allocate(self, window: Window) -> FloatArray:
        """Weights (n_tickers,) for a checked window."""
