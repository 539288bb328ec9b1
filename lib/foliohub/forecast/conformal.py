"""Intervals that hold what they promise: every model's own, widened or narrowed by what its past ones missed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foliohub.forecast.conformal_factors import BOUNDS, conformal_factors, distances, log_return


def calibrate(
    history: pd.DataFrame, *, rate: float = 0.5, window: int | None = 250, prior: float = 2.0
) -> pd.DataFrame:
    """Replace all intervals of a history by calibrated ones, each learnt from outcomes known at its cutoff.

    Parameters
    ----------
    history : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known; in any order. The newest
        forecasts stand in it with the past ones, from which they are calibrated.
    rate, window, prior : float, int or None, float
        See :func:`~foliohub.forecast.conformal_factors`.

    Returns
    -------
    DataFrame
        The same rows, columns and index; `lo_80`, `hi_80`, `lo_95` and `hi_95` replaced, the mean as it was. Bounds
        nest around the mean.

    Raises
    ------
    InputError
        Where a column is missing or a parameter is wrong.

    Notes
    -----
    Models, horizons and bounds are calibrated one by one, tickers together: see
    :func:`~foliohub.forecast.conformal_factors`. What is promised is the share held over cutoffs and tickers in the
    long run, not for each ticker nor each month. Calibrating twice calibrates what is left to calibrate.

    Examples
    --------
    >>> days = pd.bdate_range("2020-01-01", periods=1000)
    >>> history = pd.DataFrame({"cutoff": days[:-1], "date": days[1:], "ticker": "A", "model": "timid", "horizon": 1})
    >>> history = history.assign(mean=0.0, lo_80=-0.01, hi_80=0.01, lo_95=-0.02, hi_95=0.02)
    >>> history["outcome"] = np.random.default_rng(0).normal(0, 0.02, len(history))
    >>> calibrated = calibrate(history)
    >>> float(history["outcome"].between(history["lo_80"], history["hi_80"]).mean().round(2))
    0.39
    >>> float(history["outcome"].between(calibrated["lo_80"], calibrated["hi_80"]).mean().round(2))
    0.79
    """
    factors = conformal_factors(history, rate=rate, window=window, prior=prior)
    key = ["cutoff", "horizon", "model"]
    factor = history[key].merge(factors, on=key, how="left", validate="many_to_one")
    mean, centre = history["mean"].to_numpy(dtype=float), log_return(history["mean"])
    moved = {}
    for bound in BOUNDS:
        by = factor[bound].to_numpy()
        side = -1.0 if bound.startswith("lo") else 1.0
        calibrated = np.expm1(centre + side * by * distances(history, bound))
        moved[bound] = np.where(by == 1.0, history[bound].to_numpy(dtype=float), calibrated)
    moved["lo_80"], moved["hi_80"] = np.minimum(moved["lo_80"], mean), np.maximum(moved["hi_80"], mean)
    moved["lo_95"] = np.minimum(moved["lo_95"], moved["lo_80"])
    moved["hi_95"] = np.maximum(moved["hi_95"], moved["hi_80"])
    return history.assign(**moved)
