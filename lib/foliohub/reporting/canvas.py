"""What all figures share: the title block, the empty state, labels at the ends of lines, light arrays."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foliohub.reporting.palette import plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT, template

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTE_WIDTH = 128
"""Characters of a subtitle line that fit a figure 760 px wide."""


def new_figure() -> go.Figure:
    """A figure without anything but the theme."""
    import plotly.graph_objects as go

    return go.Figure(layout={"template": template()})


def grid_figure(rows: int, columns: int, **options: Any) -> go.Figure:
    """Subplots without anything but the theme; `options` are those of plotly's ``make_subplots``."""
    from plotly.subplots import make_subplots

    return make_subplots(rows=rows, cols=columns, figure=new_figure(), **options)


def finish(
    figure: go.Figure,
    *,
    title: str,
    note: str,
    provenance: Provenance,
    height: int,
    legend: bool = False,
    heading: int = 0,
    right: int = 24,
    left: int = 56,
    bottom: int = 52,
) -> go.Figure:
    """Give a figure its title block, size and margins.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    title : str
        What the figure shows, in words.
    note : str
        How to read it: units, scale, costs; wrapped where it is long.
    provenance : Provenance
        Its line closes the title block.
    height : int
        Height of the plotting area, in pixels; margins come on top.
    legend : bool
        Whether to keep a line free for a legend above the plot.
    heading : int
        Pixels for headings between title block and plot.
    right, left, bottom : int
        Margins in pixels; axis labels widen the left one by themselves.

    Returns
    -------
    Figure
        The one given.
    """
    lines = [*textwrap.wrap(note, _NOTE_WIDTH), provenance.line]
    subtitle = "<br>".join(plain(line) for line in lines if line)
    top = 46 + 17 * len([line for line in lines if line]) + (28 if legend else 8) + heading
    figure.update_layout(
        title={"text": plain(title), "subtitle": {"text": subtitle}},
        height=height + top + bottom,
        margin={"t": top, "r": right, "l": left, "b": bottom},
        showlegend=legend,
        meta={"provenance": provenance.line},
    )
    return figure


def empty_figure(title: str, message: str, provenance: Provenance) -> go.Figure:
    """Say in the place of a figure what is missing and what to do about it."""
    figure = new_figure()
    figure.add_annotation(
        text="<br>".join(textwrap.wrap(plain(message), 80)),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        font={"size": 14, "color": LIGHT.muted},
    )
    figure.update_layout(plot_bgcolor=LIGHT.faint)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return finish(figure, title=title, note="", provenance=provenance, height=160, left=0, right=0, bottom=16)


def row_axis(
    figure: go.Figure, labels: Sequence[str], *, lines: bool = False, row: int | None = None, col: int | None = None
) -> None:
    """One row per label (already escaped) from the top down, every one named, without room to spare above and below.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    labels : sequence of str
        In the order of the rows.
    lines : bool
        Whether a line runs through each row.
    row, col : int, optional
        Panel of a grid; all of them by default.
    """
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(labels),
        range=[len(labels) - 0.5, -0.5],
        dtick=1,
        showgrid=lines,
        row=row,
        col=col,
    )


def iso(index: pd.Index) -> list[str]:
    """Dates as ISO texts: what every version of plotly reads as dates, lists and widgets included."""
    return [str(day) for day in pd.DatetimeIndex(index).strftime("%Y-%m-%d")]


def light(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Single precision: half the bytes of a figure, seven digits, more than a screen shows."""
    return np.asarray(values, dtype=np.float32)
