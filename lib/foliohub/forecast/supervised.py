"""Features and targets of the models that learn the one from the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.errors import ModelError
from foliohub.forecast.history import History
from foliohub.forecast.intervals import Spread
from foliohub.frames import check_features
from foliohub.types import FloatArray


def feature_panel(features: pd.DataFrame, history: History) -> FloatArray:
    """Features (n_dates, n_tickers, n_features) of the history's dates and tickers; NaN where there are none.

    Raises
    ------
    ContractError
        Where `features` is no panel of features.
    ModelError
        Naming a ticker without any feature at the cutoff.
    """
    check_features(features)
    rows = pd.MultiIndex.from_product([history.dates, history.tickers], names=["date", "ticker"])
    panel = features.reindex(rows).to_numpy().reshape(len(history.dates), len(history.tickers), -1)
    silent = np.isnan(panel[-1]).all(axis=1)
    if silent.any():
        raise ModelError(
            f"{history.tickers[silent][0]} has no features on {history.cutoff:%Y-%m-%d}, the cutoff.",
            remedy="Build the features of the same tickers up to the cutoff.",
        )
    return np.ascontiguousarray(panel)


def standardised_targets(history: History, spread: Spread, horizon: int) -> FloatArray:
    """Log returns over the sessions after each, in units of their spread (n_dates, n_tickers).

    NaN where the return is not known at the cutoff or the spread before it is not to be trusted.
    """
    sums = np.nancumsum(history.log_returns, axis=0)
    targets = np.full_like(sums, np.nan)
    targets[:-horizon] = (sums[horizon:] - sums[:-horizon]) / np.sqrt(spread.variances(horizon)[:-horizon])
    return np.where(spread.trusted, targets, np.nan)
