"""How returns were spread: a table of years and months, and the shape of months with its tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light
from foliohub.reporting.formats import fixed, percent
from foliohub.reporting.heatmaps import shaded_cells
from foliohub.reporting.palette import BENCHMARKS, colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "There are no returns to show yet: a backtest needs more sessions than its window."
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ROW, _PANEL = 22, 84
_BINS = 50
"""Bins of a histogram at most."""
_TAIL = 0.05


def monthly_returns_heatmap(returns: pd.Series, *, provenance: Provenance, title: str | None = None) -> go.Figure:
    """Years down, months across, the year's return at the end.

    Parameters
    ----------
    returns : Series (n_dates,)
        Simple net returns of one strategy, daily or monthly; its name is shown.
    provenance : Provenance
        The line under the title.
    title : str, optional
        Replaces the title.
    """
    named = "" if returns.name is None else f": {display_name(str(returns.name))}"
    title = title or f"Monthly returns{named}"
    returns = returns.dropna()
    if returns.empty:
        return empty_figure(title, _NOTHING, provenance)
    months = _monthly(returns.to_frame("return"))["return"]
    dates = pd.PeriodIndex(months.index)
    by_month = months.groupby([dates.year, dates.month]).first().unstack().reindex(columns=range(1, 13))
    by_month = by_month.sort_index(ascending=False)
    by_year = (1 + months).groupby(dates.year).prod().sort_index(ascending=False).to_frame() - 1
    years = [str(year) for year in by_month.index]
    figure = grid_figure(1, 2, shared_yaxes=True, column_widths=[0.9, 0.1], horizontal_spacing=0.015)
    for column, (frame, heads) in enumerate(((by_month, _MONTHS), (by_year, ["Year"])), start=1):
        values = frame.to_numpy(dtype=float) * 100
        shaded_cells(
            figure,
            values,
            [["" if np.isnan(value) else fixed(value, 1) for value in row] for row in values],
            columns=heads,
            rows=years,
            hover="%{x} %{y}  %{z:.2f}%<extra></extra>",
            signed=True,
            row=1,
            column=column,
        )
    names = dates.strftime("%b %Y")
    best, worst = names[int(months.to_numpy().argmax())], names[int(months.to_numpy().argmin())]
    note = (
        f"Per cent, after trading costs. {float((months > 0).mean()):.0%} of {len(months)} months gained; best {best} "
        f"({percent(float(months.max()), signed=True)}), worst {worst} ({percent(float(months.min()), signed=True)})."
    )
    height = _ROW * len(years) + 4
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=8, bottom=16, heading=22)


def return_distribution(
    returns: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: str = "index",
    title: str = "Distribution of monthly returns",
) -> go.Figure:
    """Histograms of monthly returns, one row per strategy on the same scale.

    Parameters
    ----------
    returns : DataFrame (n_dates, n_strategies)
        Simple net returns; daily ones are compounded by calendar month.
    provenance : Provenance
        The line under the title.
    benchmark : str
        Column that is the index.
    title : str
        Replaces the title.
    """
    returns = returns.dropna(axis=1, how="all").dropna(how="all")
    if returns.empty:
        return empty_figure(title, _NOTHING, provenance)
    months = _monthly(returns) * 100
    edges = _edges(float(np.nanmin(months)), float(np.nanmax(months)))
    names = list(months.columns)
    figure = grid_figure(len(names), 1, shared_xaxes=True, vertical_spacing=min(0.1, 10 / (_PANEL * len(names))))
    drawn = [_draw_histogram(figure, months[name].dropna(), edges, benchmark, k) for k, name in enumerate(names, 1)]
    figure.update_yaxes(range=[0, max(drawn) * 1.05], showgrid=False, showticklabels=False)
    figure.update_xaxes(ticksuffix="%")
    figure.update_xaxes(title_text="Return in a month (%)", row=len(names), col=1)
    figure.update_layout(bargap=0)
    width = edges[1] - edges[0]
    bins = "1 percentage point" if width == 1 else f"{width:g} percentage points"
    note = f"Height: share of months; bins of {bins}, after trading costs. The worst 5% of months in full colour."
    height = max(_PANEL * len(names), 120)
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=170)


def _monthly(returns: pd.DataFrame) -> pd.DataFrame:
    """Simple returns compounded by calendar month (index: periods); NaN where a month has none."""
    months = pd.DatetimeIndex(returns.index).to_period("M")
    return (1 + returns).groupby(months).prod(min_count=1) - 1


def _edges(low: float, high: float) -> np.ndarray:
    width = next((step for step in (0.5, 1, 2, 5, 10, 20) if (high - low) / step <= _BINS), (high - low) / _BINS)
    return np.arange(np.floor(low / width), np.floor(high / width) + 1.5) * width


def _draw_histogram(figure: go.Figure, months: pd.Series, edges: np.ndarray, benchmark: str, row: int) -> float:
    """Draw one row; return the height of its highest bar."""
    name = str(months.name)
    hue, text = colour("index" if name == benchmark or name in BENCHMARKS else name), plain(display_name(name))
    share = np.histogram(months, edges)[0] / len(months) * 100
    centres, tail = (edges[:-1] + edges[1:]) / 2, float(months.quantile(_TAIL))
    figure.add_bar(
        x=light(centres),
        y=light(share),
        width=edges[1] - edges[0],
        marker={
            "color": [translucent(hue, 1.0 if centre < tail else 0.55) for centre in centres],
            "line": {"color": LIGHT.paper, "width": 1},
        },
        name=text,
        hovertemplate="%{x:.2f}%: %{y:.1f}% of months<extra>" + text + "</extra>",
        row=row,
        col=1,
    )
    place = {"xref": "paper", "yref": f"y{'' if row == 1 else row} domain", "xanchor": "left"}
    figure.add_annotation(text=f"<b>{text}</b>", x=0, y=0.9, yanchor="top", font={"color": hue}, **place)
    worst = pd.PeriodIndex(months.index).strftime("%b %Y")[int(months.to_numpy().argmin())]
    facts = (
        f"median {fixed(float(months.median()), 1, signed=True, unit='%')}",
        f"worst 5% below {fixed(tail, 1, signed=True, unit='%')}",
        f"worst {fixed(float(months.min()), 1, signed=True, unit='%')} ({worst})",
    )
    small = {"size": 11, "color": LIGHT.muted}
    figure.add_annotation(text="<br>".join(facts), x=1, y=0.5, xshift=10, align="left", font=small, **place)
    figure.add_vline(x=0, line={"color": LIGHT.axis, "width": 1}, layer="below", row=row, col=1)
    return float(share.max())
