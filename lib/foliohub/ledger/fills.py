"""Fills: what was really traded, as the broker reports it, read strictly from CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from foliohub.data.universe import Ticker
from foliohub.errors import InputError
from foliohub.ledger.proposal import Side

FILL_COLUMNS = ("fill_id", "proposal", "traded_on", "ticker", "side", "shares", "price", "cost")


class Fill(BaseModel):
    """One execution.

    Attributes
    ----------
    fill_id : str
        The broker's; whatever is imported twice under one id counts once.
    proposal : str
        Id of the approved proposal it carries out; empty for a trade outside of any.
    traded_on : date
    ticker : str
    side : {"buy", "sell"}
    shares : int
        Whole, positive.
    price : float
        Per share.
    cost : float
        Commission and fees, in the portfolio's currency.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fill_id: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\w.:/+-]+$")]
    proposal: Annotated[str, Field(max_length=80)] = ""
    traded_on: date
    ticker: Ticker
    side: Side
    shares: Annotated[int, Field(gt=0)]
    price: Annotated[float, Field(gt=0)]
    cost: Annotated[float, Field(ge=0)] = 0.0

    @field_validator("traded_on", mode="before")
    @classmethod
    def _a_day(cls, value: Any) -> Any:
        return _day(value) if isinstance(value, str) else value

    @field_validator("shares", mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"\d{1,12}", value, re.ASCII):
            raise ValueError("it is no whole number")
        return value

    @field_validator("price", "cost", mode="before")
    @classmethod
    def _decimal(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", value, re.ASCII):
            raise ValueError("it is no plain decimal number")
        return value

    @property
    def sign(self) -> int:
        """+1 for a purchase, -1 for a sale."""
        return 1 if self.side == "buy" else -1


@dataclass(frozen=True, slots=True)
class FillReport:
    """What an import of fills did.

    Attributes
    ----------
    imported : tuple of Fill
        Those that were new.
    known : int
        How many had been imported before.
    cash : float
        In the portfolio now.
    remarks : tuple of str
        What somebody should know.
    """

    imported: tuple[Fill, ...]
    known: int
    cash: float
    remarks: tuple[str, ...] = ()


def read_fills(text: str, name: str = "the file") -> tuple[Fill, ...]:
    """Read fills from the text of a CSV file.

    Parameters
    ----------
    text : str
        A line of the columns :data:`FILL_COLUMNS` in any order, then one fill per line; commas, no thousands
        separators, dates as YYYY-MM-DD.
    name : str
        Of the file, for messages.

    Raises
    ------
    InputError
        Names the line, the column and the value that is wrong. All or nothing is read.

    Examples
    --------
    >>> fills = read_fills('''fill_id,proposal,traded_on,ticker,side,shares,price,cost
    ... X1,,2022-12-29,KO,buy,10,63.5,0.32
    ... ''')
    >>> fills[0].ticker, fills[0].shares
    ('KO', 10)
    """
    rows = csv.reader(text.removeprefix("\ufeff").splitlines(), strict=True)
    fills: list[Fill] = []
    header: list[str] | None = None
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = _header(cells, name)
                continue
            fills.append(_fill(header, cells, f"{name}, line {rows.line_num}"))
            if any(fill.fill_id == fills[-1].fill_id for fill in fills[:-1]):
                raise InputError(
                    f"{name}, line {rows.line_num}: fill_id {fills[-1].fill_id!r} stands twice.",
                    remedy="Give every execution an id of its own.",
                )
    except csv.Error as error:
        raise InputError(f"{name}, line {rows.line_num}: {error}.", remedy="Save it as CSV with commas.") from None
    if header is None:
        raise InputError(f"{name} is empty.", remedy=f"Its first line is {','.join(FILL_COLUMNS)}.")
    return tuple(fills)


def _header(cells: list[str], name: str) -> list[str]:
    if sorted(cells) != sorted(FILL_COLUMNS):
        missing = [column for column in FILL_COLUMNS if column not in cells]
        unknown = [column for column in cells if column not in FILL_COLUMNS]
        what = f"misses {', '.join(missing)}" if missing else f"has {', '.join(map(repr, unknown)) or 'a column twice'}"
        raise InputError(f"{name}, line 1: the header {what}.", remedy=f"It is {','.join(FILL_COLUMNS)}.")
    return cells


def _fill(header: list[str], cells: list[str], where: str) -> Fill:
    if len(cells) != len(header):
        raise InputError(
            f"{where}: {len(cells)} values for {len(header)} columns.",
            remedy="Write numbers without thousands separators, texts with commas in quotes.",
        )
    try:
        return Fill.model_validate(dict(zip(header, cells, strict=True)))
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0])
        reason = first["msg"].removeprefix("Value error, ").lower()
        raise InputError(
            f"{where}: {column} is {first['input']!r}: {reason}.", remedy=_REMEDIES.get(column, "")
        ) from None


_REMEDIES = {
    "traded_on": "Write the day as 2022-12-29.",
    "side": "Write buy or sell.",
    "shares": "Write a whole number, as 120.",
    "price": "Write the price per share, as 63.52.",
    "cost": "Write what the trade cost, as 1.20, or 0.",
    "fill_id": "Write the broker's id: letters, digits and . _ : / + - only.",
    "ticker": "Write it as the universe spells it.",
}


def _day(text: str) -> date:
    if len(text) != 10:
        raise ValueError("it is no day")
    return date.fromisoformat(text)


def by_id(fills: Iterable[Fill]) -> dict[str, Fill]:
    """Fill id -> fill."""
    return {fill.fill_id: fill for fill in fills}


__all__ = ["FILL_COLUMNS", "Fill", "FillReport", "by_id", "read_fills"]
