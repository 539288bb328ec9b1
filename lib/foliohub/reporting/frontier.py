"""The efficient frontier: what return can be expected at what risk, and where portfolios stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure
from foliohub.reporting.palette import colour, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HEIGHT = 340


def efficient_frontier(
    frontier: pd.DataFrame,
    portfolios: pd.DataFrame,
    *,
    provenance: Provenance,
    highlight: str = "",
    title: str = "Efficient frontier",
    note: str = "",
) -> go.Figure:
    """Expected return against volatility: the best there is within the bounds, and portfolios beside it.

    Parameters
    ----------
    frontier : DataFrame (n_points, 2)
        Columns `volatility` and `expected`, fractions a year, from the least risk upwards.
    portfolios : DataFrame (n_portfolios, 2)
        The same columns; the index names what each point is, allocators by their registry name.
    provenance : Provenance
        The line under the title.
    highlight : str
        Row of `portfolios` drawn large.
    title, note : str
        Heading, and a sentence below it.
    """
    if frontier.empty and portfolios.empty:
        message = (
            "There are no expected returns to draw a frontier from. Make forecasts first: foliohub run daily-forecast."
        )
        return empty_figure(title, message, provenance)
    figure = new_figure()
    hover = "volatility %{x:.1f}%<br>expected return %{y:.1f}%"
    if len(frontier):
        figure.add_scatter(
            x=light(frontier["volatility"] * 100),
            y=light(frontier["expected"] * 100),
            mode="lines",
            line={"color": LIGHT.accent, "width": 2.4},
            name="Frontier",
            hovertemplate=f"Frontier<br>{hover}<extra></extra>",
        )
    large = [str(name) == highlight for name in portfolios.index]
    hues = [colour(str(name)) for name in portfolios.index]
    figure.add_scatter(
        x=light(portfolios["volatility"] * 100),
        y=light(portfolios["expected"] * 100),
        mode="markers+text",
        marker={
            "size": [15 if chosen else 10 for chosen in large],
            "color": hues,
            "opacity": 1,
            "line": {"color": LIGHT.paper, "width": 1.5},
        },
        text=[
            f"<b>{plain(display_name(str(name)))}</b>" if chosen else plain(display_name(str(name)))
            for name, chosen in zip(portfolios.index, large, strict=True)
        ],
        textposition=_beside(portfolios),
        textfont={"color": LIGHT.ink, "size": 12},
        cliponaxis=False,
        name="Portfolios",
        customdata=[plain(display_name(str(name))) for name in portfolios.index],
        hovertemplate=f"%{{customdata}}<br>{hover}<extra></extra>",
    )
    points = pd.concat([frontier, portfolios])[["volatility", "expected"]] * 100
    figure.update_xaxes(
        title_text="Volatility (% a year)",
        ticksuffix="%",
        range=padded(float(points["volatility"].min()), float(points["volatility"].max()), 0.16),
    )
    figure.update_yaxes(
        title_text="Expected return (% a year)",
        ticksuffix="%",
        range=padded(float(points["expected"].min()), float(points["expected"].max()), 0.12),
    )
    return finish(figure, title=title, note=note, provenance=provenance, height=_HEIGHT, right=16)


def _beside(portfolios: pd.DataFrame) -> list[str]:
    """Where each name stands: away from the nearest other point, and inside the figure."""
    places, middle = [], portfolios["volatility"].mean()
    for name, row in portfolios.iterrows():
        others = portfolios.drop(name)
        above = bool((others["expected"] > row["expected"]).mean() < 0.5) if len(others) else True
        side = "right" if row["volatility"] <= middle else "left"
        places.append(f"{'top' if above else 'bottom'} {side}")
    return places
