"""The pages on which people decide: a proposal with all its numbers, a reason, approve or reject. No script needed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from hub.api.context import Context, context
from hub.api.decisions.routes import Surroundings, decision_router
from hub.api.pages import csrf_token, form_author, visitor

READ, DECIDE = "custom:portfolio:read", "custom:proposals:approve"


async def _surroundings(request: Request, at: Annotated[Context, Depends(context)]) -> Surroundings:
    services = at.service.prefix.rstrip("/").rpartition("/")[0]
    return Surroundings(
        portfolios=at.portfolios,
        ledger=at.ledger,
        csrf=csrf_token(request),
        prefix=f"{at.service.prefix}proposals",
        dashboards=f"{services}/dashboards/",
    )


router = decision_router(
    reader=visitor(READ), decider=form_author(DECIDE), may_decide=lambda who: who.may(DECIDE), around=_surroundings
)

__all__ = ["Surroundings", "decision_router", "router"]
