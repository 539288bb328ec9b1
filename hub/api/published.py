"""Tables that runs have published, as answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import pandas as pd
from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from hub.api import tables
from hub.api.context import Context
from hub.api.parameters import Day, UniverseName, text
from hub.api.tables import Table, TableQuery

Shape = Callable[[pd.DataFrame], pd.DataFrame]


class PublishedQuery(TableQuery):
    """Which publication."""

    universe: UniverseName = "sample"
    as_of: Day | None = Field(default=None, description="Session it was published for; by default the last.")


async def answer(
    request: Request,
    at: Context,
    kind: str,
    query: PublishedQuery,
    *,
    chosen: Hashable = (),
    shape: Shape | None = None,
) -> Response:
    """A published table, whole or filtered.

    Parameters
    ----------
    request : Request
    at : Context
    kind : str
        As "forecasts".
    query : PublishedQuery
    chosen : hashable
        What `shape` depends on.
    shape : callable, optional
        Filters or turns the table.
    """
    at.universe(query.universe)
    await at.catalogue.refresh()
    publication = at.catalogue.find(kind, query.universe, text(query.as_of), tables.pinned(query))

    def read() -> pd.DataFrame:
        frame = at.published.read(publication)
        return shape(frame) if shape else frame

    table = Table(tables.passport_of(publication), (kind, chosen), read)
    return await tables.answer(request, at, table, query)


def keep(frame: pd.DataFrame, **wanted: Sequence[str] | Sequence[int]) -> pd.DataFrame:
    """Rows whose columns have one of the values wanted; all of them where none is named.

    Examples
    --------
    >>> keep(pd.DataFrame({"ticker": ["A", "B"], "horizon": [1, 5]}), ticker=[], horizon=[5])
      ticker  horizon
    1      B        5
    """
    for column, values in wanted.items():
        if values:
            frame = frame[frame[column].isin(list(values))]
    return frame


__all__ = ["PublishedQuery", "answer", "keep"]
