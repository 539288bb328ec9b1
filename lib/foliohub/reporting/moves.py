"""What the last session did to each ticker, against what was expected of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import fixed, percent
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No session has closed since the first prices: there is no move to show."
_ROW = 20


def session_moves(
    moves: pd.DataFrame,
    *,
    provenance: Provenance,
    benchmark: float | None = None,
    benchmark_name: str = "index",
    expected: str = "",
    title: str = "The last session, ticker by ticker",
) -> go.Figure:
    """Returns of one session as bars over the range each was expected in.

    Parameters
    ----------
    moves : DataFrame (n_tickers, 3)
        Index ticker; `change` (simple return of the session), `low` and `high` (ends of the range in which 95 % of
        outcomes were expected beforehand; NaN where nothing was).
    provenance : Provenance
        The line under the title.
    benchmark : float, optional
        Return of the index: a dashed line.
    benchmark_name : str
        What it is called.
    expected : str
        Whose range it is, for the note: "gradient boosting the day before".
    title : str
        Replaces the title.
    """
    rows = moves.dropna(subset=["change"]).sort_values("change", ascending=False, kind="stable")
    if rows.empty:
        return empty_figure(title, _NOTHING, provenance)
    labels = [plain(ticker) for ticker in rows.index]
    change, low, high = (rows[name].to_numpy(dtype=float) * 100 for name in ("change", "low", "high"))
    beyond = (change < low) | (change > high)
    figure = new_figure()
    ranged = np.isfinite(low) & np.isfinite(high)
    if ranged.any():
        figure.add_bar(
            x=light(np.where(ranged, high - low, 0.0)),
            base=light(np.where(ranged, low, 0.0)),
            y=labels,
            orientation="h",
            marker={"color": LIGHT.grid},
            width=0.82,
            hoverinfo="skip",
        )
    figure.add_bar(
        x=light(change),
        y=labels,
        orientation="h",
        marker={"color": [LIGHT.positive if value >= 0 else LIGHT.negative for value in change]},
        width=0.42,
        hovertemplate="%{y}  %{x:+.2f}%<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": LIGHT.ink, "width": 1})
    if benchmark is not None:
        figure.add_vline(x=benchmark * 100, line={"color": LIGHT.ink, "width": 1.4, "dash": "dot"})
        words = f"{plain(display_name(benchmark_name))} {percent(benchmark, signed=True)}"
        figure.add_annotation(
            x=benchmark * 100, y=1, yref="paper", yanchor="bottom", text=words, font={"color": LIGHT.muted}
        )
    texts = {
        label: f"<b>{fixed(value, 2, signed=True, unit='%')}</b>" if far else fixed(value, 2, signed=True, unit="%")
        for label, value, far in zip(labels, change, beyond, strict=True)
    }
    row_labels(figure, texts)
    ends = np.concatenate([change, low[ranged], high[ranged], [0.0]])
    first, last = padded(float(ends.min()), float(ends.max()), 0.03)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(range=[first, last], ticksuffix="%", title_text="Return of the session (%)")
    figure.update_xaxes(showgrid=False, showline=False, ticks="")
    row_axis(figure, labels)
    note = f"{int((change > 0).sum())} of {len(rows)} tickers rose."
    if ranged.any():
        whose = f" by {expected}" if expected else ""
        note += f" Grey: where 95% of outcomes were expected{whose}; {int(beyond.sum())} fell outside, in bold."
    height = max(80, _ROW * len(rows))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=72, heading=14)
