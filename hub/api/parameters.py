"""Parts of queries that many routes share, read strictly."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: Any) -> Any:
    # pydantic alone also takes seconds since 1970 and times of day.
    if isinstance(value, str) and not _ISO.fullmatch(value):
        raise ValueError("write a date as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_iso)]
"""A date as YYYY-MM-DD."""
UniverseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=40)]
Ticker = Annotated[str, Field(pattern=r"^[A-Za-z0-9^][A-Za-z0-9.^=-]*$", max_length=20)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]
Tickers = Annotated[list[Ticker], Field(default_factory=list, max_length=500)]
"""As often as there are tickers: `ticker=AAPL&ticker=BAC`; none for all of them."""
Names = Annotated[list[Name], Field(default_factory=list, max_length=100)]
"""As often as there are names; none for all of them."""


def text(day: date | None) -> str | None:
    """A date as it stands in names of the store."""
    return day.isoformat() if day else None
