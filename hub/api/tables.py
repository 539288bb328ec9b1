"""Tables as answers: filtered, in pages of one version, as JSON, CSV or Arrow, each with the run it came from."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from pydantic_core import to_json

from hub.api.answers import Body, tag_of
from hub.api.context import Context
from hub.api.problems import ProblemError, documented

if TYPE_CHECKING:
    from foliohub.runs.published import Publication

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
FORMATS = {"json": JSON, "csv": CSV, "arrow": ARROW}
Format = Literal["json", "csv", "arrow"]
MOST_ROWS = 50_000
_ROWS = {JSON: 1_000, CSV: MOST_ROWS, ARROW: MOST_ROWS}
_CURSOR = r"^([0-9]{1,9}\.[0-9]{1,9})?$"
"""Number of a version, and of its next row."""


class Passport(BaseModel):
    """Where a table comes from."""

    kind: str
    universe: str
    as_of: str
    run: str
    """Id of the run that published it; empty for prices, which the store itself numbers."""
    name: str
    version: int
    content: str
    """SHA-256 over the values of the whole table."""
    written_at: datetime | None = None


class TableQuery(BaseModel, extra="forbid"):
    """Which page of a table, and in which form."""

    limit: int | None = Field(default=None, ge=1, le=MOST_ROWS, description="Rows; by default 1,000 as JSON.")
    cursor: str = Field(
        default="",
        pattern=_CURSOR,
        description="From `next` of the page before: the same version, the rows that follow.",
    )
    format: Format | None = Field(default=None, description="Goes before the Accept header.")


@dataclass(frozen=True, slots=True)
class Table:
    """A table to answer with.

    Attributes
    ----------
    passport : Passport
    chosen : hashable
        Everything, besides the version, that decides which rows and columns there are.
    read : callable
        Reads and filters them.
    """

    passport: Passport
    chosen: Hashable
    read: Callable[[], pd.DataFrame]


async def answer(request: Request, at: Context, table: Table, query: TableQuery) -> Response:
    """The page of a table that was asked for, in the form asked for; 304 where the client has it."""
    media_type = negotiate(request, query.format)
    limit = query.limit or _ROWS[media_type]
    offset = int(query.cursor.partition(".")[2] or 0)
    passport = table.passport
    tag = tag_of(passport.model_dump(), table.chosen, media_type, limit, offset, str(request.url.path))

    def make() -> Body:
        frame = table.read()
        rows = frame.iloc[offset : offset + limit]
        following = f"{passport.version}.{offset + limit}" if offset + limit < len(frame) else None
        headers = {"Foliohub-Version": f"{passport.name};{passport.version}", "Foliohub-Rows": str(len(frame))}
        if passport.run:
            headers["Foliohub-Run"] = passport.run
        if following:
            headers["Link"] = f'<{_same_but(request, following)}>; rel="next"'
        if media_type != JSON:
            return Body(_ENCODERS[media_type](rows), media_type, headers)
        page = {"passport": passport.model_dump(), "total": len(frame), "next": following, "rows": records(rows)}
        return Body(to_json(page, inf_nan_mode="null"), JSON, headers)

    return await at.answers.answer(request, tag, make)


def negotiate(request: Request, format_: Format | None) -> str:
    """The media type to answer with.

    Raises
    ------
    ProblemError
        406 where the client takes none of ours.
    """
    if format_ is not None:
        return FORMATS[format_]
    accept = request.headers.get("accept") or "*/*"
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, _, rest = part.strip().lower().partition(";")
        quality = re.search(r"\bq=([\d.]+)", rest)
        try:
            weights[name.strip()] = float(quality[1]) if quality else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    best, most = "", 0.0
    for ours in (JSON, CSV, ARROW):
        main = ours.partition("/")[0]
        weight = weights.get(ours, weights.get(f"{main}/*", weights.get("*/*", 0.0)))
        if weight > most:
            best, most = ours, weight
    if not best:
        raise ProblemError(406, f"None of {accept[:200]!r} is offered.", f"There are {', '.join(FORMATS.values())}.")
    return best


def passport_of(publication: Publication) -> Passport:
    """Where a publication comes from."""
    version = publication.version
    return Passport(
        kind=publication.kind,
        universe=publication.universe,
        as_of=publication.as_of,
        run=publication.run.id,
        name=version.name,
        version=version.number,
        content=version.content,
        written_at=publication.run.ended_at,
    )


def pinned(query: TableQuery) -> int | None:
    """The version a cursor holds on to; None without one."""
    return int(query.cursor.partition(".")[0]) if query.cursor else None


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON's values: dates as YYYY-MM-DD, nothing for a missing number."""
    columns = {str(name): _values(frame[name]) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def responses(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """What a route of a table answers with, for its documentation."""
    content: dict[str, Any] = {
        CSV: {"schema": {"type": "string"}},
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    }
    return {200: {"model": model, "content": content}, 304: {"description": "You have it already."}, **documented()}


def _same_but(request: Request, cursor: str) -> str:
    url = request.url.include_query_params(cursor=cursor)
    return f"{url.path}?{url.query}"


def _values(column: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in column]
    if pd.api.types.is_float_dtype(column):
        numbers = column.to_numpy(dtype="float64", na_value=np.nan)
        known = np.isfinite(numbers)
        return [number if ok else None for number, ok in zip(numbers.tolist(), known.tolist(), strict=True)]
    return [None if value is None or value is pd.NA else value for value in column.tolist()]


def _csv(frame: pd.DataFrame) -> bytes:
    text: str = frame.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\r\n")
    return text.encode()


def _arrow(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


_ENCODERS: dict[str, Callable[[pd.DataFrame], bytes]] = {CSV: _csv, ARROW: _arrow}
