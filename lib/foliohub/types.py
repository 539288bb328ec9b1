"""The shapes that travel between stages: aliases and Protocols.

Frames are plain pandas objects; :mod:`foliohub.frames` says and checks what each must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray: TypeAlias = npt.NDArray[np.float64]

DateLike: TypeAlias = str | date | pd.Timestamp
"""A calendar day: ISO text, a date, or a timestamp (its time of day is refused, not dropped)."""

PricePanel: TypeAlias = Mapping[str, pd.DataFrame]
"""Field name -> frame (n_dates, n_tickers), all with one index and one set of columns. See `foliohub.frames.FIELDS`."""


@runtime_checkable
class PriceSource(Protocol):
    """Where daily bars come from.

    Attributes
    ----------
    name : str
        How settings and records call it: "sample", "csv", "yahoo", "alpha_vantage".
    """

    name: str

    def fetch(self, ticker: str, start: date | None, end: date) -> pd.DataFrame:
        """Daily bars of one ticker, both ends included.

        Parameters
        ----------
        ticker : str
            As the universe names it.
        start : date or None
            First session wanted; None for all the vendor has.
        end : date
            Last session wanted. A session that has not closed is never returned.

        Returns
        -------
        DataFrame (n_sessions, 8)
            A frame of bars (:func:`foliohub.frames.check_bars`): prices in the listing's currency *as traded on the
            day* (not adjusted for later splits or dividends), NaN columns for fields this vendor does not give. It may
            still hold anything a vendor may get wrong: cleaning is a later stage's work.

        Raises
        ------
        VendorError
            One of its subclasses, after bounded retries where another try could help.
        """
        ...

    def last_session(self) -> date | None:
        """Last session this source can answer for; None where that is simply the last one closed."""
        ...


class Mapper(Protocol):
    """Computes a function of many items, somewhere: in this process, in others, on other machines."""

    def __call__(self, function: Callable[..., Any], items: Sequence[Any], *shared: Any) -> Iterable[Any]:
        """Give ``function(item, *shared)`` of every item, in the order of the items.

        Parameters
        ----------
        function : callable
            Of a module; depends on its arguments alone, so that it may be computed anywhere, and again.
        items : sequence
        *shared
            What all items need; sent to each process once where there are several.
        """
        ...


@runtime_checkable
class Forecaster(Protocol):
    """Predicts returns with intervals.

    Attributes
    ----------
    name : str
        The model's name in every frame, plot and colour.
    """

    name: str

    def fit(self, returns: pd.DataFrame, features: pd.DataFrame | None = None) -> Self:
        """Learn from everything up to the last row, which becomes the cutoff.

        Parameters
        ----------
        returns : DataFrame (n_dates, n_tickers)
            Simple returns per session.
        features : DataFrame (n_dates * n_tickers, n_features), optional
            Index (date, ticker), rows known at the close of their date. Models that need none ignore it.
        """
        ...

    def predict(self, horizons: Sequence[int]) -> pd.DataFrame:
        """Forecast the cumulative simple return from the cutoff's close to the close `horizon` sessions later.

        Parameters
        ----------
        horizons : sequence of int
            Sessions ahead, each >= 1.

        Returns
        -------
        DataFrame
            A frame of forecasts (:func:`foliohub.frames.check_forecasts`), one row per ticker and horizon.
        """
        ...


@runtime_checkable
class WalkForecaster(Forecaster, Protocol):
    """A forecaster that goes through many cutoffs faster than one by one."""

    def walk(
        self,
        returns: pd.DataFrame,
        features: pd.DataFrame | None,
        cutoffs: Sequence[DateLike] | pd.DatetimeIndex,
        horizons: Sequence[int],
        *,
        window: int | None = None,
    ) -> pd.DataFrame:
        """Say at each cutoff what `fit`, on the last `window` rows up to it, and `predict` would say, or close to it.

        A forecaster whose numbers are not exactly theirs says where and why.

        Parameters
        ----------
        returns, features : DataFrame
            As for `fit`; rows after a cutoff change nothing said at it.
        cutoffs : sequence of dates
            Sessions of `returns`, in order.
        horizons : sequence of int
            Sessions ahead.
        window : int, optional
            Rows up to each cutoff to fit on; None for all.

        Returns
        -------
        DataFrame
            A frame of forecasts, by cutoff.
        """
        ...


@runtime_checkable
class Allocator(Protocol):
    """Turns a window of returns into weights, in the manner of scikit-learn.

    Attributes
    ----------
    weights_ : ndarray (n_tickers,)
        After `fit`: fractions of wealth in the order of the columns of `X`; what is missing to one is cash.
    """

    weights_: FloatArray

    def fit(
        self,
        X: pd.DataFrame,
        y: object = None,
        *,
        previous_weights: FloatArray | None = None,
        expected_returns: pd.Series | None = None,
    ) -> Self:
        """Compute weights from what is known at the last row of `X`.

        Parameters
        ----------
        X : DataFrame (n_dates, n_tickers)
            Simple (or simple excess) returns per period.
        y : object
            Ignored; scikit-learn's place for a target.
        previous_weights : ndarray (n_tickers,), optional
            Drifted weights held now; for allocators that bound or charge turnover.
        expected_returns : Series (n_tickers,), optional
            Forecast simple return per period, known at the last row of `X`; for allocators that use forecasts.
        """
        ...
