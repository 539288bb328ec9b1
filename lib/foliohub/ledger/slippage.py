"""What trading really cost against the proposal: slippage of the fills of every order."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from foliohub.ledger.fills import Fill
from foliohub.ledger.proposal import Proposal

SLIPPAGE_COLUMNS = (
    "ticker",
    "side",
    "ordered",
    "filled",
    "reference_price",
    "average_price",
    "slippage_bps",
    "slippage",
    "cost",
    "estimated_cost",
)


def slippage(proposal: Proposal, fills: Iterable[Fill]) -> pd.DataFrame:
    r"""Every order against its fills.

    Parameters
    ----------
    proposal : Proposal
    fills : iterable of Fill
        Those of other proposals are left out.

    Returns
    -------
    DataFrame (n_orders, 10)
        Columns :data:`SLIPPAGE_COLUMNS`: `ordered` and `filled` in shares, `reference_price` the close the proposal was
        computed from, `average_price` that of the fills, `slippage` in currency and `slippage_bps` in basis points of
        what the filled shares were worth at the reference price, both positive where the fill was worse; `cost` what
        was charged and `estimated_cost` what was expected of the shares filled. NaN where nothing is filled. Tickers
        filled without an order come last, ordered 0.

    Notes
    -----
    ``slippage = ± Σ_k n_k (p_k - p_0)``, plus for purchases: the execution cost of Perold's implementation shortfall.
    What was not filled has no slippage here.

    References
    ----------
    .. [1] Perold, A. F. (1988). The Implementation Shortfall: Paper versus Reality. Journal of Portfolio Management
       14(3), 4-9.
    """
    own = [fill for fill in fills if fill.proposal == proposal.id]
    rows = []
    for order in proposal.orders:
        mine = [fill for fill in own if (fill.ticker, fill.side) == (order.ticker, order.side)]
        share = sum(fill.shares for fill in mine) / order.shares
        rows.append(_row(order.ticker, order.side, order.shares, order.price, mine, order.estimated_cost * share))
    ordered = {(order.ticker, order.side) for order in proposal.orders}
    for ticker, side in sorted({(fill.ticker, fill.side) for fill in own} - ordered):
        extra = [fill for fill in own if (fill.ticker, fill.side) == (ticker, side)]
        rows.append(_row(ticker, side, 0, float("nan"), extra, 0.0))
    return pd.DataFrame(rows, columns=list(SLIPPAGE_COLUMNS))


def _row(ticker: str, side: str, ordered: int, reference: float, fills: list[Fill], estimated: float) -> list[object]:
    filled = sum(fill.shares for fill in fills)
    if not filled:
        nothing = float("nan")
        return [ticker, side, ordered, 0, reference, nothing, nothing, nothing, nothing, nothing]
    paid = sum(fill.shares * fill.price for fill in fills)
    worse = (1 if side == "buy" else -1) * (paid - filled * reference)
    cost = sum(fill.cost for fill in fills)
    bps = worse / (filled * reference) * 1e4
    return [ticker, side, ordered, filled, reference, paid / filled, bps, worse, cost, estimated]
