"""What the Today dashboard shows: the last session's moves, changes since the one before, quality, alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Tone = Literal["", "good", "bad", "busy"]

_SETTLED = frozenset({"kept"})
"""Actions of cleaning that changed nothing."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a manager should know before anything else.

    Attributes
    ----------
    word : str
        What kind of thing, in a word.
    tone : {"", "good", "bad", "busy"}
        Its colour.
    sentence : str
    link, address : str
        Where it leads; both empty where it leads nowhere.
    """

    word: str
    tone: Tone
    sentence: str
    link: str = ""
    address: str = ""


def moves(adjusted: pd.DataFrame, tickers: Sequence[str], forecasts: pd.DataFrame | None, model: str) -> pd.DataFrame:
    """Returns of the last session, and the range that was expected of it the session before.

    Parameters
    ----------
    adjusted : DataFrame (n_dates, n_columns)
        Adjusted closes.
    tickers : sequence of str
        Which columns; what is not there is left out.
    forecasts : DataFrame or None
        Forecasts of the session before; any others are ignored.
    model : str
        Whose range.

    Returns
    -------
    DataFrame (n_tickers, 3)
        Index ticker; change, low and high (the 95 % interval of the session's return), NaN where not known.
    """
    names = [name for name in tickers if name in adjusted.columns]
    if len(adjusted) < 2:
        return pd.DataFrame(columns=["change", "low", "high"], dtype="float64")
    prices = adjusted[names]
    frame = pd.DataFrame({"change": prices.iloc[-1] / prices.iloc[-2] - 1})
    frame = frame.assign(low=float("nan"), high=float("nan")).rename_axis("ticker")
    if forecasts is None:
        return frame
    before, last = adjusted.index[-2], adjusted.index[-1]
    fitting = (forecasts["cutoff"] == before) & (forecasts["date"] == last) & (forecasts["model"] == model)
    ranges = forecasts[fitting].set_index("ticker").reindex(frame.index)
    return frame.assign(low=ranges["lo_95"], high=ranges["hi_95"])


def beyond(frame: pd.DataFrame) -> list[str]:
    """The tickers whose move fell outside the range expected, the largest first."""
    out = frame[(frame["change"] < frame["low"]) | (frame["change"] > frame["high"])]
    return [str(name) for name in out["change"].abs().sort_values(ascending=False).index]


def forecast_changes(now: pd.DataFrame, before: pd.DataFrame, model: str, horizon: int) -> pd.DataFrame:
    """How one model's means have changed since an earlier cutoff, the largest change first.

    Parameters
    ----------
    now, before : DataFrame
        Forecasts of two cutoffs.
    model : str
    horizon : int
        Sessions ahead.

    Returns
    -------
    DataFrame (n_tickers, 3)
        Index ticker; before, now and change, of tickers that both forecast.
    """
    sides = {}
    for name, frame in (("before", before), ("now", now)):
        rows = frame[(frame["model"] == model) & (frame["horizon"] == horizon)]
        sides[name] = rows.set_index("ticker")["mean"]
    both = pd.DataFrame(sides).dropna()
    both["change"] = both["now"] - both["before"]
    return both.sort_values("change", key=pd.Series.abs, ascending=False, kind="stable")


def weight_changes(now: pd.DataFrame, before: pd.DataFrame, least: float = 5e-4) -> pd.DataFrame:
    """How the target weights have changed since an earlier decision, the largest change first.

    Parameters
    ----------
    now, before : DataFrame
        Columns ticker and target.
    least : float
        Changes below it are left out.

    Returns
    -------
    DataFrame (n_tickers, 3)
        Index ticker; before, now and change; a ticker that one of them does not know has no weight there.
    """
    both = pd.DataFrame(
        {"before": before.set_index("ticker")["target"], "now": now.set_index("ticker")["target"]}
    ).fillna(0.0)
    both["change"] = both["now"] - both["before"]
    both = both[both["change"].abs() >= least]
    return both.sort_values("change", key=pd.Series.abs, ascending=False, kind="stable")


def recent_events(events: pd.DataFrame, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """What cleaning found at the sessions given, the newest first, what it changed before what it kept.

    Parameters
    ----------
    events : DataFrame
        Columns ticker, date, rule, field, received, action, remark.
    sessions : DatetimeIndex
    """
    rows = events[events["date"].isin(sessions)]
    kept = rows["action"].isin(_SETTLED)
    return (
        rows.assign(kept=kept)
        .sort_values(["kept", "date", "ticker"], ascending=[True, False, True])
        .drop(columns="kept")
    )


def quarantined(summary: pd.DataFrame) -> list[str]:
    """The tickers in quarantine, by the summary of quality."""
    return sorted(str(ticker) for ticker in summary.loc[summary["status"] == "quarantined", "ticker"])
