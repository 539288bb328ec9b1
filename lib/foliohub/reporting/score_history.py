"""How good the models were, cutoff by cutoff: ranking, direction and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, iso, light
from foliohub.reporting.formats import counted, fixed
from foliohub.reporting.labels import end_labels, label_margin, panel_headings
from foliohub.reporting.palette import colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_PANEL = 138
_FADED = 0.35

PANELS: dict[str, tuple[str, float, float, int, str]] = {
    "rank_ic": ("Rank IC: does the order of tickers come true?", 1.0, 0.0, 2, ""),
    "hit_rate": ("Hit rate: share of directions forecast rightly", 100.0, 50.0, 0, "%"),
    "coverage_80": ("Share of outcomes inside the 80% interval", 100.0, 80.0, 0, "%"),
}
"""Measure -> heading, scale, what chance or promise gives, decimals, unit."""


def score_history_chart(
    history: pd.DataFrame,
    horizon: int,
    *,
    provenance: Provenance,
    highlight: str | None = None,
    title: str = "Scores over time",
) -> go.Figure:
    """Rank IC, hit rate and coverage of every model at each cutoff, for one horizon.

    Parameters
    ----------
    history : DataFrame
        Columns as :data:`foliohub.backtest.SCORE_HISTORY_COLUMNS`.
    horizon : int
        Sessions ahead.
    provenance : Provenance
        The line under the title.
    highlight : str, optional
        Model to draw strong; the others step back.
    title : str
        Replaces the title.
    """
    rows = history[history["horizon"] == horizon]
    if rows.empty:
        return empty_figure(title, _NOTHING, provenance)
    figure = grid_figure(len(PANELS), 1, shared_xaxes=True, vertical_spacing=0.11)
    height = _PANEL * len(PANELS) + 60
    margins = [
        _draw(figure, rows.pivot(index="cutoff", columns="model", values=name), name, number, highlight, height)
        for number, name in enumerate(PANELS, start=1)
    ]
    figure.layout.shapes = [_reference(name, number) for number, name in enumerate(PANELS, start=1)]
    panel_headings(figure, {(number, 1): f"<b>{PANELS[name][0]}</b>" for number, name in enumerate(PANELS, start=1)})
    figure.update_xaxes(title_text="Date of the cutoff", row=len(PANELS), col=1)
    cutoffs = rows["cutoff"].nunique()
    tickers = int(rows.groupby(["cutoff", "model"])["observations"].max().median())
    note = (
        f"{counted(horizon, 'session')} ahead, {counted(cutoffs, 'cutoff')}, {counted(tickers, 'ticker')} at each. "
        "Dashed: what chance gives, or the interval promises. On the right: mean over the cutoffs."
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=max(margins), heading=22)


def _reference(measure: str, row: int) -> dict[str, Any]:
    """The line of what chance gives, or the interval promises, through a panel."""
    number, level = "" if row == 1 else str(row), PANELS[measure][2]
    ends = {"x0": 0, "x1": 1, "y0": level, "y1": level, "xref": f"x{number} domain", "yref": f"y{number}"}
    return {"type": "line", "line": {"color": LIGHT.ink, "width": 1.2, "dash": "dash"}, **ends}


def _draw(
    figure: go.Figure, table: pd.DataFrame, measure: str, row: int, highlight: str | None, plot_height: int
) -> int:
    """Draw one panel with the models' names; return the margin that the names need."""
    _, scale, reference, digits, unit = PANELS[measure]
    table = table.dropna(axis=1, how="all") * scale
    values = table.to_numpy(dtype=float)
    reach = np.append(values[np.isfinite(values)], reference)
    low, high = padded(float(reach.min()), float(reach.max()), 0.08)
    days = iso(table.index)
    traces: list[dict[str, Any]] = []
    for name in sorted(table.columns, key=lambda model: model == highlight):
        strong = highlight is None or name == highlight
        hue = colour(str(name))
        traces.append(
            {
                "type": "scatter",
                "x": days,
                "y": light(table[name]),
                "mode": "lines+markers",
                "name": plain(display_name(str(name))),
                "line": {"color": hue if strong else translucent(hue, _FADED), "width": 2.2 if strong else 1.4},
                "marker": {"size": 6 if strong else 4, "color": hue if strong else translucent(hue, _FADED)},
                "hovertemplate": f"%{{x|%Y-%m-%d}}  %{{y:.{digits}f}}{unit}<extra>"
                + plain(display_name(str(name)))
                + "</extra>",
            }
        )
    figure.add_traces(traces, rows=[row] * len(traces), cols=[1] * len(traces))
    axis = figure.get_subplot(row, 1).yaxis
    axis.update(range=[low, high], ticksuffix=unit, nticks=5)
    means = table.mean()
    labels = [
        f"{plain(display_name(str(name)))}  {fixed(mean, digits, signed=measure == 'rank_ic', unit=unit)}"
        for name, mean in means.items()
    ]
    inks = [colour(str(name)) if highlight in (None, name) else LIGHT.muted for name in means.index]
    heights = [float((mean - low) / (high - low)) for mean in means]
    domain = (float(axis.domain[0]), float(axis.domain[1]))
    end_labels(figure, labels, inks, heights, plot_height=plot_height, domain=domain)
    return label_margin(labels)
