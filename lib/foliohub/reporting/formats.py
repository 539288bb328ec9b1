"""Numbers as text: one way to write a percentage, an amount, a date, in tables and in figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from types import MappingProxyType

import pandas as pd

MINUS = "−"
MISSING = "–"
"""What stands for a missing value: a dash, so that nobody takes an empty cell for a zero."""

Formatter = Callable[[object], str]


def fixed(value: float, digits: int = 2, *, signed: bool = False, unit: str = "") -> str:
    """A number with thousands separators, a true minus sign and no negative zero.

    Examples
    --------
    >>> fixed(-1234.5, 1), fixed(0.12, 1, signed=True, unit="%"), fixed(-0.001), fixed(float("nan"))
    ('−1,234.5', '+0.1%', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = round(float(value), digits) + 0.0
    text = f"{abs(rounded):,.{digits}f}{unit}"
    if rounded < 0:
        return MINUS + text
    return f"+{text}" if signed and rounded > 0 else text


def percent(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """A fraction as a percentage.

    Examples
    --------
    >>> percent(0.1234), percent(-0.02, 0), percent(0.5, signed=True)
    ('12.3%', '−2%', '+50.0%')
    """
    return fixed(value * 100, digits, signed=signed, unit="%")


def counted(count: int, what: str) -> str:
    """A number of things, in the plural where there is not one.

    Examples
    --------
    >>> counted(1, "session"), counted(2100, "session")
    ('1 session', '2,100 sessions')
    """
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def date(value: object) -> str:
    """A day in ISO form."""
    stamp = pd.Timestamp(value)  # type: ignore[arg-type]
    return MISSING if pd.isna(stamp) else f"{stamp:%Y-%m-%d}"


def text(value: object) -> str:
    """Anything as it prints; a dash for what is missing."""
    missing = value is None or value is pd.NA or value is pd.NaT
    missing = missing or (isinstance(value, Real) and not math.isfinite(float(value)))
    return MISSING if missing else str(value)


def _number(digits: int, *, scale: float = 1.0, unit: str = "", signed: bool = False) -> Formatter:
    def write(value: object) -> str:
        if not isinstance(value, Real):
            return text(value)
        return fixed(float(value) * scale, digits, unit=unit, signed=signed)

    return write


FORMATS: MappingProxyType[str, Formatter] = MappingProxyType(
    {
        "text": text,
        "date": date,
        "integer": _number(0),
        "signed": _number(0, signed=True),
        "number1": _number(1),
        "number2": _number(2),
        "number3": _number(3),
        "number4": _number(4),
        "ratio": _number(2),
        "currency": _number(0),
        "currency2": _number(2),
        "percent0": _number(0, scale=100, unit="%"),
        "percent": _number(1, scale=100, unit="%"),
        "percent1": _number(1, scale=100, unit="%"),
        "percent2": _number(2, scale=100, unit="%"),
        "signed_percent": _number(1, scale=100, unit="%", signed=True),
        "signed_percent2": _number(2, scale=100, unit="%", signed=True),
        "bps": _number(1, scale=1e4, unit=" bp"),
    }
)
"""Format name -> function. Percentages and basis points take fractions; currency takes whole units."""
LEFT_ALIGNED = frozenset({"text", "date"})
