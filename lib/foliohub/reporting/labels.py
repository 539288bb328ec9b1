"""Words in figures: names at the ends of lines and rows, headings of panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LABEL_STEP = 16
"""Pixels between the base lines of two labels."""


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
    side = {"x": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "middle", "xshift": 6}
    annotate(
        figure,
        [
            {"text": text, "y": domain[0] + height, "font": {"color": ink, "size": 12, "weight": 600}, **side}
            for text, ink, height in zip(labels, colours, (domain[1] - domain[0]) * places, strict=True)
        ],
    )


def row_labels(figure: go.Figure, labels: Mapping[str, str], *, size: int = 12, ink: str = LIGHT.ink) -> None:
    """Write a text at the right end of each row.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    labels : mapping
        Row, as its axis names it -> text (already escaped).
    size : int
        Of the letters, in pixels.
    ink : str
        Their colour.
    """
    font = {"size": size, "color": ink}
    place = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "font": font}
    annotate(figure, [{"text": text, "y": row, **place} for row, text in labels.items()])


def panel_headings(figure: go.Figure, texts: Mapping[tuple[int, int], str]) -> None:
    """Write a heading (already escaped) above panels of a grid, each at its left; keys are (row, column)."""
    notes = []
    for (row, column), text in texts.items():
        axes = figure.get_subplot(row, column)
        across, up = (axis.plotly_name.replace("axis", "") for axis in (axes.xaxis, axes.yaxis))
        place = {"x": 0, "y": 1, "xref": f"{across} domain", "yref": f"{up} domain"}
        notes.append({"text": text, "xanchor": "left", "yanchor": "bottom", **place})
    annotate(figure, notes)


def annotate(figure: go.Figure, notes: Iterable[Mapping[str, Any]]) -> None:
    """Add annotations at once: one by one, plotly would check all earlier ones again each time."""
    figure.layout.annotations = [*figure.layout.annotations, *notes]


def label_margin(labels: Sequence[str]) -> int:
    """Pixels that the longest of the labels needs to the right of the plot."""
    return 20 + int(7 * max((len(label) for label in labels), default=0))
