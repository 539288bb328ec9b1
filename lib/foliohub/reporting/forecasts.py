"""Forecasts of all tickers and models for one horizon, as dots with intervals and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.frames import check_forecasts
from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light, row_axis
from foliohub.reporting.formats import counted, percent
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.palette import colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.tables import empty_table, table
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded, percent_texts, round_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foliohub.types import FloatArray

NOTHING = "No forecasts are stored for this date. Make them first: foliohub run daily-forecast."
_NAIVE = ("zero", "mean")
_BOUNDS = ["lo_95", "lo_80", "mean", "hi_80", "hi_95"]


def latest(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The rows of the newest cutoff, checked."""
    if forecasts.empty:
        return forecasts
    check_forecasts(forecasts)
    newest: pd.DataFrame = forecasts.loc[forecasts["cutoff"] == forecasts["cutoff"].max()]
    return newest


def ranked_models(forecasts: pd.DataFrame) -> list[str]:
    """The models: naive ones first, the others in the order of their names."""
    models = {str(name) for name in forecasts["model"].unique()}
    return [name for name in _NAIVE if name in models] + sorted(models.difference(_NAIVE))


def preferred_model(forecasts: pd.DataFrame) -> str:
    """The model to show where none is named: the first that is not naive."""
    models = ranked_models(forecasts)
    return next((name for name in models if name not in _NAIVE), models[0])


