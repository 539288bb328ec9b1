"""Proposals: what a rebalance would do, what the limits say of it, and who decided."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from foliohub.ledger import Ledger, Proposal
from foliohub.ledger.decisions import LONGEST_REASON
from foliohub.ledger.proposal import Side, Status
from hub.api import documents, tables
from hub.api.access import Approver, At, PortfolioReader
from hub.api.documents import Listing, ListQuery, part
from hub.api.identity import Identity
from hub.api.parameters import Names
from hub.api.problems import ProblemError, documented
from hub.api.tables import Passport, Table, TableQuery

router = APIRouter(prefix="/proposals", tags=["portfolio"])

ProposalId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]


class ProposalsQuery(ListQuery):
    """Which proposals, newest first."""

    portfolio: Names
    status: Annotated[list[Status], Field(default_factory=list, max_length=10)]


class ProposalSummary(BaseModel):
    """A proposal in a line."""

    id: str
    portfolio: str
    universe: str
    as_of: date
    status: Status
    author: str
    run_id: str
    created_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    wealth: float
    expected_cost: float
    turnover: float
    orders: int
    warnings: int
    """Limits that warn."""
    blocking: int
    """Limits that forbid approval."""


class Decision(BaseModel, extra="forbid"):
    """Why a proposal is approved or rejected; kept with it for good."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")]


class Trade(BaseModel):
    """One order of an approved proposal."""

    proposal: str
    ticker: str
    side: Side
    shares: int
    reference_price: float
    """Close it was computed from, which slippage is measured against."""
    value: float
    estimated_cost: float


class Trades(BaseModel):
    """A page of a trade list."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Trade]


class Slippage(BaseModel):
    """An order against its fills; positive slippage was worse than the reference price."""

    ticker: str
    side: Side
    ordered: int
    filled: int
    reference_price: float | None
    average_price: float | None
    slippage_bps: float | None
    slippage: float | None
    cost: float | None
    estimated_cost: float | None


class Slippages(BaseModel):
    """A page of slippage."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Slippage]


@router.get("", operation_id="proposals", responses=documents.responses(Listing[ProposalSummary]))
async def proposals(
    request: Request, at: At, _: PortfolioReader, query: Annotated[ProposalsQuery, Query()]
) -> Response:
    """Proposals of all portfolios, or of some."""

    def read() -> list[ProposalSummary]:
        names = [name for name in at.portfolios if not query.portfolio or name in query.portfolio]
        found = [proposal for name in names for proposal in at.ledger(name).proposals()]
        chosen = [p for p in found if not query.status or p.status in query.status]
        return [_summary(p) for p in sorted(chosen, key=lambda p: (p.created_at, p.id), reverse=True)]

    return documents.answer(request, Listing[ProposalSummary](**part(await run_in_threadpool(read), query)))


@router.get("/{identifier}", operation_id="proposal", responses=documents.responses(Proposal))
async def proposal(request: Request, at: At, _: PortfolioReader, identifier: ProposalId) -> Response:
    """One proposal: target, orders, cost, the data it came from, and the verdict of every limit."""
    found = await run_in_threadpool(lambda: at.ledger_of(identifier).proposal(identifier))
    return documents.answer(request, found)


@router.post("/{identifier}/approve", operation_id="approve_proposal", responses=documents.responses(Proposal, 409))
async def approve(request: Request, at: At, who: Approver, identifier: ProposalId, body: Decision) -> Response:
    """Approve a proposal, for good. Takes a person other than its author, and no limit that blocks."""
    _require_person(who)
    ledger = await run_in_threadpool(at.ledger_of, identifier)
    decided = await run_in_threadpool(ledger.approve, identifier, by=who.name, reason=body.reason)
    return documents.answer(request, decided)


@router.post("/{identifier}/reject", operation_id="reject_proposal", responses=documents.responses(Proposal, 409))
async def reject(request: Request, at: At, who: Approver, identifier: ProposalId, body: Decision) -> Response:
    """Reject a proposal, for good."""
    _require_person(who)
    ledger = await run_in_threadpool(at.ledger_of, identifier)
    decided = await run_in_threadpool(ledger.reject, identifier, by=who.name, reason=body.reason)
    return documents.answer(request, decided)


@router.get(
    "/{identifier}/trades", operation_id="proposal_trades", responses={**tables.responses(Trades), **documented(409)}
)
async def trades(
    request: Request, at: At, _: PortfolioReader, identifier: ProposalId, query: Annotated[TableQuery, Query()]
) -> Response:
    """The frozen orders of an approved proposal; before that there is nothing to trade."""

    def read() -> Table:
        ledger = at.ledger_of(identifier)
        return _table(ledger, identifier, "trades", ledger.trade_list(identifier))

    return await tables.answer(request, at, await run_in_threadpool(read), query)


@router.get("/{identifier}/slippage", operation_id="proposal_slippage", responses=tables.responses(Slippages))
async def slippage(
    request: Request, at: At, _: PortfolioReader, identifier: ProposalId, query: Annotated[TableQuery, Query()]
) -> Response:
    """Every order of a proposal against the fills imported so far."""

    def read() -> Table:
        ledger = at.ledger_of(identifier)
        return _table(ledger, identifier, "slippage", ledger.slippage(identifier))

    return await tables.answer(request, at, await run_in_threadpool(read), query)


def _summary(proposal: Proposal) -> ProposalSummary:
    values = {name: getattr(proposal, name) for name in ProposalSummary.model_fields if hasattr(proposal, name)}
    counts = {
        "orders": len(proposal.orders),
        "warnings": len(proposal.warnings),
        "blocking": len(proposal.blocking),
    }
    return ProposalSummary.model_validate(values | counts)


def _table(ledger: Ledger, identifier: str, kind: str, frame: pd.DataFrame) -> Table:
    proposal = ledger.proposal(identifier)
    passport = Passport(
        kind=kind,
        universe=proposal.universe,
        as_of=proposal.as_of.isoformat(),
        run=proposal.run_id,
        name=proposal.id,
        version=len(ledger.events()),
        content=ledger.version,
        written_at=proposal.decided_at or proposal.created_at,
    )
    return Table(passport, kind, lambda: frame)


def _require_person(who: Identity) -> None:
    if not who.is_person:
        raise ProblemError(403, f"{who.name} is a program.", "A person decides on proposals.", kind="not-a-person")
