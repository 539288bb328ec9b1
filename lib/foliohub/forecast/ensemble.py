"""Ensembles: forecasts of several models as one, weighted by what was known at the cutoff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.forecast.ensemble_weights import Method, ensemble_weights
from foliohub.forecast.known_outcomes import check_history
from foliohub.frames import FORECAST_COLUMNS, check_forecasts

_AVERAGED = ["mean", "lo_80", "hi_80", "lo_95", "hi_95"]


def combine(
    history: pd.DataFrame,
    method: Method = "equal",
    *,
    models: Sequence[str] | None = None,
    name: str | None = None,
    half_life: float | None = None,
    learning_rate: float = 1.0,
) -> pd.DataFrame:
    """Combine the forecasts of several models at every cutoff of a history.

    Parameters
    ----------
    history : DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`, NaN where it is not known; in any order.
    method : {"equal", "inverse_loss", "online"}
        Where weights come from: :func:`ensemble_weights`.
    models : sequence of str, optional
        Members; by default all models of the history.
    name : str, optional
        Of the ensemble; by default ``ensemble_<method>``.
    half_life, learning_rate : float
        See :func:`ensemble_weights`.

    Returns
    -------
    DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS`, sorted by cutoff, horizon and ticker: one forecast of each ticker
        that any member forecast, with the outcome known or not.

    Raises
    ------
    InputError
        Where a column or a member is missing, or a parameter is wrong.

    Notes
    -----
    Means and bounds are averaged with the same weights (quantile averaging, "Vincentization"): the interval of the
    ensemble has the average shape of its members' and nests as theirs do. Where members disagree on the mean it is
    narrower than that of the mixture of their distributions, and rightly calibrated members can give an ensemble that
    covers too much; :func:`~foliohub.forecast.calibrate` it afterwards. A ticker that some members leave out is
    averaged over the others.

    References
    ----------
    .. [1] Lichtendahl, K. C., Grushka-Cockayne, Y. and Winkler, R. L. (2013). Is it better to average probabilities or
       quantiles? Management Science 59(7), 1594-1611.

    Examples
    --------
    >>> day = pd.Timestamp("2024-01-02")
    >>> row = {"cutoff": day, "date": day + pd.Timedelta(days=1), "ticker": "A", "horizon": 1, "outcome": np.nan}
    >>> low = {"model": "low", "mean": 0.0, "lo_80": -0.1, "hi_80": 0.1, "lo_95": -0.2, "hi_95": 0.2}
    >>> high = {"model": "high", "mean": 0.2, "lo_80": 0.1, "hi_80": 0.3, "lo_95": 0.0, "hi_95": 0.4}
    >>> combine(pd.DataFrame([row | low, row | high]))[["model", "mean", "lo_95", "hi_95"]]
                model  mean  lo_95  hi_95
    0  ensemble_equal   0.1   -0.1    0.3
    """
    check_history(history)
    if models is not None:
        unknown = [model for model in models if model not in set(history["model"])]
        if unknown or not models:
            raise InputError(
                f"The history holds no forecast of {unknown[0]!r}." if unknown else "There is no member.",
                remedy=f"It has {', '.join(sorted(map(str, history['model'].unique())))}.",
            )
        history = history[history["model"].isin(list(models))]
    shares = ensemble_weights(history, method, half_life=half_life, learning_rate=learning_rate)
    rows = history.merge(shares, on=["cutoff", "horizon", "model"], how="left", validate="many_to_one")
    # One order of summing, so that the order of rows changes no bit.
    rows = rows.sort_values(["cutoff", "horizon", "ticker", "model"], ignore_index=True)
    key = ["cutoff", "horizon", "ticker"]
    total = rows.groupby(key)["weight"].transform("sum")
    # A model of no weight at all may be the only one that forecasts a ticker: then it is that forecast.
    weight = (rows["weight"] / total).where(total > 0, 1 / rows.groupby(key)["weight"].transform("size"))
    averaged = rows[_AVERAGED].mul(weight, axis=0).assign(**{one: rows[one] for one in (*key, "date")})
    combined = averaged.groupby([*key, "date"], as_index=False, sort=True)[_AVERAGED].sum()
    combined["model"] = name or f"ensemble_{method}"
    return check_forecasts(_nested(combined[list(FORECAST_COLUMNS)]))


def _nested(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Undo roundings of weighted sums that put equal numbers in the wrong order."""
    order = ["lo_95", "lo_80", "mean"]
    lower = np.minimum.accumulate(forecasts[order[::-1]].to_numpy(), axis=1)
    upper = np.maximum.accumulate(forecasts[["mean", "hi_80", "hi_95"]].to_numpy(), axis=1)
    return forecasts.assign(lo_80=lower[:, 1], lo_95=lower[:, 2], hi_80=upper[:, 1], hi_95=upper[:, 2])
