"""Universes: which tickers there are, and for which sessions something was published."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from foliohub.data.universe import Universe
from hub.api import documents
from hub.api.access import At, Reader
from hub.api.documents import Listing, ListQuery, part
from hub.api.parameters import UniverseName

router = APIRouter(prefix="/universes", tags=["data"])

KINDS = ("forecasts", "forecast_scores", "quality", "weights", "orders", "performance", "net_returns")


class UniverseSummary(BaseModel):
    """A universe by its title."""

    name: str
    title: str
    source: str
    calendar: str
    benchmark: str | None
    tickers: int


class MemberOut(BaseModel):
    """A ticker and when it belongs."""

    ticker: str
    entry: date | None
    exit: date | None


class UniverseDetail(UniverseSummary):
    """A universe with its members, and the last sessions something was published for."""

    benchmark_remark: str
    caveat: str
    """What results on this universe must say."""
    members: list[MemberOut]
    published: dict[str, list[str]]
    """Kind of table -> sessions it was published for, newest first, at most twenty."""


@router.get("", operation_id="universes", responses=documents.responses(Listing[UniverseSummary]))
async def universes(request: Request, at: At, _: Reader, query: Annotated[ListQuery, Query()]) -> Response:
    """Every universe there is."""
    found = [_summary(at.universe(name)) for name in at.universes]
    return documents.answer(request, Listing[UniverseSummary](**part(found, query)))


@router.get("/{name}", operation_id="universe", responses=documents.responses(UniverseDetail))
async def universe(request: Request, at: At, _: Reader, name: Annotated[UniverseName, Path()]) -> Response:
    """One universe: members, caveat, and what was published for which sessions."""
    found = at.universe(name)
    await at.catalogue.refresh()
    dates = {kind: at.catalogue.dates(kind, name)[:-21:-1] for kind in KINDS}
    detail = UniverseDetail(
        **_summary(found).model_dump(),
        benchmark_remark=found.benchmark_remark,
        caveat=found.caveat,
        members=[MemberOut(ticker=m.ticker, entry=m.entry, exit=m.exit) for m in found.members],
        published={kind: days for kind, days in dates.items() if days},
    )
    return documents.answer(request, detail)


def _summary(universe: Universe) -> UniverseSummary:
    return UniverseSummary(
        name=universe.name,
        title=universe.title,
        source=universe.source,
        calendar=universe.calendar,
        benchmark=universe.benchmark,
        tickers=len(universe.tickers),
    )
