"""What a model learns to predict, and which of it was known when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.calendars import to_session
from foliohub.errors import InputError
from foliohub.types import DateLike


def targets(adjusted: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Cumulative simple return from the close of each date to the close `horizon` sessions later.

    Parameters
    ----------
    adjusted : DataFrame (n_dates, n_tickers)
        Adjusted closes, one row per session.
    horizon : int
        Sessions ahead, at least 1.

    Returns
    -------
    DataFrame (n_rows, 2)
        Index (date, ticker); columns `target` (decimal) and `known_on`, the session at whose close it became known. No
        row whose target is not known by the end of the data: neither the last `horizon` sessions nor the last ones of
        a ticker that left.

    Raises
    ------
    InputError
        `horizon` is below 1.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-02", periods=3, name="date")
    >>> targets(pd.DataFrame({"A": [100.0, 110.0, 121.0]}, index=days), horizon=1).round(4)
                       target   known_on
    date       ticker
    2020-01-02 A          0.1 2020-01-03
    2020-01-03 A          0.1 2020-01-06
    """
    if horizon < 1:
        raise InputError(f"A horizon of {horizon} sessions is no forecast.", remedy="Take 1 or more.")
    prices = adjusted.to_numpy()
    ahead = np.full(prices.shape, np.nan)
    ahead[:-horizon] = prices[horizon:] / prices[:-horizon] - 1
    rows, columns = np.nonzero(~np.isnan(ahead))
    index = pd.MultiIndex.from_arrays([adjusted.index[rows], adjusted.columns[columns]], names=["date", "ticker"])
    known = adjusted.index[rows + horizon]
    return pd.DataFrame({"target": ahead[rows, columns], "known_on": known}, index=index)


def training_rows(features: pd.DataFrame, targets: pd.DataFrame, cutoff: DateLike) -> tuple[pd.DataFrame, pd.Series]:
    """Features and targets a model may learn from at the close of `cutoff`.

    Parameters
    ----------
    features : DataFrame (n_rows, n_features)
        Index (date, ticker), known at the close of its date.
    targets : DataFrame (n_rows, 2)
        From :func:`targets`.
    cutoff : date
        The last session whose close the model may have seen.

    Returns
    -------
    X : DataFrame (n_samples, n_features)
    y : Series (n_samples,)
        With one index: rows that have features and whose target was known at `cutoff`. The last row's date lies a whole
        horizon before it.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-02", periods=3, name="date")
    >>> prices = pd.DataFrame({"A": [100.0, 110.0, 121.0]}, index=days)
    >>> features = prices.rename_axis(columns="ticker").stack().to_frame("price")
    >>> X, y = training_rows(features, targets(prices, horizon=1), cutoff="2020-01-03")
    >>> len(X), y.round(4).tolist()
    (1, [0.1])
    """
    known = targets.loc[targets["known_on"] <= to_session(cutoff, "cutoff"), "target"]
    both = features.index.intersection(known.index)
    return features.loc[both], known.loc[both]
