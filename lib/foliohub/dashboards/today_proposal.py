"""The proposed rebalance on the Today dashboard: numbers, what the limits say, the orders, where to decide."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from foliohub import reporting
from foliohub.dashboards import kit
from foliohub.dashboards.kit.grid import ago
from foliohub.reporting.formats import counted, fixed, percent

if TYPE_CHECKING:
    import pandas as pd

    from foliohub.dashboards.today_data import Tone
    from foliohub.ledger import Ledger, Proposal

_WORDS: dict[str, tuple[str, Tone]] = {
    "proposed": ("awaits a decision", "busy"),
    "approved": ("approved", "good"),
    "rejected": ("rejected", "bad"),
    "expired": ("expired", ""),
    "superseded": ("superseded", ""),
}
_OUTCOMES: dict[str, tuple[str, Tone]] = {
    "block": ("blocks", "bad"),
    "warn": ("warns", "busy"),
    "pass": ("passes", "good"),
}
_ORDER = ("block", "warn", "pass")


def decision_page(proposal: Proposal) -> str:
    """Address of the page a proposal is decided on, from any dashboard."""
    return f"../api/proposals/{proposal.id}"


def state_badge(proposal: Proposal) -> kit.Piece:
    """What became of it, in a word."""
    text, tone = _WORDS[proposal.status]
    return kit.badge(text, tone)


def deadline(proposal: Proposal, now: datetime) -> str:
    """How long it may still be decided on, or when and by whom it was."""
    if proposal.status == "proposed":
        return f"to be decided {ago(proposal.expires_at, now)}"
    if proposal.decided_at is None:
        return ""
    who = f" by {proposal.decided_by}" if proposal.decided_by else ""
    return f"{proposal.decided_at:%Y-%m-%d %H:%M} UTC{who}"


def limits_line(proposal: Proposal) -> str:
    """What the limits say, in a line."""
    blocking, warning = len(proposal.blocking), len(proposal.warnings)
    said = [f"{blocking} block{'s' if blocking == 1 else ''}"] if blocking else []
    said += [f"{warning} warn{'s' if warning == 1 else ''}"] if warning else []
    return (
        f"{', '.join(said)} of {counted(len(proposal.verdicts), 'limit')}"
        if said
        else (f"all {counted(len(proposal.verdicts), 'limit')} pass")
    )


def numbers(proposal: Proposal, currency: str) -> kit.Html:
    """The proposal in large numbers."""
    bought = sum(order.value for order in proposal.orders if order.side == "buy")
    sold = sum(order.value for order in proposal.orders if order.side == "sell")
    return kit.cards(
        [
            ("Orders", str(len(proposal.orders)), "", "", f"{bought:,.0f} bought, {sold:,.0f} sold ({currency})"),
            ("Turnover", percent(proposal.turnover), "", "", "half of what is traded, of the portfolio"),
            (
                "Expected cost",
                fixed(proposal.expected_cost, 0),
                currency,
                "",
                f"{fixed(proposal.expected_cost / proposal.wealth * 1e4, 1)} bp of the portfolio",
            ),
            (
                "Cash after",
                fixed(proposal.cash_after, 0),
                currency,
                "",
                f"{percent(proposal.cash_after / proposal.wealth)} of {proposal.wealth:,.0f}",
            ),
            ("Limits", str(len(proposal.blocking)), "block", "", limits_line(proposal)),
        ]
    )


def limits(proposal: Proposal) -> kit.Piece:
    """What each limit says, the gravest first."""
    ranked = sorted(proposal.verdicts, key=lambda verdict: _ORDER.index(verdict.outcome))
    rows = [
        (
            verdict.limit[:1].upper() + verdict.limit[1:],
            kit.badge(*_OUTCOMES[verdict.outcome]),
            verdict.value_text,
            verdict.bound_text,
        )
        for verdict in ranked
    ]
    return kit.grid(["Limit", "", "Measured", "Bound"], rows, numbers=(2, 3), caption="What the limits say")


def draw(ledger: Ledger, now: datetime) -> kit.Piece:
    """The latest proposal of a portfolio, for reading; deciding is for the page it leads to.

    Parameters
    ----------
    ledger : Ledger
    now : datetime
        Aware.
    """
    proposals = ledger.proposals(now)
    if not proposals:
        return kit.empty(
            "No rebalance has been proposed yet",
            f"The nightly cycle proposes one for {ledger.portfolio.title}.",
            command="foliohub run daily-rebalance",
        )
    proposal, currency = proposals[0], ledger.portfolio.currency
    title = f"{ledger.portfolio.title}, session {proposal.as_of}"
    origin = reporting.Provenance(f"{proposal.as_of}", title, proposal.run_id)
    decide = proposal.status == "proposed" and not proposal.blocking
    button = "Decide on this proposal" if decide else "Open this proposal"
    orders = proposal.orders_frame()
    name = f"orders-{proposal.id}.csv"
    saved = kit.downloads({name: orders.set_index("ticker")}, label="Download the orders as CSV").html
    saved = saved.removeprefix("<p class='fd-downloads'>").removesuffix("</p>")
    pieces = [
        kit.Piece(
            f"<p class='fd-prose'>{state_badge(proposal).html} {kit.link(proposal.id, decision_page(proposal)).html}, "
            f"{deadline(proposal, now)}</p>"
        ),
        numbers(proposal, currency),
        kit.Piece(f"<p><a class='fd-button' href='{decision_page(proposal)}'>{button}</a>{saved}</p>"),
        kit.columns(
            kit.figure(
                reporting.trade_bars(orders, provenance=origin, currency=currency, title="Orders"), provenance=origin
            ),
            limits(proposal),
        ),
    ]
    filled = ledger.slippage(proposal.id) if proposal.status == "approved" else None
    if filled is not None and filled["filled"].sum():
        pieces.append(_fills(filled, currency))
    return kit.stack(*pieces)


def _fills(filled: pd.DataFrame, currency: str) -> kit.Html:
    frame = filled.set_index("ticker")
    shown = ["side", "ordered", "filled", "reference_price", "average_price", "slippage_bps", "slippage", "cost"]
    return kit.table(
        frame[shown],
        formats={
            "ordered": "integer",
            "filled": "integer",
            "reference_price": "currency2",
            "average_price": "currency2",
            "slippage_bps": "number1",
            "slippage": "currency",
            "cost": "currency2",
        },
        labels={
            "side": "Side",
            "ordered": "Ordered",
            "filled": "Filled",
            "reference_price": f"Price proposed ({currency})",
            "average_price": f"Price filled ({currency})",
            "slippage_bps": "Slippage (bp)",
            "slippage": f"Slippage ({currency})",
            "cost": f"Cost ({currency})",
        },
        totals={"slippage": float(frame["slippage"].sum()), "cost": float(frame["cost"].sum())},
        caption="What was traded so far, against the proposal; slippage above zero was worse",
        index_name="Ticker",
    )
