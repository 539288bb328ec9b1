"""Universes: named sets of tickers, each with the dates it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from foliohub import calendars
from foliohub.data.strict_yaml import find_named, first_complaint, names_in, read_yaml
from foliohub.data.symbols import TICKER, TICKER_RULE
from foliohub.errors import ConfigurationError
from foliohub.types import DateLike

_SHIPPED = Path(__file__).parent / "universes"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"

Ticker = Annotated[str, Field(pattern=f"^{TICKER}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Member(_Strict):
    """A ticker and when it belongs to a universe.

    Attributes
    ----------
    ticker : str
        As the universe's source spells it.
    entry, exit : date or None
        First and last day of membership, both included; None where its history has no such end.
    """

    ticker: Ticker
    entry: date | None = None
    exit: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.entry and self.exit and self.exit < self.entry:
            raise ValueError(f"{self.ticker} leaves on {self.exit}, before it enters on {self.entry}")
        return self


class Universe(_Strict):
    """A named set of tickers.

    Attributes
    ----------
    name : str
        Part of the names under which its prices and results are stored.
    title : str
        For people.
    source : str
        Where its prices come from by default.
    calendar : str
        MIC of the exchange whose sessions count.
    benchmark : str or None
        Ingested beside the members; never forecast, allocated or traded.
    benchmark_remark : str
        What a comparison with it must say, as that it leaves out dividends.
    caveat : str
        What results on this universe must say, as that its members were chosen with hindsight.
    members : tuple of Member
        At least two.

    Examples
    --------
    >>> universe = Universe(
    ...     name="pair",
    ...     title="A pair",
    ...     source="csv",
    ...     members=(Member(ticker="GE"), Member(ticker="CARR", entry=date(2020, 4, 3))),
    ... )
    >>> universe.tickers, universe.tickers_at("2019-06-28")
    (('GE', 'CARR'), ('GE',))
    """

    name: Annotated[str, Field(pattern=_NAME, max_length=40)]
    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    calendar: str = calendars.DEFAULT_CALENDAR
    benchmark: Ticker | None = None
    benchmark_remark: str = ""
    caveat: str = ""
    members: Annotated[tuple[Member, ...], Field(min_length=2)]

    @field_validator("members", mode="before")
    @classmethod
    def _plain_tickers(cls, members: Any) -> Any:
        if not isinstance(members, list | tuple):
            return members
        return tuple({"ticker": member} if isinstance(member, str) else member for member in members)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        twice = sorted({ticker for ticker in self.tickers if self.tickers.count(ticker) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is a member more than once")
        if self.benchmark in self.tickers:
            raise ValueError(f"{self.benchmark} is the benchmark and a member: it can only be one of them")
        return self

    @property
    def tickers(self) -> tuple[str, ...]:
        """All members, whenever they belong."""
        return tuple(member.ticker for member in self.members)

    def tickers_at(self, day: DateLike) -> tuple[str, ...]:
        """The members of one day."""
        on = calendars.to_session(day).date()
        return tuple(
            member.ticker
            for member in self.members
            if (member.entry is None or member.entry <= on) and (member.exit is None or on <= member.exit)
        )


def universe_names(folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The names :func:`load_universe` knows, sorted.

    Parameters
    ----------
    folders : sequence of Path
        Folders of your own besides the one that ships with the package.

    Examples
    --------
    >>> universe_names()
    ('av30', 'sample')
    """
    return names_in((*folders, _SHIPPED))


def load_universe(name: str, folders: Sequence[Path] = ()) -> Universe:
    """Read a universe by name.

    Parameters
    ----------
    name : str
        Name of a file without ``.yaml``.
    folders : sequence of Path
        Folders to look in first, before the one that ships with the package.

    Raises
    ------
    ConfigurationError
        There is no such universe, or its file is wrong; says where and why.

    Examples
    --------
    >>> load_universe("sample").benchmark
    'SP500'
    """
    file = find_named(name, (*folders, _SHIPPED))
    if file is None:
        raise ConfigurationError(
            f"There is no universe {name!r}.", remedy=f"There are {', '.join(universe_names(folders))}."
        )
    return _read(file)


def _read(file: Path) -> Universe:
    content = read_yaml(file)
    try:
        universe = Universe.model_validate(content)
    except ValidationError as error:
        where, what, received = first_complaint(error)
        said = f"{where}: {what}{received}" if where else what
        raise ConfigurationError(f"{file}: {said}.", remedy=_remedy(error)) from None
    if universe.name != file.stem:
        raise ConfigurationError(
            f"{file} names its universe {universe.name!r}.", remedy="The file and the universe bear one name."
        )
    # An unknown calendar is told here, not in the middle of a night.
    calendars.is_session(pd.Timestamp("2020-01-02"), universe.calendar)
    return universe


def _remedy(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return f"Known are {', '.join(Universe.model_fields)}; of a member {', '.join(Member.model_fields)}."
    if isinstance(first["input"], bool | float | int):
        return "YAML takes ON, NO, TRUE and numbers for something else than text: put the ticker in quotes."
    if first["type"] == "string_pattern_mismatch" and first["loc"][-1] in ("ticker", "benchmark"):
        return TICKER_RULE
    if first["type"] == "too_short" and first["loc"] == ("members",):
        return "Name two members at the least: weights of a single one are nothing to decide."
    return "Correct the file; the universes that ship with Foliohub show its form."


__all__ = ["Member", "Universe", "load_universe", "universe_names"]
