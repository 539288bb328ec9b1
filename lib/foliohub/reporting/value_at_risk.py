"""Value at risk through time, and the losses that went beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, iso, light, new_figure
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import end_labels, label_margin
from foliohub.reporting.palette import MODEL_COLOURS, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.sampling import POINTS, thin
from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No value at risk has been told yet: there must be more sessions than it is estimated on."
_COLOURS = {"historical": LIGHT.muted, "filtered": MODEL_COLOURS["garch"]}
# Hollow circles around filled ones: a loss beyond both shows as both.
_MARKERS = {"historical": {"symbol": "circle-open", "size": 9}, "filtered": {"symbol": "circle", "size": 4}}
_HEIGHT = 360


def value_at_risk_chart(
    told: pd.DataFrame,
    *,
    provenance: Provenance,
    level: float = 0.99,
    title: str = "Value at risk and what went beyond it",
) -> go.Figure:
    """Value at risk of a day by plain and by filtered historical simulation, and the losses that exceeded each.

    Parameters
    ----------
    told : DataFrame (n_dates, n_columns)
        `return`, `historical` and `filtered`: fractions, by the session they are of; losses of value at risk positive.
    provenance : Provenance
        The line under the title.
    level : float
        Of the value at risk, for the note.
    title : str
        Replaces the title.

    Notes
    -----
    Long histories are sampled at each period's largest value at risk; every exceedance is drawn on its day.
    """
    if told.empty:
        return empty_figure(title, _NOTHING, provenance)
    names = list(_COLOURS)
    lines, step = thin(-told[names] * 100, how="min", points=POINTS // 2)
    figure = new_figure()
    for name in names:
        hue, text = _COLOURS[name], plain(display_name(name))
        beyond = told.loc[-told["return"] > told[name], "return"] * 100
        figure.add_scatter(
            x=iso(lines.index),
            y=light(lines[name]),
            mode="lines",
            name=text,
            line={"color": hue, "width": 1.4},
            hovertemplate="%{x|%Y-%m-%d}  %{y:.2f}%<extra>" + text + "</extra>",
        )
        figure.add_scatter(
            x=iso(beyond.index),
            y=light(beyond),
            mode="markers",
            name=f"beyond it: {text}",
            marker={"color": hue, **_MARKERS[name]},
            hovertemplate="%{x|%Y-%m-%d}  %{y:.2f}%<extra>beyond: " + text + "</extra>",
        )
    low = float(min(lines.min().min(), told["return"].min() * 100)) * 1.05
    figure.update_yaxes(range=[low, 0], ticksuffix="%", title_text="Return of a session (%)")
    figure.update_xaxes(title_text="Date")
    last = -told[names].iloc[-1] * 100
    labels = [f"{plain(display_name(name))}  {fixed(last[name], 1, unit='%')}" for name in names]
    heights = list(1 - np.asarray(last) / low)
    end_labels(figure, labels, [_COLOURS[name] for name in names], heights, plot_height=_HEIGHT)
    sampled = "" if step == "daily" else f"; {step} values, the largest of each"
    note = (
        f"Lines: loss of a day not to be exceeded in {level * 100:g}% of them, told at the close before{sampled}. "
        "Circles: losses beyond it, hollow for plain historical simulation, filled for filtered. On the right: latest."
    )
    right = label_margin(labels)
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=right)
