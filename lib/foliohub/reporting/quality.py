"""Data quality: which ticker has prices when, what cleaning touched, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, iso, new_figure, row_axis
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import categories, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.tables import empty_table, table
from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROWS = 80
"""Tickers drawn at most: those with gaps or events come first."""
_CELLS = 400
"""Periods drawn at most: about two pixels each."""
_COVERED = (("no prices", "#ECEFF3"), ("partly", "#E69F00"), ("complete", "#7FB3D9"))
_NOTHING = "No prices are stored yet. Ingest them first: foliohub run daily-ingest."
_ABOUT = {"status": "text", "first": "date", "last": "date", "sessions": "integer"}
"""Columns of a summary that count no events, and how they are written."""
_SYMBOLS = ("circle", "diamond", "square")
_UNTOUCHED = "No rule touched anything: the vendor's data came through as received."


def coverage_heatmap(
    prices: pd.DataFrame,
    *,
    provenance: Provenance,
    sessions: pd.DatetimeIndex | None = None,
    quarantined: Mapping[str, str] | None = None,
    title: str = "Price coverage",
) -> go.Figure:
    """Which ticker has a price in which period.

    Parameters
    ----------
    prices : DataFrame (n_dates, n_tickers)
        Closes; NaN where there is none.
    provenance : Provenance
        The line under the title.
    sessions : DatetimeIndex, optional
        Sessions expected; None for the rows of `prices`.
    quarantined : mapping, optional
        Ticker -> reason, for tickers left out of the cycle; they are marked, and get a row even without any price.
    title : str
        Replaces the title.
    """
    reasons = dict(quarantined or {})
    expected = pd.DatetimeIndex(prices.index if sessions is None else sessions)
    absent = [ticker for ticker in reasons if ticker not in prices.columns]
    known = prices.reindex(expected).notna().assign(**dict.fromkeys(absent, False))
    if known.empty:
        return empty_figure(title, _NOTHING, provenance)
    counts = known.sum()
    shown = counts.sort_values(kind="stable").index[:_ROWS].sort_values()
    periods, step = _periods(expected)
    share = known[shown].groupby(periods.to_timestamp()).mean()
    level = np.where(share == 0, 0, np.where(share == 1, 2, 1)).astype(np.uint8)
    figure = new_figure()
    figure.add_heatmap(
        x=iso(share.index),
        y=[plain(ticker) for ticker in shown],
        z=level.T,
        zmin=-0.5,
        zmax=2.5,
        colorscale=[[(k + end) / 3, hue] for k, (_, hue) in enumerate(_COVERED) for end in (0, 1)],
        showscale=False,
        ygap=2,
        hovertemplate="%{y}  %{x|%Y-%m-%d}<extra></extra>",
    )
    for word, hue in reversed(_COVERED):
        marker = {"symbol": "square", "size": 11, "color": hue}
        figure.add_scatter(x=[None], y=[None], mode="markers", marker=marker, name=word)
    red, texts = f"<span style='color:{LIGHT.negative}'>", {}
    for ticker in shown:
        gap = len(expected) - int(counts[ticker])
        text = f"{counts[ticker]:,}" + (f"  {red}{gap:,} missing</span>" if gap else "")
        texts[plain(ticker)] = text + (f"  {red}<b>quarantined</b></span>" if ticker in reasons else "")
    row_labels(figure, texts, size=11, ink=LIGHT.muted)
    row_axis(figure, [plain(ticker) for ticker in shown])
    figure.update_xaxes(title_text="Date", type="date")
    hidden = len(counts) - len(shown)
    note = f"Closes in each {step}. On the right: sessions with a close, of {len(expected):,}."
    note += f" {hidden} tickers with fewer gaps are not shown." if hidden else ""
    right = 24 + 8 * max(len(f"{len(expected):,}"), 5) + (84 if (counts < len(expected)).any() else 0)
    right += 84 if reasons else 0
    height = max(90, 21 * len(shown))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, legend=True, right=right)


def quality_timeline(
    events: pd.DataFrame, *, provenance: Provenance, title: str = "What cleaning touched, and when"
) -> go.Figure:
    """Every event of the quality report on a time line, one row per ticker, one colour per rule.

    Parameters
    ----------
    events : DataFrame
        Columns ticker, date, rule, field, received, action, remark.
    provenance : Provenance
        The line under the title.
    title : str
        Replaces the title.

    Notes
    -----
    Events of one ticker and rule within a month share a dot, which grows with their number.
    """
    if events.empty:
        return empty_figure(title, _UNTOUCHED, provenance)
    month = pd.DatetimeIndex(events["date"]).to_period("M")
    keys = ["ticker", "rule", "month"]
    groups = events.assign(month=month).groupby(keys, sort=True, observed=True)
    dots = groups.agg(date=("date", "first"), events=("date", "size"), action=("action", "first"))
    dots = dots.assign(remark=groups["remark"].first()).reset_index()
    totals = events["rule"].value_counts()
    ranked = events["ticker"].value_counts().index
    shown = sorted(str(ticker) for ticker in ranked[:_ROWS])
    hover = "%{y}  %{x|%Y-%m-%d}<br>%{customdata[0]} × %{customdata[1]}<br>%{customdata[2]}"
    figure = new_figure()
    for number, (rule, hue) in enumerate(zip(totals.index, categories(len(totals)), strict=True)):
        some = dots[(dots["rule"] == rule) & dots["ticker"].isin(shown)]
        details = zip(some["events"], some["action"], some["remark"], strict=True)
        size = np.clip(7 + 2.5 * np.log2(some["events"].to_numpy(dtype=float)), 7, 20).round(1)
        figure.add_scatter(
            x=iso(some["date"]),
            y=[plain(ticker) for ticker in some["ticker"]],
            mode="markers",
            name=f"{plain(display_name(str(rule)))} ({totals[rule]:,})",
            # Colours repeat after ten rules; shapes tell the second ten apart.
            marker={"color": hue, "size": size, "opacity": 0.8, "symbol": _SYMBOLS[number // 10 % len(_SYMBOLS)]},
            customdata=[(int(count), plain(action), plain(remark)) for count, action, remark in details],
            hovertemplate=hover + "<extra>%{fullData.name}</extra>",
        )
    row_axis(figure, [plain(ticker) for ticker in shown], lines=True)
    figure.update_xaxes(title_text="Date", type="date")
    hidden = len(ranked) - len(shown)
    note = f"{len(events):,} events on {len(ranked)} tickers. A dot is a month of one rule and grows with its events."
    note += f" {hidden} tickers with fewer events are not shown." if hidden else ""
    # Entries of a legend are as wide as the widest, and wrap at the width of the plot.
    across = max(1, 880 // (56 + 7 * max(len(trace.name) for trace in figure.data)))
    extra = 19 * (-(-len(figure.data) // across) - 1)
    height = max(90, 24 * len(shown))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, legend=True, heading=extra)


def quality_table(
    summary: pd.DataFrame, *, quarantined: Mapping[str, str] | None = None, caption: str = ""
) -> Fragment:
    """What each rule touched, per ticker, and why a ticker is quarantined.

    Parameters
    ----------
    summary : DataFrame
        Index ticker; counts of events by rule (missing where a rule could not be asked), and what there is of
        `status`, `first`, `last` and `sessions`, as in :class:`foliohub.clean.QualityReport`.
    quarantined : mapping, optional
        Ticker -> reason.
    caption : str
        Above the table.

    Notes
    -----
    Rules and tickers that nothing happened to are left out: what is left deserves a look.
    """
    reasons = dict(quarantined or {})
    counts = summary.drop(columns=[name for name in _ABOUT if name in summary]).select_dtypes("number")
    counts = counts.loc[:, (counts.fillna(0) != 0).any()]
    wanted = [*counts.index, *(ticker for ticker in reasons if ticker not in counts.index)]
    touched = (counts.fillna(0) != 0).any(axis=1).reindex(wanted, fill_value=False)
    rows = [ticker for ticker in wanted if touched[ticker] or ticker in reasons]
    if not rows:
        return empty_table(_UNTOUCHED)
    about = summary[[name for name in _ABOUT if name in summary]].reindex(rows)
    shown = about.join(counts.reindex(rows).astype("Float64"))
    if "status" in about:
        shown["status"] = about["status"].astype(object).where(about["status"].notna(), "quarantined")
    if reasons:
        shown["reason"] = [reasons.get(str(ticker), "") for ticker in rows]
    formats = {**dict.fromkeys(map(str, counts.columns), "integer"), **_ABOUT, "reason": "text"}
    return table(
        shown,
        formats={name: formats[name] for name in map(str, shown.columns)},
        labels={str(name): display_name(str(name)) for name in shown.columns},
        caption=caption,
        index_name="Ticker",
    )


def _periods(sessions: pd.DatetimeIndex) -> tuple[pd.PeriodIndex, str]:
    """The finest calendar step that draws at most 400 cells in a row."""
    for code, word in (("D", "session"), ("W-FRI", "week"), ("M", "month"), ("Q", "quarter")):
        periods = sessions.to_period(code)
        if periods.nunique() <= _CELLS:
            return periods, word
    return sessions.to_period("Y"), "year"
