"""Prices as traded, in the version that was known at a session."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from foliohub.data.versions import Version
from foliohub.errors import NotStoredError
from hub.api import tables
from hub.api.access import At, Reader
from hub.api.context import Context
from hub.api.parameters import Day, Tickers, UniverseName
from hub.api.tables import Passport, Table, TableQuery

router = APIRouter(prefix="/prices", tags=["data"])

PriceField = Literal["open", "high", "low", "close", "adjusted_close", "volume", "dividend", "split"]


class PricesQuery(TableQuery):
    """Which prices."""

    universe: UniverseName = "sample"
    as_of: Day | None = Field(default=None, description="As known at this session's close, and none later.")
    ticker: Tickers
    field: Annotated[list[PriceField], Field(default_factory=lambda: ["close"], max_length=8, description="Columns.")]
    start: Day | None = None
    end: Day | None = None


class Price(BaseModel):
    """A ticker's bar of one session, as traded on the day; only the fields asked for."""

    date: Day
    ticker: str
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    adjusted_close: float | None = None
    """The vendor's own, which later splits and dividends restate."""
    volume: float | None = None
    dividend: float | None = None
    split: float | None = None
    """New shares per old one; 1 on a day without."""


class Prices(BaseModel):
    """A page of prices."""

    passport: Passport
    total: int
    next: str | None
    rows: list[Price]


@router.get("", operation_id="prices", responses=tables.responses(Prices))
async def prices(request: Request, at: At, _: Reader, query: Annotated[PricesQuery, Query()]) -> Response:
    """Prices of a universe, by date and ticker; its benchmark among them."""
    universe = at.universe(query.universe)
    version = await run_in_threadpool(_version, at, query)
    ends = (query.end, query.as_of, version.as_of.date() if version.as_of else None)
    first = None if query.start is None else _countable(query.start)
    last = _countable(min(day for day in ends if day))
    known = {*universe.tickers, universe.benchmark}
    unknown = [ticker for ticker in query.ticker if ticker not in known]
    if unknown:
        raise NotStoredError(f"{unknown[0]} is no ticker of {universe.name}.", remedy="The universe lists its members.")
    fields = list(dict.fromkeys(query.field)) or ["close"]

    def read() -> pd.DataFrame:
        everything = at.store.read_panel(version.name, version=version.number, start=first, end=last)
        chosen = [ticker for ticker in everything["close"].columns if not query.ticker or ticker in query.ticker]
        stacked = {field: everything[field][chosen].stack(future_stack=True) for field in fields if field in everything}
        long = pd.DataFrame(stacked).reindex(columns=fields).dropna(how="all")
        return long.rename_axis(["date", "ticker"]).reset_index()

    passport = Passport(
        kind="prices",
        universe=universe.name,
        as_of=f"{version.as_of:%Y-%m-%d}" if version.as_of else "",
        run="",
        name=version.name,
        version=version.number,
        content=version.content,
        written_at=version.written_at,
    )
    chosen = (tuple(query.ticker), tuple(fields), first, last)
    return await tables.answer(request, at, Table(passport, chosen, read), query)


def _countable(day: date) -> date:
    """A day that nanoseconds since 1970 can count; no prices lie outside of these."""
    return min(max(day, date(1700, 1, 1)), date(2200, 1, 1))


def _version(at: Context, query: PricesQuery) -> Version:
    name = f"raw/{query.universe}"
    number = tables.pinned(query)
    if number is None:
        return at.store.known_at(name, _countable(query.as_of)) if query.as_of else at.store.latest(name)
    for version in at.store.versions(name):
        if version.number == number:
            return version
    raise NotStoredError(f"Version {number} of {name} is not stored any more.", remedy="Start without a cursor.")
