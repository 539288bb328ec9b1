"""The portfolio: what runs would have it hold, and trade to get there."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from hub.api import published, tables
from hub.api.access import At, PortfolioReader
from hub.api.published import PublishedQuery
from hub.api.tables import Passport

router = APIRouter(prefix="/portfolio", tags=["portfolio"])


class Weight(BaseModel):
    """A ticker's fraction of wealth."""

    ticker: str
    target: float
    current: float
    equal_weight: float


class Weights(BaseModel):
    """A page of weights."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Weight]


class Order(BaseModel):
    """A whole-share order; money in the universe's currency."""

    ticker: str
    side: Literal["buy", "sell"]
    shares: int
    price: float
    value: float
    estimated_cost: float
    weight_before: float
    target_weight: float
    weight_after: float


class Orders(BaseModel):
    """A page of orders."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Order]


@router.get("/weights", operation_id="portfolio_weights", responses=tables.responses(Weights))
async def weights(request: Request, at: At, _: PortfolioReader, query: Annotated[PublishedQuery, Query()]) -> Response:
    """Target weights of a session."""
    return await published.answer(request, at, "weights", query)


@router.get("/orders", operation_id="portfolio_orders", responses=tables.responses(Orders))
async def orders(request: Request, at: At, _: PortfolioReader, query: Annotated[PublishedQuery, Query()]) -> Response:
    """Orders that lead from what was held to the target weights of a session."""
    return await published.answer(request, at, "orders", query)
