"""What each ticker, and trading costs, added to a portfolio's return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import fixed
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "Nothing was held in this period, so nothing contributed to its return."
_ROW = 20
_VISIBLE = 5e-6
"""Below half a thousandth of a percentage point nothing is seen, and nothing named."""


def contribution_bars(
    contributions: pd.Series,
    *,
    provenance: Provenance,
    costs: float | None = None,
    title: str = "Contributions to the return",
) -> go.Figure:
    """Contributions as bars, largest first; costs apart, at the end.

    Parameters
    ----------
    contributions : Series (n_tickers,)
        Fractions of the wealth at the start of the period; with the costs they add up to its return.
    provenance : Provenance
        The line under the title.
    costs : float, optional
        What trading took, zero or less; None to leave the row out.
    title : str
        Replaces the title.
    """
    shown = contributions.dropna()
    shown = shown[shown.abs() >= _VISIBLE].sort_values(ascending=False, kind="stable")
    if shown.empty:
        return empty_figure(title, _NOTHING, provenance)
    total = float(shown.sum()) + (costs or 0.0)
    left_out = int(contributions.notna().sum()) - len(shown)
    rows = shown if costs is None else pd.concat([shown, pd.Series({"Costs": costs})])
    labels, values = [plain(name) for name in rows.index], rows.to_numpy(dtype=float) * 100
    hues = [LIGHT.positive if value >= 0 else LIGHT.negative for value in values]
    if costs is not None:
        hues[-1] = LIGHT.muted
    figure = new_figure()
    figure.add_bar(
        x=light(values),
        y=labels,
        orientation="h",
        marker={"color": hues},
        width=0.62,
        hovertemplate="%{y}  %{x:+.2f} points<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": LIGHT.ink, "width": 1})
    row_labels(figure, {label: fixed(value, 2, signed=True) for label, value in zip(labels, values, strict=True)})
    low, high = padded(min(0.0, values.min()), max(0.0, values.max()), 0.04)
    figure.update_xaxes(range=[low, high], title_text="Contribution (% of wealth at the start)", nticks=8)
    figure.update_xaxes(showgrid=True, showline=False, ticks="")
    row_axis(figure, labels)
    note = f"Percentage points of the period's return, which is {fixed(total * 100, 2, signed=True, unit='%')} in all."
    note += f" {left_out} not held, or without effect." if left_out else ""
    height = max(80, _ROW * len(rows))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=72)
