"""Data quality: what cleaning touched and why, and who is quarantined."""

from __future__ import annotations

from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from hub.api import published, tables
from hub.api.access import At, Reader
from hub.api.parameters import Day, Names, Tickers
from hub.api.published import PublishedQuery, keep
from hub.api.tables import Passport

router = APIRouter(prefix="/quality", tags=["data"])

Status = Literal["clean", "touched", "quarantined", "not listed", "left"]


class EventsQuery(PublishedQuery):
    """Which events."""

    ticker: Tickers
    rule: Names
    start: Day | None = None
    end: Day | None = None


class SummaryQuery(PublishedQuery):
    """Which tickers."""

    ticker: Tickers
    status: Annotated[list[Status], Field(default_factory=list, max_length=10)]


class Event(BaseModel):
    """What a rule found about a ticker on a day, and what was done."""

    ticker: str
    date: Day
    rule: str
    field: str
    received: float | None
    """The vendor's value of `field`."""
    action: str
    remark: str


class Events(BaseModel):
    """A page of events."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Event]


class TickerQuality(BaseModel):
    """A ticker's standing; besides these, one number per rule: how often it spoke, null where it could not."""

    model_config = ConfigDict(extra="allow")

    ticker: str
    status: Status
    first: Day | None
    last: Day | None
    sessions: int
    events: int


class QualitySummary(BaseModel):
    """A page of tickers' quality."""

    passport: Passport
    total: int
    next: str | None
    rows: list[TickerQuality]


@router.get("", operation_id="quality", responses=tables.responses(Events))
async def events(request: Request, at: At, _: Reader, query: Annotated[EventsQuery, Query()]) -> Response:
    """Every value that a rule touched or remarked upon."""

    def shape(frame: pd.DataFrame) -> pd.DataFrame:
        start, end = pd.Timestamp(query.start or pd.Timestamp.min), pd.Timestamp(query.end or pd.Timestamp.max)
        frame = frame[frame["date"].between(start, end)]
        return keep(frame, ticker=query.ticker, rule=query.rule)

    chosen = (tuple(query.ticker), tuple(query.rule), query.start, query.end)
    return await published.answer(request, at, "quality", query, chosen=chosen, shape=shape)


@router.get("/summary", operation_id="quality_summary", responses=tables.responses(QualitySummary))
async def summary(request: Request, at: At, _: Reader, query: Annotated[SummaryQuery, Query()]) -> Response:
    """How each ticker stands: clean, touched or quarantined, and how often each rule spoke."""
    return await published.answer(
        request,
        at,
        "quality_summary",
        query,
        chosen=(tuple(query.ticker), tuple(query.status)),
        shape=lambda frame: keep(frame, ticker=query.ticker, status=query.status),
    )
