"""How often value at risk was exceeded, by estimator: told at every close, held against the session that followed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub import forecast, metrics
from foliohub.errors import InputError

VALUE_AT_RISK_ESTIMATORS = ("historical", "filtered", "larger")
"""Plain historical simulation, filtered by GARCH, and the larger of the two; as in a portfolio's limits."""


def walk_value_at_risk(
    returns: pd.Series[float], level: float = 0.99, *, window: int = 1000, refit: int = 252
) -> pd.DataFrame:
    """Value at risk of one session by every estimator, beside the return that came.

    Parameters
    ----------
    returns : Series (n_dates,)
        Simple returns per session of a portfolio, none missing.
    level : float
        Probability with which the loss stays below it.
    window : int
        Sessions each value is estimated on.
    refit : int
        Sessions after which GARCH is fitted anew, see :func:`foliohub.forecast.walk_filtered_value_at_risk`.

    Returns
    -------
    DataFrame (n_dates - window, 4)
        Columns `return` and :data:`VALUE_AT_RISK_ESTIMATORS`, fractions, losses positive, a gain counting as no loss.
        Each row is of one session; what stands in it beside the return was known at the close before.

    Raises
    ------
    InputError
        There are no more sessions than `window`.
    ModelError
        No GARCH process fits.
    """
    if len(returns) <= window:
        raise InputError(
            f"{len(returns)} sessions leave none to judge after a window of {window}.",
            remedy="Give a longer history, or a shorter window.",
        )
    filtered = forecast.walk_filtered_value_at_risk(returns, level, window=window, refit=refit)
    past = np.lib.stride_tricks.sliding_window_view(-returns.to_numpy(), window)
    historical = pd.Series(np.quantile(past, level, axis=1, method="inverted_cdf"), index=filtered.index)
    told = pd.DataFrame({"historical": historical, "filtered": filtered}).clip(lower=0)
    told = told.assign(larger=told.max(axis=1)).shift(1).iloc[1:]
    told.insert(0, "return", returns.iloc[window:])
    return told


def judge_value_at_risk(told: pd.DataFrame, level: float = 0.99) -> pd.DataFrame:
    """Exceedances of every estimator, and whether they are as many as promised and come alone.

    Parameters
    ----------
    told : DataFrame (n_dates, 4)
        From :func:`walk_value_at_risk`.
    level : float
        As there.

    Returns
    -------
    DataFrame (3, 7)
        By estimator: `mean` (value at risk, fraction), `sessions`, `exceeded`, `expected` (how many), `share`,
        `coverage_p_value` (:func:`foliohub.metrics.kupiec_test`), `independence_p_value`
        (:func:`foliohub.metrics.christoffersen_test`).

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.01, 1500)
    >>> told = walk_value_at_risk(pd.Series(noise), 0.95, window=500)
    >>> judge_value_at_risk(told, 0.95)[["exceeded", "expected", "share"]].round(3)
                exceeded  expected  share
    historical        57      50.0  0.057
    filtered          55      50.0  0.055
    larger            55      50.0  0.055
    """
    rows = {}
    for name in VALUE_AT_RISK_ESTIMATORS:
        exceeded = (-told["return"] > told[name]).to_numpy()
        rows[name] = {
            "mean": float(told[name].mean()),
            "sessions": len(exceeded),
            "exceeded": int(exceeded.sum()),
            "expected": (1 - level) * len(exceeded),
            "share": float(exceeded.mean()),
            "coverage_p_value": metrics.kupiec_test(exceeded, level).p_value,
            "independence_p_value": metrics.christoffersen_test(exceeded).p_value,
        }
    return pd.DataFrame.from_dict(rows, orient="index").astype({"sessions": "int64", "exceeded": "int64"})
