"""Forecasters and allocators as functions of their data, so that the search for look-ahead can try them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from foliohub.errors import FoliohubError, InputError
from foliohub.proofs.timeline import dates_of
from foliohub.types import Allocator, Forecaster

ReturnsAndFeatures: TypeAlias = pd.DataFrame | Mapping[str, pd.DataFrame]


def of_forecaster(
    forecaster: Forecaster, *, horizons: Sequence[int] = (1,), window: int = 252, every: int = 21
) -> Callable[[ReturnsAndFeatures], pd.DataFrame]:
    """A forecaster as a function from returns to the forecasts made along the way.

    Parameters
    ----------
    forecaster : Forecaster
        Copied for each use, and left as it is.
    horizons : sequence of int
        Sessions ahead.
    window : int
        Sessions before the first forecast.
    every : int
        Sessions from one forecast to the next.

    Returns
    -------
    callable
        From returns (n_dates, n_tickers), or ``{"returns": ..., "features": ...}`` with features by (date, ticker), to
        forecasts with the index (date, ticker, horizon), where `date` is the cutoff of the forecast.

    Notes
    -----
    It is fitted on the *last* date first and goes back in time, so that whatever it remembers of a later fit shows.
    Returns are cut off before it sees them: what remains to be caught is memory, and features it takes from after the
    cutoff of the returns. Where it raises one of Foliohub's errors, there is no forecast for that date.
    """

    def forecasts(data: ReturnsAndFeatures) -> pd.DataFrame:
        returns, features = _split(data)
        model = copy.deepcopy(forecaster)

        def at(row: int) -> pd.DataFrame:
            cutoff = returns.index[row]
            model.fit(returns.iloc[: row + 1], features)
            forecast = model.predict(horizons)
            forecast = forecast.assign(date=cutoff).set_index(["date", "ticker", "horizon"])
            return forecast.drop(columns=["cutoff", "model"])

        rows = _backwards(at, range(window - 1, len(returns), every))
        return pd.concat(rows) if rows else pd.DataFrame(index=returns.index[:0])

    forecasts.__name__ = _name(forecaster)
    return forecasts


def of_allocator(
    allocator: Allocator,
    *,
    window: int = 252,
    every: int = 21,
    expected_returns: Callable[[pd.DataFrame], pd.Series] | None = None,
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """An allocator as a function from returns to the weights it would have chosen along the way.

    Parameters
    ----------
    allocator : Allocator
        Copied for each use, and left as it is.
    window : int
        Sessions it is fitted to.
    every : int
        Sessions from one fit to the next.
    expected_returns : callable, optional
        From the window's returns to the expected returns it is fitted with, for allocators that need them.

    Returns
    -------
    callable
        From returns (n_dates, n_tickers) to weights (n_fits, n_tickers), each dated the last session it was fitted to.

    Notes
    -----
    As for :func:`of_forecaster`, it goes back in time to show what it remembers.
    """

    def weights(returns: pd.DataFrame) -> pd.DataFrame:
        model = copy.deepcopy(allocator)

        def at(row: int) -> pd.DataFrame:
            sample = returns.iloc[row - window + 1 : row + 1]
            model.fit(sample, expected_returns=expected_returns(sample) if expected_returns else None)
            chosen = [float(weight) for weight in model.weights_]
            return pd.DataFrame([chosen], index=returns.index[[row]], columns=returns.columns)

        rows = _backwards(at, range(window - 1, len(returns), every))
        return pd.concat(rows) if rows else pd.DataFrame(index=returns.index[:0])

    weights.__name__ = _name(allocator)
    return weights


def _split(data: ReturnsAndFeatures) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    if isinstance(data, pd.DataFrame):
        return data, None
    returns, features = data["returns"], data.get("features")
    if features is not None and dates_of(features.index) is None:
        raise InputError("The features have no dates in their index.", remedy="Index them by (date, ticker).")
    return returns, features


def _backwards(at: Callable[[int], pd.DataFrame], rows: range) -> list[pd.DataFrame]:
    """Results in the order of time, computed in the opposite one; rows that fail are left out unless all do."""
    results: list[pd.DataFrame] = []
    failure: FoliohubError | None = None
    for row in reversed(rows):
        try:
            results.append(at(row))
        except FoliohubError as error:
            failure = error
    if failure is not None and not results:
        raise failure
    return results[::-1]


def _name(estimator: Any) -> str:
    return str(getattr(estimator, "name", type(estimator).__name__))
