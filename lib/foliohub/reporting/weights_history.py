"""Weights through time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, iso, light, new_figure
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import end_labels, label_margin
from foliohub.reporting.palette import categories, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.sampling import thin
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded
from foliohub.reporting.weights import CASH, NOTHING, VISIBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

_REST, _CASH_GREY = "#C3CAD4", LIGHT.grid
_HEIGHT = 360


def weights_over_time(
    weights: pd.DataFrame,
    *,
    provenance: Provenance,
    top: int = 8,
    allocator: str = "",
    title: str | None = None,
) -> go.Figure:
    """Weights through time, stacked to the whole portfolio; the largest named, the rest gathered.

    Parameters
    ----------
    weights : DataFrame (n_dates, n_tickers)
        Fractions of wealth at each rebalance, or each session.
    provenance : Provenance
        The line under the title.
    top : int
        Tickers with a band of their own: those with the largest average absolute weight.
    allocator : str
        Whose weights.
    title : str, optional
        Replaces the title.

    Notes
    -----
    A portfolio that goes short cannot be stacked: the largest weights are drawn as lines.
    """
    title = title or "Weights over time" + (f": {display_name(allocator)}" if allocator else "")
    weights = weights.dropna(how="all").fillna(0.0)
    if weights.empty:
        return empty_figure(title, NOTHING, provenance)
    short = bool((weights.to_numpy() < -1e-6).any())
    ranked = weights.abs().mean().sort_values(ascending=False, kind="stable").index
    bands = weights[ranked[:top]]
    hues = dict(zip(bands.columns, categories(len(bands.columns)), strict=True))
    if not short:
        if len(ranked) > top:
            hues[rest := f"Other {len(ranked) - top}"] = _REST
            bands = bands.assign(**{rest: weights[ranked[top:]].sum(axis=1)})
        if ((cash := 1 - weights.sum(axis=1)) >= VISIBLE).any():
            hues[CASH] = _CASH_GREY
            bands = bands.assign(**{CASH: cash.clip(lower=0)})
    sampled, step = thin(bands * 100)
    until = sampled.index[-1] if provenance.session is None else max(sampled.index[-1], provenance.session)
    decided = sampled.index[-1]
    # The latest weights hold from their date on: without an end of their own they would be drawn with no width.
    sampled = sampled.reindex(sampled.index.union([until]), method="ffill")
    figure = new_figure()
    for name in sampled.columns:
        stacked = {} if short else {"stackgroup": "weights", "fillcolor": hues[name]}
        figure.add_scatter(
            x=iso(sampled.index),
            y=light(sampled[name]),
            name=plain(name),
            mode="lines",
            line={"color": hues[name], "width": 1.4 if short else 0.4, "shape": "hv"},
            hovertemplate="%{x|%Y-%m-%d}  %{y:.1f}%<extra>" + plain(name) + "</extra>",
            **stacked,
        )
    last = sampled.iloc[-1]
    low, high = 0.0, max(100.0, float(sampled.sum(axis=1).max()))
    heights = last.cumsum() - last / 2
    if short:
        low, high = padded(float(sampled.min().min()), float(sampled.max().max()))
        heights = last
    labels = [f"{plain(name)}  {fixed(float(last[name]), 1, unit='%')}" for name in sampled.columns]
    inks = [LIGHT.muted if hues[name] in {_REST, _CASH_GREY} else hues[name] for name in sampled.columns]
    end_labels(figure, labels, inks, list((heights - low) / (high - low)), plot_height=_HEIGHT)
    figure.update_yaxes(range=[low, high], ticksuffix="%", title_text="Weight (% of wealth)")
    figure.update_xaxes(title_text="Date")
    kind = "The largest positions of a portfolio that goes short" if short else "Stacked to the whole portfolio"
    every = "every date there is" if step == "daily" else f"{step} values"
    note = f"{kind}; {every}. On the right: weights of {decided:%Y-%m-%d}."
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=label_margin(labels))
