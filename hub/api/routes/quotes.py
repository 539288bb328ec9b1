"""Live quotes, once and as a stream. For people to look at: forecasts and weights never see them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from pydantic_core import to_json

from foliohub.quotes import Feed, LastQuotes, Quote, Update
from hub.api import documents
from hub.api.access import At, Reader, renewed
from hub.api.context import Context
from hub.api.identity import Identity
from hub.api.parameters import Tickers
from hub.api.problems import ProblemError, documented

router = APIRouter(prefix="/quotes", tags=["quotes"])

HEARTBEAT_SECONDS = 15.0
"""A silent stream sends a comment this often, or what stands between would cut it."""
CHECK_SECONDS = 30.0
"""How long a stream outlives its token at most."""
_MOST_STREAMS = 200


class QuotesQuery(BaseModel, extra="forbid"):
    """Which quotes."""

    ticker: Tickers


class QuoteOut(Quote):
    """The last price of a ticker."""

    stale: bool
    """The exchange has traded for a while since."""


class Quotes(BaseModel):
    """The last quotes, and how their feed is."""

    feed: Feed
    quotes: list[QuoteOut]


@router.get("", operation_id="quotes", responses=documents.responses(Quotes))
async def quotes(request: Request, at: At, _: Reader, query: Annotated[QuotesQuery, Query()]) -> Response:
    """The last quote of each ticker followed. No service and no market are states of the feed, not errors."""
    snapshot = LastQuotes(at.settings.home).snapshot()
    stale = set(snapshot.stale(datetime.now(UTC)))
    found = [
        QuoteOut(**quote.model_dump(), stale=ticker in stale)
        for ticker, quote in sorted(snapshot.quotes.items())
        if not query.ticker or ticker in query.ticker
    ]
    return documents.answer(request, Quotes(feed=snapshot.feed, quotes=found))


@router.get(
    "/stream",
    operation_id="quotes_stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **documented()},
)
async def stream(request: Request, at: At, who: Reader, query: Annotated[QuotesQuery, Query()]) -> Response:
    """Quotes as they come, as server-sent events: first `quotes` with all there are, then with what changes.

    Event `quotes`: `{"feed": {...}, "quotes": [...], "gone": [...]}`. Event `end`: the token no longer opens it. Event
    `renew`: the service is being renewed; ask again at once.
    """
    if at.streams[who.name] >= at.service.streams or at.streams.total() >= _MOST_STREAMS:
        raise ProblemError(
            429, f"{who.name} has {at.streams[who.name]} streams open.", "Close one.", headers={"Retry-After": "5"}
        )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, at, who, set(query.ticker)), 200, headers, "text/event-stream")


async def _events(request: Request, at: Context, who: Identity, tickers: set[str]) -> AsyncIterator[bytes]:
    changes = LastQuotes(at.settings.home).changes()
    upcoming = asyncio.ensure_future(anext(changes))
    at.streams[who.name] += 1
    checked = time.monotonic()
    try:
        async with at.readiness.farewell() as farewell:
            while not farewell.done():
                pause = min(HEARTBEAT_SECONDS, CHECK_SECONDS)
                done, _ = await asyncio.wait({upcoming, farewell}, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
                if upcoming in done:
                    yield _event("quotes", _told(upcoming.result(), tickers))
                    upcoming = asyncio.ensure_future(anext(changes))
                elif not done:
                    yield b": still here\n\n"
                if time.monotonic() - checked >= CHECK_SECONDS:
                    checked = time.monotonic()
                    if not await renewed(request, at, "custom:data:read"):
                        yield _event("end", {"detail": "The token no longer opens this stream."})
                        return
            yield _event("renew", {"detail": "The service is being renewed."})
    finally:
        at.streams[who.name] -= 1
        upcoming.cancel()


def _told(update: Update, tickers: set[str]) -> dict[str, Any]:
    chosen = [quote for ticker, quote in sorted(update.quotes.items()) if not tickers or ticker in tickers]
    gone = [ticker for ticker in update.gone if not tickers or ticker in tickers]
    return {"feed": update.feed, "quotes": chosen, "gone": gone}


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + to_json(data) + b"\n\n"
