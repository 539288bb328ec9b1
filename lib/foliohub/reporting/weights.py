"""Target weights: against 1/N and what is held now, and allocator against allocator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import fixed, percent
from foliohub.reporting.heatmaps import shaded_cells
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import colour, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

NOTHING = "No weights are stored for this date. Make them first: foliohub run daily-rebalance."
CASH = "Cash"
VISIBLE = 5e-4
"""Below half a tenth of a per cent a weight is rounding, not a position."""
_ROW = 22


def weights_bar(
    target: pd.Series,
    *,
    provenance: Provenance,
    current: pd.Series | None = None,
    allocator: str = "",
    title: str | None = None,
) -> go.Figure:
    """Target weights against 1/N and against what is held now.

    Parameters
    ----------
    target : Series (n_tickers,)
        Fractions of wealth; the rest to one is cash.
    provenance : Provenance
        The line under the title.
    current : Series (n_tickers,), optional
        Weights held now: hollow dots.
    allocator : str
        Whose weights: names and colours the bars.
    title : str, optional
        Replaces the title.
    """
    title = title or "Target weights" + (f": {display_name(allocator)}" if allocator else "")
    target = target.dropna()
    if target.empty:
        return empty_figure(title, NOTHING, provenance)
    rows = target if current is None else target.reindex(target.index.union(current.dropna().index)).fillna(0.0)
    rows = _with_cash(rows.sort_values(ascending=False, kind="stable"))
    held = None if current is None else _with_cash(current.dropna())
    if held is not None:
        rows = rows.reindex(rows.index.union(held.index, sort=False)).fillna(0.0)
        held = held.reindex(rows.index).fillna(0.0)
    equal, hue = 1 / len(target), colour(allocator) if allocator else LIGHT.accent
    labels = [plain(ticker) for ticker in rows.index]
    figure = new_figure()
    figure.add_bar(
        x=light(rows * 100),
        y=labels,
        orientation="h",
        marker={"color": [LIGHT.axis if ticker == CASH else hue for ticker in rows.index]},
        width=0.62,
        name="Target",
        hovertemplate="%{y}  target %{x:.2f}%<extra></extra>",
    )
    figure.add_vline(x=equal * 100, line={"color": colour("equal_weight"), "width": 1.6, "dash": "dash"})
    words = {"text": f"1/N = {percent(equal)}", "font": {"color": LIGHT.muted}}
    figure.add_annotation(x=equal * 100, y=1, yref="paper", yanchor="bottom", **words)
    if held is not None:
        figure.add_scatter(
            x=light(held * 100),
            y=labels,
            mode="markers",
            marker={"size": 9, "color": LIGHT.paper, "line": {"color": LIGHT.ink, "width": 1.6}},
            name="Held now",
            cliponaxis=False,
            hovertemplate="%{y}  held %{x:.2f}%<extra></extra>",
        )
    quiet, texts = f"<span style='color:{LIGHT.muted}'>", {}
    for label, ticker in zip(labels, rows.index, strict=True):
        text = percent(float(rows[ticker]))
        texts[label] = text if abs(rows[ticker]) >= VISIBLE else f"{quiet}{text}</span>"
        if held is not None:
            texts[label] += f"  {quiet}{fixed(float(rows[ticker] - held[ticker]) * 100, 1, signed=True)}</span>"
    row_labels(figure, texts)
    reach = pd.concat([rows, pd.Series([0.0, equal]), *([] if held is None else [held])]) * 100
    low, high = padded(float(reach.min()), float(reach.max()), 0.04)
    figure.update_xaxes(range=[0 if reach.min() >= 0 else low, high], title_text="Weight (% of wealth)")
    figure.update_xaxes(ticksuffix="%", showgrid=True, showline=False, ticks="")
    row_axis(figure, labels)
    note = f"{int((target.abs() >= VISIBLE).sum())} of {len(target)} tickers held. Dashed line: 1/N."
    if held is not None:
        note += " Hollow dots: held now. On the right: target, and change in percentage points."
    right = 64 if held is None else 108
    height = max(80, _ROW * len(rows))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=right, heading=12)


def weights_comparison(
    weights: pd.DataFrame, *, provenance: Provenance, title: str = "Target weights by allocator"
) -> go.Figure:
    """Weights of several allocators side by side, as a table whose cells are shaded by weight.

    Parameters
    ----------
    weights : DataFrame (n_tickers, n_allocators)
        Fractions of wealth.
    provenance : Provenance
        The line under the title.
    title : str
        Replaces the title.
    """
    table = weights.dropna(how="all").dropna(axis=1, how="all")
    if table.empty:
        return empty_figure(title, NOTHING, provenance)
    table = table.loc[table.mean(axis=1).sort_values(ascending=False, kind="stable").index] * 100
    values = table.to_numpy(dtype=float)
    heads = [plain(display_name(str(name))).replace(" ", "<br>") for name in table.columns]
    figure = new_figure()
    shaded_cells(
        figure,
        values,
        [[fixed(value, 1) if abs(value) >= VISIBLE * 100 else "" for value in row] for row in values],
        columns=heads,
        rows=[plain(ticker) for ticker in table.index],
        hover="%{y}  %{x}  %{z:.2f}%<extra></extra>",
        signed=bool(np.nanmin(values) < -VISIBLE * 100),
    )
    note = f"Per cent of wealth; blank below 0.05%. 1/N is {percent(1 / len(table))}. Ordered by average weight."
    deep = 12 + 15 * max(head.count("<br>") + 1 for head in heads)
    height = _ROW * len(table)
    return finish(
        figure, title=title, note=note, provenance=provenance, height=height, right=8, bottom=16, heading=deep
    )


def _with_cash(weights: pd.Series) -> pd.Series:
    cash = 1 - float(weights.sum())
    return pd.concat([weights, pd.Series({CASH: cash})]) if abs(cash) >= VISIBLE else weights
