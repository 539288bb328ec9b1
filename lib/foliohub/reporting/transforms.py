"""Where outcomes fell in the distributions forecast, one small histogram per model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import panel_headings
from foliohub.reporting.palette import colour, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_ACROSS, _PANEL, _GAP = 3, 120, 54


def transform_histograms(
    shares: pd.DataFrame,
    *,
    provenance: Provenance,
    p_values: pd.Series | None = None,
    title: str = "Where outcomes fell in the distributions forecast",
) -> go.Figure:
    """Histograms of probability integral transforms (PIT); even where distributions are right.

    Parameters
    ----------
    shares : DataFrame (n_bins, n_models)
        Share of the transforms in each of equal parts of 0 to 1, as :func:`foliohub.metrics.pit_histogram` counts them.
    provenance : Provenance
        The line under the title.
    p_values : Series (n_models,), optional
        Of a test of uniformity; shown beside the names.
    title : str
        Replaces the title.
    """
    if shares.empty:
        return empty_figure(title, _NOTHING, provenance)
    models = [str(name) for name in shares.columns]
    rows = -(-len(models) // _ACROSS)
    height = rows * _PANEL + (rows - 1) * _GAP
    spacing = _GAP / height if rows > 1 else 0.0
    figure = grid_figure(rows, _ACROSS, shared_yaxes="all", vertical_spacing=spacing, horizontal_spacing=0.04)
    middles = (np.arange(len(shares)) + 0.5) / len(shares) * 100
    headings = {}
    for number, name in enumerate(models):
        place = {"row": number // _ACROSS + 1, "col": number % _ACROSS + 1}
        figure.add_bar(
            x=light(middles),
            y=light(shares[name] * 100),
            width=100 / len(shares) * 0.92,
            marker={"color": colour(name)},
            hovertemplate="%{x:.0f}% of the distribution  %{y:.1f}% of outcomes<extra></extra>",
            **place,
        )
        figure.add_hline(y=100 / len(shares), line={"color": LIGHT.ink, "width": 1.2, "dash": "dash"}, **place)
        chance = "" if p_values is None else f"  p = {fixed(float(p_values.get(name, np.nan)))}"
        headings[(place["row"], place["col"])] = f"<b>{plain(display_name(name))}</b>{chance}"
    panel_headings(figure, headings)
    for number in range(len(models), rows * _ACROSS):
        figure.update_xaxes(visible=False, row=number // _ACROSS + 1, col=number % _ACROSS + 1)
        figure.update_yaxes(visible=False, row=number // _ACROSS + 1, col=number % _ACROSS + 1)
    highest = float(np.nanmax(shares.to_numpy())) * 100
    figure.update_yaxes(range=[0, max(highest, 200 / len(shares)) * 1.08], ticksuffix="%", nticks=4)
    figure.update_xaxes(range=[0, 100], tickvals=[0, 50, 100], ticksuffix="%")
    note = (
        "Share of outcomes in each part of the distribution forecast for them, from its low end to its high end. Even "
        "where distributions are right; a hump: too wide; full at both ends: too narrow; a slope: forecasts too low or "
        "too high."
    )
    if p_values is not None:
        note += " p: chance of so uneven a picture were the distributions right, overlap and common moves counted."
    return finish(figure, title=title, note=note, provenance=provenance, height=height, heading=22)
