"""What the Forecasts dashboard shows: registered forecasts beside what came, and one ticker's forecasts as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from foliohub.frames import FORECAST_COLUMNS

_KEY = ["cutoff", "horizon", "ticker"]


def outcomes(forecasts: pd.DataFrame, adjusted: pd.DataFrame) -> pd.Series:
    """The returns that came, from each forecast's cutoff to its date.

    Parameters
    ----------
    forecasts : DataFrame
        With the columns cutoff, date and ticker.
    adjusted : DataFrame (n_dates, n_tickers)
        Adjusted closes.

    Returns
    -------
    Series (n_forecasts,)
        Simple returns; NaN where one of the two closes is not known, or not yet.
    """
    column = adjusted.columns.get_indexer(pd.Index(forecasts["ticker"]))
    first = adjusted.index.get_indexer(pd.DatetimeIndex(forecasts["cutoff"]))
    last = adjusted.index.get_indexer(pd.DatetimeIndex(forecasts["date"]))
    known = (column >= 0) & (first >= 0) & (last >= 0)
    values = adjusted.to_numpy()
    found = np.full(len(forecasts), np.nan)
    found[known] = values[last[known], column[known]] / values[first[known], column[known]] - 1
    return pd.Series(found, index=forecasts.index, name="outcome")


def registered(frames: Sequence[pd.DataFrame], adjusted: pd.DataFrame) -> pd.DataFrame:
    """Published forecasts of many dates, each beside what came.

    Parameters
    ----------
    frames : sequence of DataFrame
        Frames of forecasts (:func:`foliohub.frames.check_forecasts`), one per date.
    adjusted : DataFrame (n_dates, n_tickers)
        Adjusted closes, as they are known now.

    Returns
    -------
    DataFrame
        :data:`~foliohub.frames.FORECAST_COLUMNS` and `outcome`. Of models that come and go, only those of the newest
        date are kept, and of these the forecasts that all of them made: what can be compared.
    """
    columns = list(FORECAST_COLUMNS)
    if not frames:
        return pd.DataFrame(columns=[*columns, "outcome"])
    together = pd.concat([frame[columns] for frame in frames], ignore_index=True)
    models = frames[-1]["model"].unique()
    together = together[together["model"].isin(models)]
    asked = together.groupby(_KEY)["model"].transform("nunique")
    together = together[asked == len(models)].reset_index(drop=True)
    return together.assign(outcome=outcomes(together, adjusted))


def one_ticker(forecasts: pd.DataFrame, ticker: str, model: str, adjusted: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of one ticker by one model, a row per horizon.

    Parameters
    ----------
    forecasts : DataFrame
        Of one cutoff.
    ticker, model : str
    adjusted : DataFrame (n_dates, n_tickers)
        Adjusted closes, as they are known now.

    Returns
    -------
    DataFrame (n_horizons, 8)
        Index horizon; columns date, mean, lo_80, hi_80, lo_95, hi_95 (returns since the cutoff), `outcome` (NaN where
        it is not known yet) and `held`: whether the outcome lay inside the 80 % interval, the 95 % one, outside both,
        or is not known.
    """
    rows = forecasts[(forecasts["ticker"] == ticker) & (forecasts["model"] == model)].sort_values("horizon")
    came = outcomes(rows, adjusted)
    narrow = came.between(rows["lo_80"], rows["hi_80"])
    wide = came.between(rows["lo_95"], rows["hi_95"])
    held = np.select([came.isna(), narrow, wide], ["not known yet", "inside 80%", "inside 95%"], "outside both")
    shown = ["horizon", "date", "mean", "lo_80", "hi_80", "lo_95", "hi_95"]
    return rows[shown].assign(outcome=came, held=held).set_index("horizon")


def maturing(forecasts: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """How many registered forecasts have been scored, by horizon, and when the next will be.

    Parameters
    ----------
    forecasts : DataFrame
        As :func:`registered` makes it.
    until : Timestamp
        Last session whose closes are known.

    Returns
    -------
    DataFrame (n_horizons, 4)
        Index horizon; `cutoffs` and `forecasts` registered, `scored` of these forecasts, `next` the first date whose
        close is still to come (NaT where none is).
    """
    groups = forecasts.groupby("horizon")
    waiting = forecasts[forecasts["date"] > until].groupby("horizon")["date"].min()
    return pd.DataFrame(
        {
            "cutoffs": groups["cutoff"].nunique(),
            "forecasts": groups.size(),
            "scored": groups["outcome"].count(),
            "next": waiting.reindex(list(groups.groups)),
        }
    )
