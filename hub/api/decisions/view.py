"""What the pages show: a proposal's numbers in the words and formats of the reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from foliohub.errors import DecisionRefusedError
from foliohub.ledger import Ledger, Proposal, Verdict
from foliohub.ledger.decisions import LONGEST_REASON
from foliohub.reporting import Fragment, KeyFigure, key_figures, orders_table, table
from foliohub.reporting.formats import counted, fixed, percent
from hub.api.frame import Frame, Pages

PAGES = Pages(Path(__file__).parent / "template")

_TONES = {"proposed": "busy", "approved": "good", "rejected": "bad", "pass": "good", "warn": "busy", "block": "bad"}
_STATUS = {"proposed": "To be decided", "expired": "Expired", "superseded": "Superseded"}
_OUTCOMES = {"pass": "Pass", "warn": "Warns", "block": "Blocks"}
_ORDER = ("block", "warn", "pass")
_BAR = 150
"""Width of a full bar of weight, in pixels."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a colour."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A ticker's weights, drawn."""

    ticker: str
    before: str
    target: str
    after: str
    before_width: float
    target_at: float
    after_width: float


def overview_page(frame: Frame, ledgers: list[tuple[Ledger, list[Proposal]]]) -> str:
    """Every proposal, the open ones first."""
    found = [(ledger.portfolio, proposal) for ledger, proposals in ledgers for proposal in proposals]
    found.sort(key=lambda pair: (pair[1].created_at, pair[1].id), reverse=True)
    waiting = [(portfolio, proposal) for portfolio, proposal in found if proposal.status == "proposed"]
    past = [(portfolio, proposal) for portfolio, proposal in found if proposal.status != "proposed"]
    return PAGES.render("overview.html.j2", frame, waiting=waiting, past=past, status=status_badge, limits=limits_badge)


def proposal_page(
    frame: Frame,
    ledger: Ledger,
    proposal: Proposal,
    *,
    objection: DecisionRefusedError | None,
    may_decide: bool,
    csrf: str,
    refused: DecisionRefusedError | None = None,
    reason: str = "",
) -> str:
    """One proposal with everything that was frozen with it, and the form while it is open.

    Parameters
    ----------
    frame : Frame
    ledger : Ledger
    proposal : Proposal
        As it stands.
    objection : DecisionRefusedError or None
        What is in the way of the viewer's approval.
    may_decide : bool
        Whether the viewer's role may decide at all.
    csrf : str
    refused : DecisionRefusedError, optional
        Why the form that was just sent was not taken.
    reason : str
        What stood in it.
    """
    currency = ledger.portfolio.currency
    return PAGES.render(
        "proposal.html.j2",
        frame,
        portfolio=ledger.portfolio,
        proposal=proposal,
        badge=status_badge(proposal),
        figures=_safe(_figures(proposal, currency)),
        verdicts=[(verdict, _outcome(verdict), _rule(verdict)) for verdict in _sorted(proposal.verdicts)],
        orders=_safe(orders_table(proposal.orders_frame(), currency=currency)),
        bars=_bars(proposal),
        bar=_BAR,
        slippage=_slippage(ledger, proposal, currency),
        unfilled=_unfilled(ledger, proposal),
        objection=objection,
        may_decide=may_decide,
        csrf=csrf,
        refused=refused,
        reason=reason,
        longest=LONGEST_REASON,
        when=when,
    )


def status_badge(proposal: Proposal) -> Badge:
    """Where a proposal stands."""
    status = proposal.status
    return Badge(_STATUS.get(status, status.capitalize()), _TONES.get(status, ""))


def limits_badge(proposal: Proposal) -> Badge:
    """What the limits say, in a word."""
    if proposal.blocking:
        return Badge(f"{len(proposal.blocking)} block", "bad")
    if proposal.warnings:
        return Badge(f"{len(proposal.warnings)} warn", "busy")
    return Badge("All pass", "good")


