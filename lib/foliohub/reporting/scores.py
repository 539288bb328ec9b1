"""How good the forecasts were: skill against a naive baseline, and whether intervals held what they promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, grid_figure, light, new_figure, row_axis
from foliohub.reporting.formats import counted, fixed, percent
from foliohub.reporting.palette import colour, display_name, plain, translucent
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded, percent_texts, round_ticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No forecast has been scored yet: scores appear once the sessions forecast have passed."
_ROW = 38
_TWO_SIDED_95 = 1.96


def skill_bars(
    skill: pd.Series | pd.DataFrame,
    *,
    provenance: Provenance,
    baseline: str = "zero",
    error: pd.Series | pd.DataFrame | None = None,
    loss: str = "squared error",
    title: str = "Skill of the models",
) -> go.Figure:
    """Skill scores as bars from the naive baseline's line.

    Parameters
    ----------
    skill : Series (n_models,) or (n_horizons * n_models,), or DataFrame (n_models, n_horizons)
        ``1 - loss / loss of the baseline``: above zero is better than the baseline. Horizons, in sessions, are columns
        or the first level of the index, as in :func:`foliohub.backtest.scorecard`.
    provenance : Provenance
        The line under the title.
    baseline : str
        The naive model that is the zero line.
    error : Series or DataFrame, optional
        Standard error of the skill, same shape; drawn as two of them to each side.
    loss : str
        The loss compared, in words.
    title : str
        Replaces the title.
    """
    table = _by_horizon(skill).dropna(how="all") * 100
    if table.empty:
        return empty_figure(title, _NOTHING, provenance)
    order = table.mean(axis=1).sort_values(ascending=False, kind="stable").index
    table = table.loc[order]
    errors = pd.DataFrame(0.0, index=table.index, columns=table.columns)
    if error is not None:
        errors = _by_horizon(error).reindex(index=table.index, columns=table.columns).fillna(0.0) * 200
    labels = [plain(display_name(str(name))) for name in order]
    count, rival = table.shape[1], plain(display_name(baseline))
    figure = grid_figure(1, count, shared_yaxes=True, shared_xaxes="all", horizontal_spacing=0.03)
    for column, horizon in enumerate(table.columns, start=1):
        place = {"row": 1, "col": column}
        figure.add_bar(
            x=light(table[horizon]),
            y=labels,
            orientation="h",
            marker={"color": [colour(str(name)) for name in order]},
            error_x={"array": light(errors[horizon]), "color": LIGHT.ink, "thickness": 1.2, "width": 4}
            if error is not None
            else None,
            width=0.55,
            hovertemplate="%{y}  %{x:+.2f}%<extra></extra>",
            **place,
        )
        for label, value, half in zip(labels, table[horizon], errors[horizon], strict=True):
            side = 1 if value >= 0 else -1
            figure.add_annotation(
                text=fixed(float(value), 2, signed=True, unit="%"),
                x=float(np.nan_to_num(value)) + side * float(half),
                y=label,
                xanchor="left" if side > 0 else "right",
                xshift=5 * side,
                **place,
            )
        figure.add_vline(x=0, line={"color": LIGHT.ink, "width": 1.2}, **place)
        axis = f"x{'' if column == 1 else column}"
        single = horizon == ""
        figure.add_annotation(
            text=f"◂ worse · {rival} · better ▸" if single else f"<b>{counted(int(horizon), 'session')} ahead</b>",
            x=0,
            y=1,
            xref=axis,
            yref="paper",
            xanchor="center",
            yanchor="bottom",
            font={"color": LIGHT.muted if single else LIGHT.ink},
        )
    span = max(float(np.nanmax((table.abs() + errors).to_numpy())), 0.1) * 1.35
    ends = round_ticks(0, span, 2)[-1:]
    ticks = round_ticks(-span, span, 11 // count) if count < 3 else [-end for end in ends] + [0.0, *ends]
    row_axis(figure, labels)
    figure.update_xaxes(
        range=[-span, span], tickvals=ticks, ticktext=percent_texts(ticks), showgrid=True, showline=False, ticks=""
    )
    figure.update_xaxes(title_text=f"Skill: loss saved against {rival} (%)", row=1, col=(count + 1) // 2)
    note = f"Loss: {loss}, out of sample. Right of the line a model beats {display_name(baseline)}."
    note += " Whiskers: two standard errors." if error is not None else ""
    height = max(90, _ROW * len(order))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, heading=14)


def interval_calibration(
    coverage: pd.DataFrame,
    *,
    provenance: Provenance,
    observations: int | pd.Series | None = None,
    title: str = "Do the intervals hold what they promise?",
) -> go.Figure:
    """Share of outcomes inside the intervals against the share promised, one row per model.

    Parameters
    ----------
    coverage : DataFrame (n_models, n_levels)
        Actual shares; columns are the nominal levels as fractions (0.8, 0.95) or names (coverage_80, coverage_95).
    provenance : Provenance
        The line under the title.
    observations : int or Series (n_models,), optional
        Outcomes behind each share; draws the range that chance alone explains in 95 % of cases.
    title : str
        Replaces the title.

    Notes
    -----
    The range is ``p ± 1.96 sqrt(p (1 - p) / n)``, for independent outcomes. Neighbours in time and stocks of one market
    are not independent: the range is the narrowest there could be.
    """
    table = coverage.dropna(how="all")
    if table.empty:
        return empty_figure(title, _NOTHING, provenance)
    table = table.set_axis([_level(name) for name in table.columns], axis=1).sort_index(axis=1)
    labels = [plain(display_name(str(name))) for name in table.index]
    hues = [colour(str(name)) for name in table.index]
    count = 0 if observations is None else int(np.min(observations))
    figure = new_figure()
    for level, symbol in zip(table.columns, ("circle", "diamond", "square", "triangle-up"), strict=False):
        promised, actual = float(level) * 100, table[level] * 100
        if count:
            half = float(_TWO_SIDED_95 * np.sqrt(promised * (100 - promised) / count))
            band = {"fillcolor": translucent(LIGHT.accent, 0.1), "line_width": 0, "layer": "below"}
            figure.add_vrect(x0=promised - half, x1=promised + half, **band)
        figure.add_vline(x=promised, line={"color": LIGHT.ink, "width": 1.2, "dash": "dash"}, layer="below")
        words = {"text": f"{promised:.0f}% promised", "font": {"color": LIGHT.muted}}
        figure.add_annotation(x=promised, y=1, yref="paper", yanchor="bottom", **words)
        figure.add_scatter(
            x=[x for value in actual for x in (promised, float(value), None)],
            y=[y for label in labels for y in (label, label, None)],
            mode="lines",
            line={"color": LIGHT.axis, "width": 2},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=light(actual),
            y=labels,
            mode="markers+text",
            marker={"color": hues, "size": 12, "symbol": symbol, "line": {"color": LIGHT.paper, "width": 1.5}},
            text=[percent(float(value)) for value in table[level]],
            textposition=["middle left" if value <= promised else "middle right" for value in actual],
            textfont={"size": 12},
            name=f"{promised:.0f}% interval",
            hovertemplate="%{y}  %{x:.1f}% inside<extra></extra>",
        )
    lowest = float(min(table.min().min(), table.columns[0])) * 100
    left = max(0.0, padded(lowest, 100, 0.16)[0])
    figure.update_xaxes(range=[left, 101.5], ticksuffix="%", showgrid=True, showline=False, ticks="")
    figure.update_xaxes(title_text="Outcomes inside the interval (%)")
    row_axis(figure, labels)
    note = "On the dashed line an interval is right; left of it, too narrow; right of it, too wide."
    if count:
        note += f" Shaded: what chance explains with {count:,} independent outcomes; tickers move together, so the true"
        note += " range is wider."
    height = max(100, _ROW * len(labels))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, heading=14)


def _by_horizon(scores: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Models down, horizons across; a single column without a name where there are no horizons."""
    if isinstance(scores, pd.DataFrame):
        return scores
    return scores.unstack(level=0) if isinstance(scores.index, pd.MultiIndex) else scores.to_frame("")


def _level(name: object) -> float:
    """Nominal level of a column: 0.8 of 0.8 and of "coverage_80"."""
    text = str(name).removeprefix("coverage_")
    return float(text) / (100 if text != str(name) else 1)
