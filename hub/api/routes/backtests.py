"""Backtests: what allocators would have earned out of sample, net of costs."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from hub.api import published, tables
from hub.api.access import At, Reader
from hub.api.parameters import Day, Names
from hub.api.published import PublishedQuery, keep
from hub.api.tables import Passport

router = APIRouter(prefix="/backtests", tags=["backtests"])


class BacktestsQuery(PublishedQuery):
    """Which backtests."""

    portfolio: Names


class ReturnsQuery(BacktestsQuery):
    """Which returns."""

    start: Day | None = None
    end: Day | None = None


class Backtest(BaseModel):
    """Performance of one portfolio, net of costs; decimal, losses of the risk measures positive."""

    portfolio: str
    n_observations: float
    periods_per_year: float
    total_return: float | None
    annual_return: float | None
    annual_volatility: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    max_drawdown: float | None
    calmar_ratio: float | None
    value_at_risk: float | None
    conditional_value_at_risk: float | None
    hit_rate: float | None
    annual_turnover: float | None
    annual_cost: float | None
    cost_drag: float | None
    p_value: float | None
    """Chance of such a gap to 1/N if both had one Sharpe ratio (Ledoit and Wolf, 2008)."""


class Backtests(BaseModel):
    """A page of backtests."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Backtest]


class NetReturn(BaseModel):
    """A portfolio's simple return of one session, net of costs."""

    date: Day
    portfolio: str
    net_return: float | None


class NetReturns(BaseModel):
    """A page of returns."""

    passport: Passport
    total: int
    next: str | None
    rows: list[NetReturn]


@router.get("", operation_id="backtests", responses=tables.responses(Backtests))
async def backtests(request: Request, at: At, _: Reader, query: Annotated[BacktestsQuery, Query()]) -> Response:
    """Performance of every allocator, of 1/N and of the index."""
    return await published.answer(
        request,
        at,
        "performance",
        query,
        chosen=tuple(query.portfolio),
        shape=lambda frame: keep(frame, portfolio=query.portfolio),
    )


@router.get("/returns", operation_id="backtest_returns", responses=tables.responses(NetReturns))
async def returns(request: Request, at: At, _: Reader, query: Annotated[ReturnsQuery, Query()]) -> Response:
    """Daily returns of the backtests, by date and portfolio."""

    def shape(wide: pd.DataFrame) -> pd.DataFrame:
        start, end = pd.Timestamp(query.start or pd.Timestamp.min), pd.Timestamp(query.end or pd.Timestamp.max)
        wide = wide[wide["date"].between(start, end)]
        long = wide.melt("date", var_name="portfolio", value_name="net_return")
        return keep(long, portfolio=query.portfolio).sort_values("date", kind="stable", ignore_index=True)

    chosen = (tuple(query.portfolio), query.start, query.end)
    return await published.answer(request, at, "net_returns", query, chosen=chosen, shape=shape)
