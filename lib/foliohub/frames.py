"""What every frame must hold, and the checks that say so.

========== ============================= ==========================================================================
frame      shape                         meaning
========== ============================= ==========================================================================
bars       (n_sessions, 8)               one ticker, index `date`, columns :data:`FIELDS`
panel      field -> (n_dates, n_tickers) every frame of a panel has the same sessions and tickers
prices     (n_dates, n_tickers)          positive; NaN only before a ticker's entry and after its exit
returns    (n_dates, n_tickers)          simple, decimal, per period: ``P[t] / P[t-1] - 1``; never below -1
features   (n_dates * n_tickers, n)      index (date, ticker), known at the close of `date`
forecasts  long                          :data:`FORECAST_COLUMNS`; intervals nested and around the mean
weights    (n_dates, n_tickers)          fractions of wealth, decided at the close of `date`; the rest is cash
========== ============================= ==========================================================================

Dates are tz-naive midnights, sorted and unique; values are float64. A check returns what it was given, so that it can
stand inside an expression, and raises :class:`~foliohub.errors.ContractError` naming the first offence.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import ContractError
from foliohub.types import PricePanel

FIELDS = ("open", "high", "low", "close", "adjusted_close", "volume", "dividend", "split")
"""Fields of a bar: prices and dividends in currency per share as traded on the day (but for the vendor's own
`adjusted_close`), `volume` in shares, `split` in new shares per old one (1.0 on a day without)."""

FORECAST_COLUMNS = ("cutoff", "date", "ticker", "model", "horizon", "mean", "lo_80", "hi_80", "lo_95", "hi_95")
"""`cutoff`: last session whose close the model has seen. `date`: the session forecast, `horizon` sessions later.
`mean`, `lo_*`, `hi_*`: cumulative simple return from the cutoff's close to the close of `date`, and its intervals."""


def check_dates(index: pd.Index, what: str) -> pd.DatetimeIndex:
    """Sessions: a tz-naive, sorted, unique DatetimeIndex at midnight."""
    if not isinstance(index, pd.DatetimeIndex):
        raise ContractError(
            f"The index of {what} is a {type(index).__name__}, not a DatetimeIndex.", remedy="Parse the dates first."
        )
    if index.tz is not None:
        raise ContractError(
            f"The index of {what} has the time zone {index.tz}.", remedy="Drop it: sessions are tz-naive dates."
        )
    if index.hasnans:
        raise ContractError(f"The index of {what} holds a missing date.")
    if not index.is_unique:
        raise ContractError(f"The index of {what} holds {index[index.duplicated()][0]:%Y-%m-%d} more than once.")
    if not index.is_monotonic_increasing:
        position = int(np.argmax(np.diff(index.asi8) < 0))
        raise ContractError(
            f"The index of {what} is not sorted: {index[position + 1]:%Y-%m-%d} follows {index[position]:%Y-%m-%d}."
        )
    midday = index != index.normalize()
    if midday.any():
        raise ContractError(f"The index of {what} holds a time of day: {index[midday][0]}.")
    return index


def check_prices(prices: pd.DataFrame, what: str = "prices") -> pd.DataFrame:
    """Prices (n_dates, n_tickers): positive, NaN only before a ticker's entry and after its exit."""
    _check_wide(prices, what)
    values = prices.to_numpy()
    _refuse(prices, ~np.isnan(values) & ~((values > 0) & np.isfinite(values)), what, "prices are positive and finite")
    known = ~np.isnan(values)
    inside = np.maximum.accumulate(known, axis=0) & np.maximum.accumulate(known[::-1], axis=0)[::-1]
    _refuse(prices, inside & ~known, what, "a price between the first and the last one may not be missing")
    return prices


def check_returns(returns: pd.DataFrame, what: str = "returns", *, complete: bool = False) -> pd.DataFrame:
    """Simple returns (n_dates, n_tickers), never below -1; without NaN where `complete`."""
    _check_wide(returns, what)
    values = returns.to_numpy()
    _refuse(returns, np.isinf(values), what, "returns are finite")
    _refuse(returns, values < -1, what, "a simple return cannot lose more than everything (-1)")
    if complete:
        _refuse(returns, np.isnan(values), what, "no return may be missing here")
    return returns


def check_weights(weights: pd.DataFrame, what: str = "weights") -> pd.DataFrame:
    """Weights (n_dates, n_tickers): finite, without NaN."""
    _check_wide(weights, what)
    _refuse(weights, ~np.isfinite(weights.to_numpy()), what, "weights are finite")
    return weights


