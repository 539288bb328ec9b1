"""Where the risk of a portfolio sits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import percent
from foliohub.reporting.labels import row_labels
from foliohub.reporting.palette import colour, display_name, plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.weights import VISIBLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No risk to share out: there are no weights, or no covariance for them."
_ROW = 22


def risk_contribution_bars(
    weights: pd.Series,
    covariance: pd.DataFrame,
    *,
    provenance: Provenance,
    allocator: str = "",
    title: str | None = None,
) -> go.Figure:
    r"""Share of the portfolio's variance that each position brings, against its weight.

    Parameters
    ----------
    weights : Series (n_tickers,)
        Fractions of wealth.
    covariance : DataFrame (n_tickers, n_tickers)
        Covariance of returns per any period: shares do not depend on it. Tickers without one are left out.
    provenance : Provenance
        The line under the title.
    allocator : str
        Whose weights.
    title : str, optional
        Replaces the title.

    Notes
    -----
    The share of ticker *i* is :math:`w_i (\Sigma w)_i / w^\top \Sigma w`; shares add up to one [1]_.

    References
    ----------
    .. [1] Roncalli, T. (2013). Introduction to Risk Parity and Budgeting. Chapman & Hall/CRC, section 2.1.2.
    """
    title = title or "Where the risk sits" + (f": {display_name(allocator)}" if allocator else "")
    held = weights[weights.index.isin(covariance.index)].dropna().astype(float)
    matrix = covariance.reindex(index=held.index, columns=held.index).to_numpy(dtype=float)
    contribution = held * (matrix @ held.to_numpy())
    variance = float(contribution.sum())
    if not variance > 0:
        return empty_figure(title, _NOTHING, provenance)
    share = (contribution / variance).sort_values(ascending=False, kind="stable")
    share = share[(share.abs() >= VISIBLE) | (held.reindex(share.index).abs() >= VISIBLE)]
    labels = [plain(ticker) for ticker in share.index]
    figure = new_figure()
    figure.add_bar(
        x=light(share * 100),
        y=labels,
        orientation="h",
        marker={"color": colour(allocator) if allocator else LIGHT.accent},
        width=0.62,
        name="Share of risk",
        hovertemplate="%{y}  %{x:.1f}% of the risk<extra></extra>",
    )
    figure.add_scatter(
        x=light(held[share.index] * 100),
        y=labels,
        mode="markers",
        marker={"symbol": "diamond", "size": 9, "color": LIGHT.paper, "line": {"color": LIGHT.ink, "width": 1.6}},
        name="Weight",
        hovertemplate="%{y}  weight %{x:.1f}%<extra></extra>",
    )
    row_labels(figure, {plain(ticker): percent(float(value)) for ticker, value in share.items()})
    figure.update_xaxes(ticksuffix="%", showgrid=True, showline=False, ticks="")
    figure.update_xaxes(title_text="Share of variance, and weight (%)")
    row_axis(figure, labels)
    effective = 1 / float((share.clip(lower=0) ** 2).sum())
    note = f"Bars: share of the variance. Hollow diamonds: weight. As spread as {effective:.1f} equal shares of risk."
    height = max(90, _ROW * len(share))
    return finish(figure, title=title, note=note, provenance=provenance, height=height, right=64)
