"""Tables of numbers shaded by value: what weights and monthly returns share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from foliohub.reporting.canvas import light, row_axis
from foliohub.reporting.palette import DIVERGING, SEQUENTIAL
from foliohub.reporting.theme import LIGHT

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DEEP = 0.72
"""Share of the colour scale from which text is white."""
_WHITE = "#FFFFFE"
"""White that stays white on the dark theme, where the paper does not."""


def shaded_cells(
    figure: go.Figure,
    values: npt.NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    *,
    columns: Sequence[str],
    rows: Sequence[str],
    hover: str,
    signed: bool,
    row: int | None = None,
    column: int | None = None,
) -> None:
    """Draw cells shaded by their value with its text on them, dark on light and white on deep shades.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    values : ndarray (n_rows, n_columns)
        NaN leaves a cell blank. Shades end at the 97.5 % quantile of the absolute values.
    texts : sequence of sequences of str
        Same shape.
    columns, rows : sequence of str
        Headings, already escaped.
    hover : str
        Template of the hover text.
    signed : bool
        Whether the scale has two sides.
    row, column : int, optional
        Panel of a grid.
    """
    finite = np.abs(values[np.isfinite(values)])
    reach = max(float(np.quantile(finite, 0.975)) if finite.size else 0.0, 1e-9)
    figure.add_heatmap(
        x=list(columns),
        y=list(rows),
        z=light(values),
        colorscale=[list(stop) for stop in (DIVERGING if signed else SEQUENTIAL)],
        zmin=-reach if signed else 0,
        zmax=reach,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate=hover,
        row=row,
        col=column,
    )
    row_axis(figure, rows, row=row, col=column)
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(columns),
        range=[-0.5, len(columns) - 0.5],
        side="top",
        showline=False,
        ticks="",
        tickangle=0,
        tickfont={"color": LIGHT.ink},
        row=row,
        col=column,
    )
    # plotly picks grey or white by itself, and its grey is hard to read on half-deep shades.
    cells = [(i, j) for i in range(len(rows)) for j in range(len(columns)) if texts[i][j]]
    for deep, ink in ((False, LIGHT.ink), (True, _WHITE)):
        chosen = [(i, j) for i, j in cells if (abs(values[i, j]) > _DEEP * reach) == deep]
        figure.add_scatter(
            x=[columns[j] for _, j in chosen],
            y=[rows[i] for i, _ in chosen],
            text=[texts[i][j] for i, j in chosen],
            mode="text",
            textfont={"size": 12, "color": ink},
            hoverinfo="skip",
            row=row,
            col=column,
        )
