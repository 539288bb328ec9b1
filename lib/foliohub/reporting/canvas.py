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

_NOTE_WIDTH = 148
"""Characters of a subtitle line that fit a figure 900 px wide."""
_LABEL_STEP = 16
"""Pixels between the base lines of two labels."""


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
    return finish(figure, title=title, note="", provenance=provenance, height=160, left=2, right=2, bottom=16)


def spread(positions: npt.ArrayLike, gap: float, low: float = 0.0, high: float = 1.0) -> npt.NDArray[np.float64]:
    """Move positions apart until neighbours are at least `gap` apart, as little as possible, order kept.

    Parameters
    ----------
    positions : array-like (n,)
        Wanted places.
    gap : float
        Least distance; shrinks to what fits where there are too many.
    low, high : float
        Ends of the room there is.

    Returns
    -------
    ndarray (n,)
        Places in the order given.

    Notes
    -----
    Least-squares placement under order constraints: subtracting ``i * gap`` turns it into an isotonic regression,
    solved by pooling adjacent violators.

    Examples
    --------
    >>> spread([0.5, 0.5, 0.9], 0.1).round(2).tolist()
    [0.45, 0.55, 0.9]
    """
    wanted = np.asarray(positions, dtype=float)
    count = len(wanted)
    if count < 2:
        return wanted
    gap = min(gap, (high - low) / (count - 1))
    order = np.argsort(wanted, kind="stable")
    blocks: list[list[float]] = []
    for value in wanted[order] - gap * np.arange(count):
        blocks.append([value, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value_b, size_b = blocks.pop()
            value_a, size_a = blocks.pop()
            blocks.append([(value_a * size_a + value_b * size_b) / (size_a + size_b), size_a + size_b])
    pooled = np.repeat([block[0] for block in blocks], [int(block[1]) for block in blocks])
    pooled = np.clip(pooled, low, high - gap * (count - 1))
    placed = np.empty(count)
    placed[order] = pooled + gap * np.arange(count)
    return placed


def end_labels(
    figure: go.Figure,
    labels: Sequence[str],
    colours: Sequence[str],
    heights: Sequence[float],
    *,
    plot_height: int,
    domain: tuple[float, float] = (0.0, 1.0),
) -> None:
    """Write the name of each line at the right of the plot, beside its end, none on top of another.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    labels, colours : sequence of str
        Texts (already escaped) and their colours.
    heights : sequence of float
        Where the lines end, as fractions of their axis' range.
    plot_height : int
        Height of the plotting area in pixels.
    domain : (float, float)
        The axis' place in the figure, as for plotly's ``domain``.
    """
    room = (domain[1] - domain[0]) * plot_height
    places = spread(np.clip(heights, 0, 1), _LABEL_STEP / room, -8 / room, 1 + 8 / room)
    for text, ink, place in zip(labels, colours, places, strict=True):
        figure.add_annotation(
            text=text,
            x=1,
            xshift=6,
            y=domain[0] + (domain[1] - domain[0]) * float(place),
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="middle",
            align="left",
            font={"color": ink, "size": 12, "weight": 600},
        )


def panel_heading(figure: go.Figure, text: str, row: int, column: int) -> None:
    """Write a heading (markup, already escaped) above one panel of a grid, at its left."""
    axes = figure.get_subplot(row, column)
    figure.add_annotation(
        text=text,
        x=0,
        y=1,
        xref=f"{axes.xaxis.plotly_name.replace('axis', '')} domain",
        yref=f"{axes.yaxis.plotly_name.replace('axis', '')} domain",
        xanchor="left",
        yanchor="bottom",
    )


def label_margin(labels: Sequence[str]) -> int:
    """Pixels that the longest of the labels needs to the right of the plot."""
    return 20 + int(7 * max((len(label) for label in labels), default=0))


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
