"""What portfolios hold, what that is worth, and the fills it comes from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from foliohub.ledger import Holdings, Ledger, read_fills
from foliohub.ledger.proposal import Side
from foliohub.quotes import LastCloses, LastQuotes, portfolio_value
from hub.api import documents, tables
from hub.api.access import At, FillImporter, PortfolioReader
from hub.api.context import Context
from hub.api.documents import Listing, ListQuery, part
from hub.api.parameters import Day, Name
from hub.api.problems import ProblemError
from hub.api.tables import Passport, Table, TableQuery

router = APIRouter(prefix="/portfolio", tags=["portfolio"])

_MOST_BYTES = 5_000_000


class PortfolioQuery(BaseModel, extra="forbid"):
    """Which portfolio."""

    name: Name = "sample"
    at: Day | None = Field(default=None, description="By the fills up to this day; by default by all.")


class FillsQuery(TableQuery):
    """Fills of which portfolio."""

    name: Name = "sample"


class PortfolioSummary(BaseModel):
    """A portfolio by its title."""

    name: str
    title: str
    universe: str
    currency: str
    version: str
    """Changes with every event of its ledger."""


class Position(BaseModel):
    """Shares of a ticker and what they are worth."""

    ticker: str
    shares: int
    close: float
    """As traded, in the last session stored."""
    price: float
    """The quote where one counts, else the close."""
    value: float
    weight: float
    """Fraction of the portfolio's value."""
    quoted: bool
    stale: bool
    remark: str


class PortfolioOut(PortfolioSummary):
    """A portfolio, valued at its last quotes where they count, and at the last closes stored."""

    session: date | None
    """Of the closes; none where it holds cash alone."""
    cash: float
    value: float
    value_at_close: float
    move: float | None
    """Value less value at the close; none where no quote counts."""
    remark: str
    positions: list[Position]


class FillOut(BaseModel):
    """What was traded."""

    fill_id: str
    proposal: str
    traded_on: Day
    ticker: str
    side: Side
    shares: int
    price: float
    cost: float


class Fills(BaseModel):
    """A page of fills."""

    passport: Passport
    total: int
    next: str | None
    rows: list[FillOut]


class FillsImported(BaseModel):
    """What an import of fills did."""

    imported: int
    known: int
    """Imported before: they count once."""
    cash: float
    remarks: list[str]


@router.get("", operation_id="portfolio", responses=documents.responses(PortfolioOut))
async def portfolio(
    request: Request, at: At, _: PortfolioReader, query: Annotated[PortfolioQuery, Query()]
) -> Response:
    """What a portfolio holds and is worth."""
    return documents.answer(request, await run_in_threadpool(_portfolio, at, query))


@router.get("/names", operation_id="portfolios", responses=documents.responses(Listing[PortfolioSummary]))
async def portfolios(request: Request, at: At, _: PortfolioReader, query: Annotated[ListQuery, Query()]) -> Response:
    """Every portfolio there is."""
    found = await run_in_threadpool(lambda: [_summary(at.ledger(name)) for name in at.portfolios])
    return documents.answer(request, Listing[PortfolioSummary](**part(found, query)))


@router.get("/fills", operation_id="portfolio_fills", responses=tables.responses(Fills))
async def fills(request: Request, at: At, _: PortfolioReader, query: Annotated[FillsQuery, Query()]) -> Response:
    """The fills imported so far, in that order."""

    def read() -> Table:
        ledger = at.ledger(query.name)
        rows = [fill.model_dump() for fill in ledger.fills()]
        frame = pd.DataFrame(rows, columns=list(FillOut.model_fields))
        frame["traded_on"] = pd.to_datetime(frame["traded_on"])
        passport = Passport(
            kind="fills",
            universe=ledger.portfolio.universe,
            as_of="",
            run="",
            name=query.name,
            version=len(ledger.events()),
            content=ledger.version,
        )
        return Table(passport, "fills", lambda: frame)

    return await tables.answer(request, at, await run_in_threadpool(read), query)


@router.post(
    "/fills",
    operation_id="import_fills",
    responses=documents.responses(FillsImported, 409, 413, 415),
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def import_fills(
    request: Request, at: At, who: FillImporter, name: Annotated[Name, Query()] = "sample"
) -> Response:
    """Import what was traded, as CSV; all of it or nothing. A fill imported before counts once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
        raise ProblemError(415, "Fills come as text/csv.", "Send them with Content-Type: text/csv.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise ProblemError(413, f"More than {_MOST_BYTES:,} bytes.", "Import them in parts.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ProblemError(422, "The file is not UTF-8.", "Save it as UTF-8.", kind="malformed") from None
    ledger = at.ledger(name)
    report = await run_in_threadpool(lambda: ledger.import_fills(read_fills(text, "the body"), by=who.name))
    return documents.answer(
        request,
        FillsImported(
            imported=len(report.imported), known=report.known, cash=report.cash, remarks=list(report.remarks)
        ),
    )


def _summary(ledger: Ledger) -> PortfolioSummary:
    found = ledger.portfolio
    return PortfolioSummary(
        name=found.name, title=found.title, universe=found.universe, currency=found.currency, version=ledger.version
    )


def _portfolio(at: Context, query: PortfolioQuery) -> PortfolioOut:
    ledger = at.ledger(query.name)
    held = ledger.holdings(query.at)
    about = _summary(ledger).model_dump()
    if held.shares.empty:
        cash = held.cash
        return PortfolioOut(
            **about, session=None, cash=cash, value=cash, value_at_close=cash, move=None, remark="", positions=[]
        )
    closes = _closes(at, ledger.portfolio.universe, held)
    snapshot = LastQuotes(at.settings.home).snapshot()
    worth = portfolio_value(held, snapshot.quotes, closes, now=datetime.now(UTC), stale_after=snapshot.feed.stale_after)
    positions = [
        Position(
            ticker=row["ticker"],
            shares=int(row["shares"]),
            close=row["close"],
            price=row["price"],
            value=row["value"],
            weight=row["value"] / worth.value if worth.value else 0.0,
            quoted=row["source"] == "quote",
            stale=bool(row["stale"]),
            remark=row["remark"] or "",
        )
        for row in worth.positions.reset_index().to_dict("records")
    ]
    return PortfolioOut(
        **about,
        session=worth.session.date(),
        cash=held.cash,
        value=worth.value,
        value_at_close=worth.value_at_close,
        move=worth.move,
        remark=worth.remark,
        positions=positions,
    )


def _closes(at: Context, universe: str, held: Holdings) -> LastCloses:
    """The last close stored of each ticker held, none older than that of a session before."""
    name = f"raw/{universe}"
    version = at.store.latest(name)
    tickers = [str(ticker) for ticker in held.shares.index]
    start = version.as_of - pd.Timedelta(days=10) if version.as_of is not None else None
    close = at.store.read_panel(name, fields=["close"], tickers=tickers, start=start, version=version.number)["close"]
    return LastCloses.of(close, at.universe(universe).calendar)