def when(moment: datetime) -> str:
    """A moment for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _figures(proposal: Proposal, currency: str) -> Fragment:
    buys = [order for order in proposal.orders if order.side == "buy"]
    traded = sum(order.value for order in proposal.orders)
    sides = f"{counted(len(buys), 'buy')}, {counted(len(proposal.orders) - len(buys), 'sale')}"
    cost = f"{fixed(proposal.expected_cost / proposal.wealth * 1e4, 1)} basis points of wealth"
    badge = limits_badge(proposal)
    return key_figures(
        [
            KeyFigure("Portfolio", fixed(proposal.wealth, 0), currency, note="before trading"),
            KeyFigure("Orders", len(proposal.orders), note=sides),
            KeyFigure("To trade", fixed(traded, 0), currency, note=f"turnover {percent(proposal.turnover)}"),
            KeyFigure("Expected cost", fixed(proposal.expected_cost, 0), currency, note=cost),
            KeyFigure(
                "Cash left", fixed(proposal.cash_after, 0), currency, note=f"of {fixed(proposal.cash_before, 0)} before"
            ),
            KeyFigure("Limits", badge.text, note=f"of {counted(len(proposal.verdicts), 'verdict')}"),
        ]
    )


def _sorted(verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    return sorted(verdicts, key=lambda verdict: _ORDER.index(verdict.outcome))


def _outcome(verdict: Verdict) -> Badge:
    return Badge(_OUTCOMES[verdict.outcome], _TONES[verdict.outcome])


def _rule(verdict: Verdict) -> str:
    """What is allowed, and whose or how the number is; the whole sentence where nothing was measured."""
    _, measured, rest = verdict.sentence.partition(f": {verdict.value_text}")
    detail, _, rule = rest.rstrip(".").rpartition("; ")
    rule = f"{rule}{detail}" if measured else verdict.sentence.rstrip(".")
    return rule[:1].upper() + rule[1:]


def _bars(proposal: Proposal) -> list[Bar]:
    weights = proposal.weights_frame()
    largest = max(float(weights.to_numpy().max(initial=0.0)), 1e-9)
    scale = _BAR / largest
    rows = zip(weights.index, weights.to_numpy().tolist(), strict=True)
    return [
        Bar(
            str(ticker),
            percent(before),
            percent(target),
            percent(after),
            round(before * scale, 1),
            round(target * scale, 1),
            round(after * scale, 1),
        )
        for ticker, (before, target, after) in rows
    ]


def _slippage(ledger: Ledger, proposal: Proposal, currency: str) -> Markup | None:
    if proposal.status != "approved" or not ledger.fills(proposal.id):
        return None
    frame = ledger.slippage(proposal.id)
    formats = {
        "side": "text",
        "ordered": "integer",
        "filled": "integer",
        "reference_price": "currency2",
        "average_price": "currency2",
        "slippage_bps": "number1",
        "slippage": "currency2",
        "cost": "currency2",
        "estimated_cost": "currency2",
    }
    labels = {
        "reference_price": "Close decided on",
        "average_price": "Average price",
        "slippage_bps": "Slippage (bp)",
        "slippage": f"Slippage ({currency})",
        "cost": f"Cost ({currency})",
        "estimated_cost": f"Expected cost ({currency})",
    }
    labels |= {name: name.capitalize() for name in ("side", "ordered", "filled")}
    totals = {name: float(frame[name].sum()) for name in ("slippage", "cost", "estimated_cost")}
    return _safe(table(frame.set_index("ticker"), formats=formats, labels=labels, totals=totals, index_name="Ticker"))


def _unfilled(ledger: Ledger, proposal: Proposal) -> list[Proposal]:
    """Approved proposals nothing has been filled of: whoever approves another may have both traded."""
    if proposal.status != "proposed":
        return []
    return [other for other in ledger.proposals() if other.status == "approved" and not ledger.fills(other.id)]


def _safe(fragment: Fragment) -> Markup:
    return Markup(fragment.html)  # noqa: S704 - fragments escape what comes from data
