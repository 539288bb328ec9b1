"""Which models an ensemble listens to, and how the models' lead over no change grew or shrank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, iso, light, new_figure
from foliohub.reporting.formats import counted, fixed
from foliohub.reporting.labels import end_labels, label_margin
from foliohub.reporting.palette import colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NO_WEIGHTS = "No ensemble has been made yet: the next forecasts make one."
_NO_SCORES = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_HEIGHT = 300
_FADED = 0.35


def ensemble_weights_chart(
    weights: pd.DataFrame, horizon: int, *, provenance: Provenance, name: str = "", title: str | None = None
) -> go.Figure:
    """Weights of an ensemble's members through time, one line each.

    Parameters
    ----------
    weights : DataFrame
        Columns as :data:`foliohub.forecast.WEIGHT_COLUMNS`.
    horizon : int
        Sessions ahead.
    provenance : Provenance
        The line under the title.
    name : str
        Of the ensemble.
    title : str, optional
        Replaces the title.
    """
    title = title or "Weights of the models" + (f": {display_name(name)}" if name else "")
    rows = weights[weights["horizon"] == horizon]
    if rows.empty:
        return empty_figure(title, _NO_WEIGHTS, provenance)
    table = rows.pivot(index="cutoff", columns="model", values="weight") * 100
    even = 100 / table.shape[1]
    figure = _lines(table, None, unit="%", digits=1, reference=even)
    figure.update_yaxes(title_text="Weight (%)")
    known = int(rows["evidence"].max())
    note = (
        f"{counted(horizon, 'session')} ahead. Each weight rests on outcomes known at its date, "
        f"{counted(known, 'cutoff')} at the last one. Dashed: all the same."
    )
    right = label_margin([f"{display_name(str(model))}  00.0%" for model in table.columns])
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=right)


def lead_over_no_change(
    history: pd.DataFrame,
    horizon: int,
    *,
    provenance: Provenance,
    baseline: str = "zero",
    highlight: str | None = None,
    title: str = "Skill over time",
) -> go.Figure:
    """Squared error saved against the forecast of no change, summed up to each cutoff, in percent of all there was.

    Parameters
    ----------
    history : DataFrame
        Columns as :data:`foliohub.backtest.SCORE_HISTORY_COLUMNS`.
    horizon : int
        Sessions ahead.
    provenance : Provenance
        The line under the title.
    baseline : str
        The model held against.
    highlight : str, optional
        Model to draw strong; the others step back.
    title : str
        Replaces the title.

    References
    ----------
    .. [1] Welch, I. and Goyal, A. (2008). A comprehensive look at the empirical performance of equity premium
       prediction. Review of Financial Studies 21(4), 1455-1508 (the picture: a line that rises is a model that is
       ahead then, and one lucky month is a step).
    """
    rows = history[history["horizon"] == horizon]
    if rows.empty or baseline not in set(rows["model"]):
        return empty_figure(title, _NO_SCORES, provenance)
    squared = rows.assign(total=rows["rmse"] ** 2 * rows["observations"])
    table = squared.pivot(index="cutoff", columns="model", values="total").dropna()
    saved = table.rsub(table[baseline], axis=0).cumsum() / float(table[baseline].sum()) * 100
    saved = saved.drop(columns=baseline)
    if saved.empty:
        return empty_figure(title, _NO_SCORES, provenance)
    figure = _lines(saved, highlight, unit="%", digits=1, reference=0.0)
    figure.update_yaxes(title_text="Error saved so far (%)")
    note = (
        f"{counted(horizon, 'session')} ahead. Squared error saved against “{display_name(baseline)}”, summed over the "
        "cutoffs so far, in percent of all it made: a line that rises is a model that is ahead then. On the right: its "
        "skill."
    )
    right = label_margin([f"{display_name(str(model))}  +00.0%" for model in saved.columns])
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=right)


def _lines(table: pd.DataFrame, highlight: str | None, *, unit: str, digits: int, reference: float) -> go.Figure:
    """One line per column with its name and last value, around a dashed reference."""
    figure = new_figure()
    values = table.to_numpy(dtype=float)
    reach = np.append(values[np.isfinite(values)], reference)
    low, high = padded(float(reach.min()), float(reach.max()), 0.08)
    inks = []
    for name in table.columns:
        strong = highlight is None or name == highlight
        hue = colour(str(name)) if strong else translucent(colour(str(name)), _FADED)
        inks.append(colour(str(name)) if strong else LIGHT.muted)
        figure.add_scatter(
            x=iso(table.index),
            y=light(table[name]),
            mode="lines+markers" if len(table) < 60 else "lines",
            name=plain(display_name(str(name))),
            line={"color": hue, "width": 2.2 if strong else 1.4},
            marker={"size": 5, "color": hue},
            hovertemplate=f"%{{x|%Y-%m-%d}}  %{{y:.{digits}f}}{unit}<extra>"
            + plain(display_name(str(name)))
            + "</extra>",
        )
    figure.add_hline(y=reference, line={"color": LIGHT.ink, "width": 1.2, "dash": "dash"})
    figure.update_yaxes(range=[low, high], ticksuffix=unit)
    figure.update_xaxes(title_text="Date of the cutoff")
    last = table.ffill().iloc[-1]
    signed = reference == 0.0
    labels = [
        f"{plain(display_name(str(name)))}  {fixed(float(value), digits, signed=signed, unit=unit)}"
        for name, value in last.items()
    ]
    heights = [float((value - low) / (high - low)) for value in last]
    end_labels(figure, labels, inks, heights, plot_height=_HEIGHT)
    return figure
