"""The events of a chain, told in order: which proposals there are, what became of each, what was filled.

    proposed ─▶ approved | rejected | superseded, by an event
             ─▶ expired, by the clock

An event that no rule allows, as a decision on what was decided, cannot have been written by Foliohub: it breaks the
ledger as a wrong hash does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from foliohub.errors import LedgerError
from foliohub.ledger.chain import Link
from foliohub.ledger.fills import Fill
from foliohub.ledger.portfolio import Opening
from foliohub.ledger.proposal import Draft, Proposal

DECISIONS = ("approved", "rejected")

Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class History:
    """What the links of a chain say.

    Attributes
    ----------
    opening : Opening or None
        What the portfolio began with; None where nothing has been written yet.
    proposals : dict
        Id -> proposal, in the order they were made; statuses but for what the clock does.
    fills : list of Fill
        In the order they were imported.
    """

    opening: Opening | None = None
    proposals: dict[str, Proposal] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)

    def at(self, now: datetime) -> dict[str, Proposal]:
        """The proposals as they stand at a moment: open ones that are past their time have expired."""
        return {identifier: expired_at(proposal, now) for identifier, proposal in self.proposals.items()}

    def next_id(self, draft: Draft) -> str:
        """The id that a new proposal gets."""
        attempt = 1 + sum(proposal.as_of == draft.as_of for proposal in self.proposals.values())
        return f"{draft.portfolio}.{draft.as_of}.{attempt}"


def expired_at(proposal: Proposal, now: datetime) -> Proposal:
    """The proposal as the clock leaves it."""
    if proposal.status != "proposed" or now < proposal.expires_at:
        return proposal
    return proposal.model_copy(update={"status": "expired", "decided_at": proposal.expires_at})


def replay(links: Iterable[Link], portfolio: str) -> History:
    """Tell the events of a chain in order.

    Raises
    ------
    LedgerError
        An event is none, or not allowed where it stands; names the link.
    """
    history = History()
    for link in links:
        _TOLD.get(link.kind, _unknown)(history, link, portfolio)
    return history


def _opening(history: History, link: Link, portfolio: str) -> None:
    if link.number != 1:
        raise _impossible(link, portfolio, "a portfolio is opened once, by the first link")
    history.opening = _parse(Opening, link.body, link, portfolio)


def _proposal(history: History, link: Link, portfolio: str) -> None:
    body = dict(link.body)
    identifier = str(body.pop("id", ""))
    draft = _parse(Draft, body, link, portfolio)
    if draft.portfolio != portfolio or identifier != history.next_id(draft):
        raise _impossible(link, portfolio, f"the next proposal is {history.next_id(draft)}, not {identifier!r}")
    made = Proposal.model_validate({**dict(draft), "id": identifier, "status": "proposed", "hash": link.hash})
    later = [other for other in history.proposals.values() if other.as_of > draft.as_of]
    if later:  # made up later for an earlier session: it is past already
        made = _superseded(made, later[-1].id, link.at)
    for other in history.proposals.values():
        still_open = expired_at(other, link.at).status == "proposed"
        if still_open and other.as_of <= draft.as_of:
            history.proposals[other.id] = _superseded(other, identifier, link.at)
    history.proposals[identifier] = made


def _decision(history: History, link: Link, portfolio: str) -> None:
    identifier, decision, reason = (str(link.body.get(key, "")) for key in ("proposal", "decision", "reason"))
    proposal = history.proposals.get(identifier)
    if proposal is None or decision not in DECISIONS:
        raise _impossible(link, portfolio, f"it has {identifier!r} {decision!r}, which there is not")
    if link.body.get("hash") != proposal.hash:
        raise _impossible(link, portfolio, f"it decides on another {identifier} than the one in the ledger")
    if expired_at(proposal, link.at).status != "proposed":
        raise _impossible(link, portfolio, f"{identifier} was {expired_at(proposal, link.at).status} already")
    if decision == "approved" and (proposal.blocking or same_person(proposal.author, link.by)):
        raise _impossible(link, portfolio, f"{identifier} is approved by its author, or against a limit")
    decided = {"status": decision, "decided_by": link.by, "decided_at": link.at, "reason": reason}
    history.proposals[identifier] = proposal.model_copy(update=decided)


def _fills(history: History, link: Link, portfolio: str) -> None:
    known = {fill.fill_id for fill in history.fills}
    for content in link.body.get("fills", ()):
        fill = _parse(Fill, content, link, portfolio)
        if fill.fill_id in known:
            raise _impossible(link, portfolio, f"fill {fill.fill_id} was imported before")
        known.add(fill.fill_id)
        history.fills.append(fill)


_TOLD = {"opening": _opening, "proposal": _proposal, "decision": _decision, "fills": _fills}


def _unknown(_: History, link: Link, portfolio: str) -> None:
    raise _impossible(link, portfolio, f"there are no events of the kind {link.kind!r}")


def same_person(one: str, other: str) -> bool:
    """Whether two user names are one person's; the hub takes no notice of case."""
    return one.strip().casefold() == other.strip().casefold()


def _superseded(proposal: Proposal, by: str, at: datetime) -> Proposal:
    return proposal.model_copy(update={"status": "superseded", "superseded_by": by, "decided_at": at})


def _parse(model: type[Model], content: Mapping[str, Any], link: Link, portfolio: str) -> Model:
    try:
        return model.model_validate(dict(content))
    except (ValidationError, TypeError, ValueError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else {"loc": (), "msg": str(error)}
        raise _impossible(link, portfolio, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _impossible(link: Link, portfolio: str, what: str) -> LedgerError:
    return LedgerError(
        f"The ledger of {portfolio} is broken at link {link.number} (ledger/{portfolio}/{link.number:08d}), "
        f"a {link.kind}: {what}.",
        remedy="It was not written by this version of Foliohub; find out who wrote it.",
    )