def check_bars(bars: pd.DataFrame, what: str = "bars") -> pd.DataFrame:
    """Bars of one ticker as a vendor gave them: right columns and types; the values are for cleaning to judge."""
    if tuple(bars.columns) != FIELDS:
        raise ContractError(
            f"{what} has the columns {list(bars.columns)}.", remedy=f"They must be {list(FIELDS)}, in this order."
        )
    if not isinstance(bars.index, pd.DatetimeIndex) or bars.index.tz is not None:
        raise ContractError(f"The index of {what} is not a tz-naive DatetimeIndex.")
    for column, kind in bars.dtypes.items():
        if kind != np.float64:
            raise ContractError(f"{what} holds {kind} in column {column!r}, not float64.")
    return bars


def check_panel(panel: PricePanel, what: str = "the panel") -> PricePanel:
    """Fields over the same sessions and tickers, with a close at the least."""
    unknown = [field for field in panel if field not in FIELDS]
    if unknown or "close" not in panel:
        raise ContractError(f"{what} has the fields {list(panel)}.", remedy=f"Known are {list(FIELDS)}, close a must.")
    close = panel["close"]
    for field, frame in panel.items():
        _check_wide(frame, f"{what}[{field!r}]")
        if not frame.index.equals(close.index) or not frame.columns.equals(close.columns):
            raise ContractError(f"{what}[{field!r}] has other dates or tickers than the close.")
    return panel


def check_features(features: pd.DataFrame, what: str = "features") -> pd.DataFrame:
    """Features: unique index (date, ticker), float64 columns, NaN where there is not enough history yet."""
    if not isinstance(features.index, pd.MultiIndex) or list(features.index.names) != ["date", "ticker"]:
        raise ContractError(f"The index of {what} is {list(features.index.names)}, not (date, ticker).")
    if not features.index.is_unique:
        raise ContractError(f"{what} holds {features.index[features.index.duplicated()][0]} more than once.")
    values = features.to_numpy()
    if values.dtype != np.float64 or np.isinf(values).any():
        raise ContractError(f"{what} must be float64 and without infinities.")
    return features


def check_forecasts(forecasts: pd.DataFrame, what: str = "forecasts") -> pd.DataFrame:
    """Forecasts: the right columns, dates after their cutoff, one row per key, nested intervals around the mean."""
    if tuple(forecasts.columns) != FORECAST_COLUMNS:
        raise ContractError(
            f"{what} has the columns {list(forecasts.columns)}.", remedy=f"They must be {list(FORECAST_COLUMNS)}."
        )
    if (forecasts["date"] <= forecasts["cutoff"]).any():
        row = forecasts[forecasts["date"] <= forecasts["cutoff"]].iloc[0]
        raise ContractError(f"{what} forecasts {row['date']:%Y-%m-%d} at the cutoff {row['cutoff']:%Y-%m-%d}.")
    key = ["cutoff", "date", "ticker", "model"]
    if forecasts.duplicated(key).any():
        row = forecasts[forecasts.duplicated(key)].iloc[0]
        raise ContractError(f"{what} forecasts {row['ticker']} by {row['model']} for {row['date']:%Y-%m-%d} twice.")
    numbers = forecasts[["lo_95", "lo_80", "mean", "hi_80", "hi_95"]].to_numpy()
    if not np.isfinite(numbers).all():
        row = forecasts[~np.isfinite(numbers).all(axis=1)].iloc[0]
        raise ContractError(f"{what} holds a number that is not finite: {row['ticker']} by {row['model']}.")
    if (np.diff(numbers, axis=1) < 0).any():
        row = forecasts[(np.diff(numbers, axis=1) < 0).any(axis=1)].iloc[0]
        raise ContractError(
            f"{what} has intervals that are not nested around the mean: {row['ticker']} by {row['model']}."
        )
    return forecasts


def _check_wide(frame: pd.DataFrame, what: str) -> None:
    check_dates(frame.index, what)
    if not frame.columns.is_unique:
        raise ContractError(f"{what} holds {frame.columns[frame.columns.duplicated()][0]!r} more than once.")
    wrong = [column for column, kind in frame.dtypes.items() if kind != np.float64]
    if wrong:
        raise ContractError(f"{what} holds {frame[wrong[0]].dtype} in column {wrong[0]!r}, not float64.")


def _refuse(frame: pd.DataFrame, offends: np.ndarray, what: str, rule: str) -> None:
    if offends.any():
        row, column = np.argwhere(offends)[0]
        where = f"{frame.columns[column]} on {frame.index[row]:%Y-%m-%d}"
        raise ContractError(f"{what} holds {frame.iat[row, column]!r} for {where}: {rule}.")
