"""What trading a strategy took: turnover and its cost over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, iso, light
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import end_labels, label_margin
from foliohub.reporting.palette import colour, dash, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.sampling import POINTS, thin

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "Nothing has been traded yet: a backtest needs more sessions than its window."
_HEIGHT = 440
_YEAR = pd.Timedelta(days=365)


def turnover_and_costs_chart(
    turnover: pd.DataFrame | pd.Series,
    costs: pd.DataFrame | pd.Series,
    *,
    provenance: Provenance,
    title: str = "Turnover and what it cost",
) -> go.Figure:
    """Turnover of the last year above, cumulative costs below.

    Parameters
    ----------
    turnover : DataFrame (n_dates, n_strategies) or Series
        ``½ Σ |Δw|`` against drifted weights per date; zero or NaN where nothing was traded.
    costs : DataFrame (n_dates, n_strategies) or Series
        Costs per date as fractions of wealth.
    provenance : Provenance
        The line under the title.
    title : str
        Replaces the title.

    Notes
    -----
    The moving sum starts after the first full year, so that the first purchase does not count as turnover; histories
    of less than two years show the sum since the start.
    """
    traded = (turnover.to_frame() if isinstance(turnover, pd.Series) else turnover).fillna(0.0)
    paid = (costs.to_frame() if isinstance(costs, pd.Series) else costs).fillna(0.0)
    if traded.empty or paid.empty:
        return empty_figure(title, _NOTHING, provenance)
    long = traded.index[-1] - traded.index[0] >= 2 * _YEAR
    moving = traded.rolling(_YEAR).sum()[traded.index > traded.index[0] + _YEAR] if long else traded.cumsum()
    upper, _ = thin(moving * 100, points=POINTS // 2)
    lower, step = thin(paid.cumsum() * 1e4, points=POINTS // 2)
    figure = grid_figure(2, 1, shared_xaxes=True, vertical_spacing=0.09)
    margins = [_draw(figure, upper, 1, unit="%"), _draw(figure, lower, 2, unit=" bp")]
    window = "last 12 months" if long else "since the start"
    figure.update_yaxes(title_text=f"Turnover, {window} (%)", row=1, col=1)
    figure.update_yaxes(title_text="Costs since the start (bp)", row=2, col=1)
    figure.update_xaxes(title_text="Date", row=2, col=1)
    note = (
        f"Turnover: half the sum of weight changes. Costs: sum, in basis points of wealth at the time; {step} values."
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=max(margins))


def _draw(figure: go.Figure, frame: pd.DataFrame, row: int, *, unit: str) -> int:
    """Draw one panel with its labels; return the margin that the labels need."""
    names = [str(name) for name in frame.columns]
    for name, column in zip(names, frame.columns, strict=True):
        text = plain(display_name(name))
        figure.add_scatter(
            x=iso(frame.index),
            y=light(frame[column]),
            mode="lines",
            name=text,
            line={"color": colour(name), "width": 1.6, "dash": dash(name)},
            hovertemplate="%{x|%Y-%m-%d}  %{y:,.0f}" + f"{unit}<extra>{text}</extra>",
            row=row,
            col=1,
        )
    high = max(float(np.nanmax(frame.to_numpy())), 0.1) * 1.05
    axis = figure.get_subplot(row, 1).yaxis
    axis.update(range=[0, high], tickformat=",.0f", nticks=6)
    last = frame.iloc[-1].to_numpy(dtype=float)
    labels = [
        f"{plain(display_name(name))}  {fixed(value, 0, unit=unit)}" for name, value in zip(names, last, strict=True)
    ]
    domain = (float(axis.domain[0]), float(axis.domain[1]))
    hues = [colour(name) for name in names]
    end_labels(figure, labels, hues, list(last / high), plot_height=_HEIGHT, domain=domain)
    return label_margin(labels)