def forecast_intervals(
    forecasts: pd.DataFrame,
    horizon: int | None = None,
    *,
    provenance: Provenance,
    models: Sequence[str] | None = None,
    tickers: Sequence[str] | None = None,
    title: str = "Expected returns and their intervals, by model",
) -> go.Figure:
    """Mean and intervals of all tickers for one horizon, one column per model.

    Parameters
    ----------
    forecasts : DataFrame
        A frame of forecasts (:func:`foliohub.frames.check_forecasts`); the newest cutoff is drawn.
    horizon : int, optional
        Sessions ahead; None for the longest there is.
    provenance : Provenance
        The line under the title.
    models, tickers : sequence of str, optional
        Which; None for all. Tickers are ordered by the mean of the first model that is not naive.
    title : str
        Replaces the title.
    """
    rows = latest(forecasts)
    if rows.empty:
        return empty_figure(title, NOTHING, provenance)
    chosen = horizon if horizon is not None else int(rows["horizon"].max())
    ahead = counted(chosen, "session")
    some = rows[rows["horizon"] == chosen]
    some = some[some["model"].isin(list(models))] if models is not None else some
    some = some[some["ticker"].isin(list(tickers))] if tickers is not None else some
    if some.empty:
        there = ", ".join(str(value) for value in sorted(rows["horizon"].unique()))
        message = f"No forecasts of these models and tickers for {ahead}. Stored horizons: {there}."
        return empty_figure(title, message, provenance)
    names = [name for name in models or ranked_models(some) if (some["model"] == name).any()]
    leader = preferred_model(some)
    order = some[some["model"] == leader].sort_values("mean", ascending=False, kind="stable")["ticker"].tolist()
    order += sorted(set(some["ticker"]) - set(order))
    labels = [plain(ticker) for ticker in order]
    figure = grid_figure(1, len(names), shared_yaxes=True, shared_xaxes="all", horizontal_spacing=0.025)
    for column, name in enumerate(names, start=1):
        one = some[some["model"] == name].set_index("ticker").reindex(order).dropna(subset=["mean"])
        _draw_intervals(figure, one, name, column)
    row_axis(figure, labels, lines=True)
    low, high = padded(float(some["lo_95"].min() * 100), float(some["hi_95"].max() * 100), 0.03)
    ticks = round_ticks(low, high, max(2, 15 // len(names)))
    figure.update_xaxes(range=[low, high], tickvals=ticks, ticktext=percent_texts(ticks))
    figure.update_xaxes(showline=False, ticks="", showgrid=True)
    figure.update_xaxes(title_text=f"Return over {ahead} (%)", row=1, col=(len(names) + 1) // 2)
    note = (
        f"From the close of {some['cutoff'].iloc[0]:%Y-%m-%d}, {ahead} ahead. Dot: mean; thick line: 80% "
        f"interval; thin line: 95%. Ordered by {display_name(leader)}."
    )
    height = max(80, 23 * len(order))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, heading=22)


def forecast_table(
    forecasts: pd.DataFrame, horizon: int | None = None, *, model: str | None = None, caption: str = ""
) -> Fragment:
    """Mean and intervals of one model and horizon, one row per ticker, highest mean first.

    Parameters
    ----------
    forecasts : DataFrame
        A frame of forecasts; the newest cutoff is shown.
    horizon : int, optional
        Sessions ahead; None for the longest there is.
    model : str, optional
        Whose; None for the first that is not naive.
    caption : str
        Above the table; names model, horizon and session by default.
    """
    rows = latest(forecasts)
    if rows.empty:
        return empty_table(NOTHING)
    model = model or preferred_model(rows)
    chosen = horizon if horizon is not None else int(rows["horizon"].max())
    some = rows[(rows["model"] == model) & (rows["horizon"] == chosen)]
    some = some.sort_values("mean", ascending=False, kind="stable").set_index("ticker")
    if some.empty:
        return empty_table(f"No forecasts by {display_name(model)} for {counted(chosen, 'session')}.")
    shown = pd.DataFrame({"mean": some["mean"]})
    for level in ("80", "95"):
        ends = zip(some[f"lo_{level}"], some[f"hi_{level}"], strict=True)
        shown[level] = [f"{percent(low, signed=True)} to {percent(high, signed=True)}" for low, high in ends]
    return table(
        shown,
        formats={"mean": "signed_percent", "80": _as_is, "95": _as_is},
        labels={"mean": "Mean return", "80": "80% interval", "95": "95% interval"},
        caption=caption or f"{display_name(model)}: return to the close of {some['date'].iloc[0]:%Y-%m-%d}",
        index_name="Ticker",
    )


def _draw_intervals(figure: go.Figure, one: pd.DataFrame, name: str, column: int) -> None:
    hue, labels = colour(name), [plain(ticker) for ticker in one.index]
    values = {key: one[key].to_numpy(dtype=float) * 100 for key in _BOUNDS}
    place = {"row": 1, "col": column}
    for lower, upper, width, alpha in (("lo_95", "hi_95", 1.5, 0.9), ("lo_80", "hi_80", 5, 0.45)):
        figure.add_scatter(
            x=light(_segments(values[lower], values[upper])),
            y=[text for label in labels for text in (label, label, None)],
            mode="lines",
            line={"color": translucent(hue, alpha), "width": width},
            hoverinfo="skip",
            **place,
        )
    ends = np.column_stack([values[key] for key in ("lo_80", "hi_80", "lo_95", "hi_95")])
    figure.add_scatter(
        x=light(values["mean"]),
        y=labels,
        mode="markers",
        marker={"color": hue, "size": 8, "line": {"color": LIGHT.paper, "width": 1.2}},
        name=plain(display_name(name)),
        customdata=light(ends),
        hovertemplate="<b>%{y}</b>  %{x:+.2f}%<br>80%: %{customdata[0]:+.2f} … %{customdata[1]:+.2f}%"
        "<br>95%: %{customdata[2]:+.2f} … %{customdata[3]:+.2f}%<extra></extra>",
        **place,
    )
    figure.add_vline(x=0, line={"color": LIGHT.axis, "width": 1}, layer="below", **place)
    figure.add_annotation(
        text=f"<b>{plain(display_name(name))}</b>",
        x=0.5,
        y=1,
        xref=f"x{'' if column == 1 else column} domain",
        yref="paper",
        xanchor="center",
        yanchor="bottom",
        yshift=2,
        font={"color": hue},
    )


def _segments(starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Start, end, gap, start, end, gap…: many separate lines in one trace."""
    return np.column_stack([starts, ends, np.full_like(starts, np.nan)]).ravel()


def _as_is(value: object) -> str:
    return str(value)
