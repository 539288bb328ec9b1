"""Sharpe ratios with what chance makes of them: intervals of strategies, and agents that differ in their seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import colour, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No strategies have been compared yet. Compare them first: foliohub run weekly-compare-allocators."
_ROW = 30


def sharpe_ratio_intervals(
    scorecard: pd.DataFrame,
    *,
    provenance: Provenance,
    seeds: pd.Series | None = None,
    baseline: str = "equal_weight",
    title: str = "Sharpe ratios, and how far they may be from the truth",
) -> go.Figure:
    """Sharpe ratios as dots with their intervals, the highest first, against the baseline's line.

    Parameters
    ----------
    scorecard : DataFrame (n_strategies, n_scores)
        As :func:`foliohub.backtest.allocator_scorecard` makes it: `sharpe_ratio`, `sharpe_lower` and `sharpe_upper`.
    provenance : Provenance
        The line under the title.
    seeds : Series (n_seeds,), optional
        Annualised Sharpe ratios of agents that differ in their seed alone; a row of hollow dots at the top.
    baseline : str
        Strategy whose ratio is the dashed line.
    title : str
        Replaces the title.
    """
    if scorecard.empty or scorecard["sharpe_ratio"].isna().all():
        return empty_figure(title, _NOTHING, provenance)
    rows = scorecard.dropna(subset=["sharpe_ratio"]).sort_values("sharpe_ratio", ascending=False, kind="stable")
    ratio, low, high = (rows[name].to_numpy(dtype=float) for name in ("sharpe_ratio", "sharpe_lower", "sharpe_upper"))
    labels = [plain(display_name(str(name))) for name in rows.index]
    hues = [colour(str(name)) for name in rows.index]
    figure = new_figure()
    figure.add_scatter(
        x=light(ratio),
        y=labels,
        mode="markers",
        marker={"size": 10, "color": hues},
        error_x={
            "array": light(high - ratio),
            "arrayminus": light(ratio - low),
            "color": LIGHT.muted,
            "thickness": 1.4,
            "width": 5,
        },
        customdata=np.column_stack([low, high]),
        cliponaxis=False,
        hovertemplate="%{y}  %{x:.2f}  (%{customdata[0]:.2f} to %{customdata[1]:.2f})<extra></extra>",
    )
    texts = dict(zip(labels, map(fixed, ratio.tolist()), strict=True))
    note = "Annualised, net of costs, out of sample. Whiskers: 95% intervals of a stationary bootstrap."
    alone = pd.Series(dtype=float) if seeds is None else seeds.dropna()
    if len(alone):
        label = f"Agents alone, {len(alone)} seeds"
        labels = [label, *labels]
        figure.add_scatter(
            x=light(alone),
            y=[label] * len(alone),
            mode="markers",
            marker={"size": 10, "color": LIGHT.paper, "line": {"color": colour("reinforcement"), "width": 1.8}},
            text=[plain(str(name)) for name in alone.index],
            cliponaxis=False,
            hovertemplate="%{text}  %{x:.2f}<extra></extra>",
        )
        texts[label] = f"{fixed(float(alone.min()))} to {fixed(float(alone.max()))}"
        note += " Hollow: the same agent, trained from other random numbers."
    if baseline in rows.index:
        line = float(rows["sharpe_ratio"][baseline])
        figure.add_vline(x=line, line={"color": colour(baseline), "width": 1.6, "dash": "dash"})
        note += f" Dashed: {display_name(baseline)}."
    row_labels(figure, texts)
    ends = np.concatenate([low, high, ratio, alone.to_numpy(dtype=float), [0.0]])
    known = ends[np.isfinite(ends)]
    figure.update_xaxes(
        range=list(padded(float(known.min()), float(known.max()), 0.04)), title_text="Sharpe ratio (annualised)"
    )
    figure.update_xaxes(showgrid=True, showline=False, ticks="")
    row_axis(figure, labels)
    figure.update_layout(showlegend=False)
    height = max(90, _ROW * len(labels))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=96, heading=8)
