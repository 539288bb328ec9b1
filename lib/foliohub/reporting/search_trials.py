"""Which parameters a search tried, and whether any of them beat those that stood before by more than chance does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light, row_axis
from foliohub.reporting.formats import counted
from foliohub.reporting.palette import colour, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import percent_texts, round_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No parameters were tried: a search says here what it tried."
_ROW = 64


def search_trials(
    trials: pd.DataFrame,
    *,
    provenance: Provenance,
    model: str = "quantile_boosting",
    title: str = "What the search tried",
) -> go.Figure:
    """Every trial as a dot: the share of loss it saves against the parameters as given, by round and horizon.

    Parameters
    ----------
    trials : DataFrame (n_trials, n_columns)
        With `horizon`, `round`, `trees`, `learning_rate`, `leaves`, `smallest_leaf`, `standing`, `loss`,
        `gain` and `gain_error`, as of a :class:`foliohub.forecast.GradientBoostingForecaster` that searched.
    provenance : Provenance
        The line under the title.
    model : str
        Whose colour to take.
    title : str
        Replaces the title.
    """
    if trials.empty:
        return empty_figure(title, _NOTHING, provenance)
    tried = trials[~trials["standing"].astype(bool)]
    horizons = sorted(tried["horizon"].unique())
    rounds = {number: _round(group) for number, group in tried.groupby("round")}
    figure = grid_figure(1, len(horizons), shared_yaxes=True, shared_xaxes="all", horizontal_spacing=0.03)
    hue, span = colour(model), 0.1
    for column, horizon in enumerate(horizons, start=1):
        place = {"row": 1, "col": column}
        own = tried[tried["horizon"] == horizon]
        last = own[own["round"] == own["round"].max()]
        best = last.iloc[[int(np.argmin(last["loss"]))]]
        for some, filled in ((own.drop(index=best.index), False), (best, True)):
            half = some["gain_error"] * 200
            span = max(span, float((some["gain"].abs() * 100 + (half if filled else 0.0)).max()) if len(some) else 0.0)
            figure.add_scatter(
                x=light(some["gain"] * 100),
                y=[rounds[number] for number in some["round"]],
                mode="markers",
                marker={
                    "color": hue if filled else translucent(hue, 0.35),
                    "size": 11 if filled else 8,
                    "symbol": "diamond" if filled else "circle",
                },
                error_x={"array": light(half), "color": LIGHT.ink, "thickness": 1.2, "width": 4} if filled else None,
                text=[
                    f"rate {one.learning_rate:g}, {one.leaves} leaves of {one.smallest_leaf} rows"
                    for one in some.itertuples()
                ],
                hovertemplate="%{text}: %{x:+.2f}%<extra></extra>",
                **place,
            )
        figure.add_vline(x=0, line={"color": LIGHT.ink, "width": 1.2}, **place)
        figure.add_annotation(
            text=f"<b>{counted(int(horizon), 'session')} ahead</b>",
            x=0,
            y=1,
            xref=f"x{'' if column == 1 else column}",
            yref="paper",
            xanchor="center",
            yanchor="bottom",
        )
    ends = round_ticks(0, span * 1.2, 2)[-1:]
    ticks = [-end for end in ends] + [0.0, *ends]
    row_axis(figure, list(rounds.values()), lines=True)
    figure.update_xaxes(range=[-span * 1.2, span * 1.2], tickvals=ticks, ticktext=percent_texts(ticks), showgrid=True)
    figure.update_xaxes(
        title_text="Loss saved against the parameters as given (%)", row=1, col=(len(horizons) + 1) // 2
    )
    folds = counted(int(trials["folds"].iloc[0]), "fold")
    note = (
        f"{counted(len(trials), 'trial')}, purged cross-validation over {folds}. Right of the line parameters beat "
        "those given. Diamonds: the best of the last round, with two standard errors over the folds. It was picked on "
        "these folds, and flatters."
    )
    return finish(
        figure, title=title, note=note, provenance=provenance, height=_ROW * len(rounds) + 20, heading=14, left=110
    )


def _round(group: pd.DataFrame) -> str:
    """What a row is called."""
    return f"Round {int(group['round'].iloc[0]) + 1}: {counted(int(group['trees'].iloc[0]), 'tree')}"
