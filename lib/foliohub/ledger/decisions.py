"""Whether a proposal may be decided on, by whom, and why not."""

from __future__ import annotations

from datetime import date

from foliohub.errors import DecisionRefusedError
from foliohub.ledger.history import same_person
from foliohub.ledger.holdings import Holdings
from foliohub.ledger.proposal import Proposal

LONGEST_REASON = 2000


def check_decidable(proposal: Proposal, *, reason: str) -> str:
    """Refuse to decide on what is decided, and without a reason; give the reason without blanks around it.

    Raises
    ------
    DecisionRefusedError
        Says why.
    """
    if proposal.status in {"approved", "rejected"}:
        raise DecisionRefusedError(
            f"{proposal.id} was {proposal.status} by {proposal.decided_by} on {proposal.decided_at:%Y-%m-%d at %H:%M} "
            "UTC.",
            remedy="A decision stands: it can be neither undone nor repeated.",
            code="decided",
        )
    if proposal.status == "superseded":
        raise DecisionRefusedError(
            f"{proposal.id} was superseded by {proposal.superseded_by}.",
            remedy=f"Decide on {proposal.superseded_by}.",
            code="superseded",
        )
    if proposal.status == "expired":
        raise DecisionRefusedError(
            f"{proposal.id} expired on {proposal.expires_at:%Y-%m-%d at %H:%M} UTC.",
            remedy="Run the job daily-rebalance again for a new proposal.",
            code="expired",
        )
    said = " ".join(reason.split())
    if not said:
        raise DecisionRefusedError(
            "A decision needs a reason.", remedy="Write in a sentence why; it is kept with the proposal.", code="reason"
        )
    if len(said) > LONGEST_REASON:
        raise DecisionRefusedError(
            f"The reason has {len(said):,} characters.",
            remedy=f"Say it in {LONGEST_REASON:,} at most.",
            code="reason",
        )
    return said


def check_approvable(proposal: Proposal, *, by: str, newest: date | None, holdings: Holdings) -> None:
    """Refuse an approval by the author, against a limit, or of what the world has overtaken.

    Parameters
    ----------
    proposal : Proposal
        An open one.
    by : str
        Who wants to approve it.
    newest : date or None
        The last session whose prices are stored.
    holdings : Holdings
        What is held now.

    Raises
    ------
    DecisionRefusedError
        Says why.
    """
    if not by.strip() or same_person(by, proposal.author):
        raise DecisionRefusedError(
            f"{proposal.id} is by {proposal.author}.",
            remedy="Somebody other than its author has to approve it.",
            code="author",
        )
    if proposal.blocking:
        raise DecisionRefusedError(
            f"{proposal.id} breaks {len(proposal.blocking)} limit{'s' if len(proposal.blocking) > 1 else ''}: "
            + " ".join(verdict.sentence for verdict in proposal.blocking),
            remedy="It cannot be approved; reject it, or run daily-rebalance again with other parameters.",
            code="blocked",
        )
    if newest is not None and newest > proposal.prices_until:
        raise DecisionRefusedError(
            f"{proposal.id} was computed from the prices of {proposal.as_of}; by now those of {newest} are stored.",
            remedy="Run the job daily-rebalance for the later session.",
            code="stale",
        )
    if not holdings.same(proposal.holdings_before, proposal.cash_before):
        raise DecisionRefusedError(
            f"Fills have changed the holdings since {proposal.id} was computed.",
            remedy="Run the job daily-rebalance again: its orders start from what is held now.",
            code="holdings",
        )
