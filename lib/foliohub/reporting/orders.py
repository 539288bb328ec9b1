"""Orders: what to trade, and how much of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foliohub.errors import ContractError
from foliohub.reporting.canvas import empty_figure, finish, light, new_figure, row_axis
from foliohub.reporting.formats import counted, fixed
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.labels import annotate
from foliohub.reporting.palette import plain
from foliohub.reporting.provenance import Provenance
from foliohub.reporting.tables import empty_table, table
from foliohub.reporting.theme import LIGHT
from foliohub.reporting.ticks import padded

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOTHING = "No orders: what is held is as close to the target as whole shares allow."
_ROW = 24
_SHOWN = {
    "side": ("Side", "text"),
    "shares": ("Shares", "signed"),
    "price": ("Price", "currency2"),
    "value": ("Value", "currency"),
    "estimated_cost": ("Estimated cost", "currency2"),
    "weight_before": ("Weight before", "percent"),
    "target_weight": ("Target weight", "percent"),
    "weight_after": ("Weight after", "percent"),
}
_MONEY = frozenset({"price", "value", "estimated_cost"})


def orders_table(orders: pd.DataFrame, *, currency: str = "USD", caption: str = "") -> Fragment:
    """The orders, largest first, with a line of totals.

    Parameters
    ----------
    orders : DataFrame (n_orders, …)
        Index or column ticker; columns shares and price or value, and what there is of side, estimated_cost,
        weight_before, target_weight and weight_after (:data:`foliohub.orders.ORDER_COLUMNS`). Where there is no side,
        negative shares are sales. Rows of zero shares are left out.
    currency : str
        ISO code, in the headings.
    caption : str
        Above the table.

    Raises
    ------
    ContractError
        Where shares, or both price and value, are missing.
    """
    orders = _signed(orders)
    if orders.empty:
        return empty_table(_NOTHING)
    orders = orders.sort_values("value", key=np.abs, ascending=False, kind="stable")
    columns = [name for name in _SHOWN if name in orders]
    return table(
        orders[columns],
        formats={name: _SHOWN[name][1] for name in columns},
        labels={name: _SHOWN[name][0] + (f" ({currency})" if name in _MONEY else "") for name in columns},
        totals={name: float(orders[name].sum()) for name in ("value", "estimated_cost") if name in orders},
        caption=caption,
        index_name="Ticker",
    )


def trade_bars(
    orders: pd.DataFrame,
    *,
    provenance: Provenance,
    currency: str = "USD",
    title: str = "Trades",
) -> go.Figure:
    """Value of every order: buys to the right, sales to the left.

    Parameters
    ----------
    orders : DataFrame (n_orders, …)
        As for :func:`orders_table`.
    provenance : Provenance
        The line under the title.
    currency : str
        ISO code, on the axis.
    title : str
        Replaces the title.

    Raises
    ------
    ContractError
        Where shares, or both price and value, are missing.
    """
    orders = _signed(orders)
    if orders.empty:
        return empty_figure(title, _NOTHING, provenance)
    orders = orders.sort_values("value", ascending=False, kind="stable")
    labels = [plain(ticker) for ticker in orders.index]
    values, shares = orders["value"].to_numpy(dtype=float), orders["shares"].to_numpy(dtype=float)
    figure = new_figure()
    figure.add_bar(
        x=light(values),
        y=labels,
        orientation="h",
        marker={"color": [LIGHT.positive if value >= 0 else LIGHT.negative for value in values]},
        width=0.62,
        customdata=light(shares),
        hovertemplate="%{y}  %{customdata:+,.0f} shares, %{x:+,.0f} " + plain(currency) + "<extra></extra>",
    )
    notes = []
    for label, value, count in zip(labels, values, np.abs(shares), strict=True):
        side = 1 if value >= 0 else -1
        place = {"x": value, "y": label, "xanchor": "left" if side > 0 else "right", "xshift": 6 * side}
        quiet = f"<span style='color:{LIGHT.muted}'>{fixed(count, 0)} sh.</span>"
        notes.append({"text": f"{fixed(value, 0, signed=True)}  {quiet}", **place})
    annotate(figure, notes)
    low, high = padded(min(0.0, values.min()), max(0.0, values.max()), 0.22)
    figure.add_vline(x=0, line={"color": LIGHT.ink, "width": 1})
    figure.update_xaxes(range=[0.0 if values.min() >= 0 else low, 0.0 if values.max() <= 0 else high], nticks=8)
    figure.update_xaxes(tickformat=",.3~s", title_text=f"Value ({plain(currency)})")
    figure.update_xaxes(showgrid=True, showline=False, ticks="")
    row_axis(figure, labels)
    sides = (("buy", values[values > 0]), ("sale", values[values < 0]))
    sums = [f"{counted(len(some), side)} for {abs(some.sum()):,.0f} {currency}" for side, some in sides if len(some)]
    note = f"{', '.join(sums)}. On each bar: value and whole shares."
    height = max(80, _ROW * len(orders))
    return finish(figure, title=title, note=note, provenance=provenance, height=height)


def _signed(orders: pd.DataFrame) -> pd.DataFrame:
    """Orders by ticker, shares and value negative for sales, whichever way they came; zero shares left out."""
    if orders.empty:
        return orders
    frame = orders.set_index("ticker") if "ticker" in orders else orders
    if "shares" not in frame or not {"value", "price"} & set(frame.columns):
        columns = list(orders.columns)
        raise ContractError(f"Orders have the columns {columns}.", remedy="Give ticker, shares, and price or value.")
    shares = frame["shares"].astype(float)
    if "side" in frame:
        shares = shares.abs().where(frame["side"].astype(str).str.lower() != "sell", -shares.abs())
    value = (frame["value"] if "value" in frame else shares * frame["price"]).astype(float)
    return frame.assign(shares=shares, value=value.abs() * np.sign(shares))[shares != 0]
