"""All features of a universe in one panel."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from foliohub.clean import CleanPrices
from foliohub.errors import InputError
from foliohub.features.catalogue import FEATURES, Given
from foliohub.features.market import market_returns
from foliohub.features.returns import simple_returns
from foliohub.frames import check_features
from foliohub.types import PricePanel

_LOGGER = logging.getLogger(__name__)


def feature_names() -> tuple[str, ...]:
    """Names of all features, in the order of the panel's columns."""
    return tuple(feature.name for feature in FEATURES)


def build_features(
    prices: CleanPrices | PricePanel,
    *,
    benchmark: pd.Series | None = None,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compute the panel of features.

    Parameters
    ----------
    prices : CleanPrices or PricePanel
        Clean prices; of a bare panel the `adjusted_close` is used, or else the close.
    benchmark : Series (n_dates,), optional
        Prices that stand for the market; by default the benchmark of the clean prices, and without one the mean of all
        tickers.
    names : sequence of str, optional
        Only these features.

    Returns
    -------
    DataFrame (n_rows, n_features)
        Index (date, ticker), one row per ticker and session with an adjusted price; float64, NaN where there is not
        enough history yet. A feature whose fields the source does not give at all is left out;
        ``.attrs["left_out"]`` maps its name to the fields.

    Raises
    ------
    InputError
        A name is unknown.

    Notes
    -----
    A row is known at the close of its date: no later price changes it.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-02", periods=6, name="date")
    >>> close = pd.DataFrame({"A": [10.0, 11.0, 12.0, 11.0, 10.0, 11.0]}, index=days)
    >>> features = build_features({"close": close}, names=["return_1", "return_5", "relative_volume"])
    >>> features.tail(1).round(4)
                       return_1  return_5
    date       ticker
    2020-01-09 A            0.1       0.1
    >>> features.attrs["left_out"]
    {'relative_volume': ['volume']}
    """
    if isinstance(prices, CleanPrices):
        panel, adjusted = prices.panel, prices.adjusted
        benchmark = prices.benchmark if benchmark is None else benchmark
    else:
        panel, adjusted = prices, prices.get("adjusted_close", prices["close"])
    unknown = set(names or ()) - set(feature_names())
    if unknown:
        raise InputError(f"There is no feature {sorted(unknown)[0]!r}.", remedy=f"There are {list(feature_names())}.")
    returns = simple_returns(adjusted)
    given = Given(panel, adjusted, returns, market_returns(returns, benchmark))
    absent = {field for feature in FEATURES for field in feature.needs if not _is_given(panel, field)}
    rows, columns = np.nonzero(adjusted.notna().to_numpy())
    values, left_out = {}, {}
    for feature in FEATURES:
        if names is not None and feature.name not in names:
            continue
        missing = [field for field in feature.needs if field in absent]
        if missing:
            left_out[feature.name] = missing
            continue
        values[feature.name] = feature.compute(given).to_numpy()[rows, columns]
    if left_out:
        _LOGGER.info("Left out for want of their fields: %s.", ", ".join(left_out))
    index = pd.MultiIndex.from_arrays([adjusted.index[rows], adjusted.columns[columns]], names=["date", "ticker"])
    features = pd.DataFrame(values, index=index, dtype=np.float64)
    features.attrs["left_out"] = left_out
    return check_features(features)


def _is_given(panel: PricePanel, field: str) -> bool:
    return field in panel and bool(panel[field].notna().to_numpy().any())
