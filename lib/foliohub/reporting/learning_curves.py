"""How a network's training went: its loss epoch by epoch, on what it was taught and on what it was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light
from foliohub.reporting.formats import counted
from foliohub.reporting.palette import colour, plain, translucent
from foliohub.reporting.provenance import Provenance

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "Nothing was trained."


def learning_curves(
    curves: Mapping[str, Sequence[Sequence[float]]],
    *,
    provenance: Provenance,
    model: str = "lstm",
    title: str = "Learning curves",
) -> go.Figure:
    """Losses in training (thin) and on the validation window (strong), with the epoch that was kept.

    Parameters
    ----------
    curves : mapping
        By seed, as text: for each epoch the losses in training and on the validation window, as on a trained LSTM's
        card.
    provenance : Provenance
        The line under the title.
    model : str
        Whose colour to take.
    title : str
        Replaces the title.
    """
    if not any(len(curve) for curve in curves.values()):
        return empty_figure(title, _NOTHING, provenance)
    figure = grid_figure(1, 2, shared_yaxes=False, horizontal_spacing=0.12)
    hue = colour(model)
    for seed, curve in curves.items():
        losses = np.asarray(curve, dtype=np.float64)
        epochs = np.arange(1, len(losses) + 1)
        best = int(np.argmin(losses[:, 1]))
        name = plain(f"seed {seed}")
        for column, ink in ((0, translucent(hue, 0.5)), (1, hue)):
            figure.add_scatter(
                x=epochs,
                y=light(losses[:, column]),
                mode="lines",
                line={"color": ink, "width": 1.8},
                name=name,
                hovertemplate=f"epoch %{{x}}  %{{y:.4f}}<extra>{name}</extra>",
                row=1,
                col=column + 1,
            )
        figure.add_scatter(
            x=[best + 1],
            y=light(losses[[best], 1]),
            mode="markers",
            marker={"color": hue, "size": 9},
            hovertemplate=f"kept: epoch %{{x}}<extra>{name}</extra>",
            row=1,
            col=2,
        )
    figure.update_xaxes(title_text="Epoch", dtick=max(1, max(map(len, curves.values())) // 6))
    figure.update_yaxes(title_text="Loss in training", row=1, col=1)
    figure.update_yaxes(title_text="Loss on the validation window", row=1, col=2)
    note = (
        f"{counted(len(curves), 'network')}. Dots: the epoch kept. Where the right side rises while the left one "
        "falls, more training would only learn noise."
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=300, left=70)
