"""Bounds that warn or block, and the verdict on a number held against them."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Outcome = Literal["pass", "warn", "block"]
Unit = Literal["fraction", "basis points", "orders", "sessions", "tickers"]

_NOISE = 1e-12
"""By how much a sum of weights may miss its bound: the rounding of floating-point arithmetic, nothing more."""


class Strict(BaseModel):
    """What people write: unknown keys and other types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Most(Strict):
    """A number must not exceed these.

    Attributes
    ----------
    warn, block : float or None
        More than this warns, more than this blocks; one of them at least.
    """

    warn: Annotated[float, Field(ge=0)] | None = None
    block: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn is None and self.block is None:
            raise ValueError("give `warn`, `block` or both")
        if self.warn is not None and self.block is not None and self.warn > self.block:
            raise ValueError(f"it would block above {self.block:g} before it warns above {self.warn:g}")
        return self


class Least(Strict):
    """A number must not fall below these.

    Attributes
    ----------
    warn, block : float or None
        Less than this warns, less than this blocks; one of them at least.
    """

    warn: Annotated[float, Field(ge=0)] | None = None
    block: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn is None and self.block is None:
            raise ValueError("give `warn`, `block` or both")
        if self.warn is not None and self.block is not None and self.warn < self.block:
            raise ValueError(f"it would block below {self.block:g} before it warns below {self.warn:g}")
        return self


class Verdict(BaseModel):
    """What a limit says of a proposal.

    Attributes
    ----------
    limit : str
        Name of the limit, as "largest weight".
    value : float or None
        What was measured, in `unit`; None where it could not be, which blocks.
    bound : float or None
        The bound that decided, or where it passed the first one it would have met.
    unit : str
        "fraction" (of wealth, 0.15 for 15 %), "basis points", "orders", "sessions" or "tickers".
    outcome : {"pass", "warn", "block"}
    sentence : str
        The same in words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    limit: str
    value: float | None
    bound: float | None
    unit: Unit
    outcome: Outcome
    sentence: str

    @property
    def value_text(self) -> str:
        """The number with its unit, as people read it."""
        return shown(self.value, self.unit)

    @property
    def bound_text(self) -> str:
        """The bound with its unit."""
        return shown(self.bound, self.unit)


def judge(limit: str, value: float, band: Most | Least, unit: Unit, detail: str = "") -> Verdict:
    """Hold a number against its bounds.

    Parameters
    ----------
    limit : str
        Name of the limit; begins the sentence.
    value : float
        What was measured; not finite where there is nothing to measure, which blocks.
    band : Most or Least
    unit : str
    detail : str
        Whose number it is, or what the matter is with it.

    Examples
    --------
    >>> judge("largest weight", 0.18, Most(warn=0.15, block=0.2), "fraction", "AAPL").sentence
    'Largest weight is 18.0 % (AAPL); more than 15.0 % warns.'
    """
    whose = f" ({detail})" if detail else ""
    name = limit[:1].upper() + limit[1:]
    if not isfinite(value):
        return unknown(limit, unit, detail)
    most = isinstance(band, Most)
    for outcome, bound in (("block", band.block), ("warn", band.warn)):
        beyond = bound is not None and (value > bound + _NOISE if most else value < bound - _NOISE)
        if beyond:
            said = f"{name} is {shown(value, unit)}{whose}; {'more' if most else 'less'} than {shown(bound, unit)}"
            verb = "blocks" if outcome == "block" else "warns"
            decided: Outcome = "block" if outcome == "block" else "warn"
            return Verdict(
                limit=limit, value=value, bound=bound, unit=unit, outcome=decided, sentence=f"{said} {verb}."
            )
    bound = band.block if band.warn is None else band.warn
    allowed = f"{'up to' if most else 'at least'} {shown(bound, unit)} is {'allowed' if most else 'wanted'}"
    said = f"{name} is {shown(value, unit)}{whose}; {allowed}."
    return Verdict(limit=limit, value=value, bound=bound, unit=unit, outcome="pass", sentence=said)


def unknown(limit: str, unit: Unit, reason: str) -> Verdict:
    """The verdict where nothing can be measured: what is not known is not allowed."""
    name = limit[:1].upper() + limit[1:]
    said = f"{name} cannot be told{f': {reason}' if reason else ''}."
    return Verdict(limit=limit, value=None, bound=None, unit=unit, outcome="block", sentence=said)


def shown(value: float | None, unit: Unit) -> str:
    """A number with its unit.

    Examples
    --------
    >>> shown(0.1499, "fraction"), shown(4.98, "basis points"), shown(1, "orders"), shown(None, "orders")
    ('15.0 %', '5.0 bp', '1 order', '–')
    """
    if value is None:
        return "–"
    if unit == "fraction":
        return f"{value * 100:.1f} %"
    if unit == "basis points":
        return f"{value:.1f} bp"
    return f"{value:,.0f} {unit.removesuffix('s') if value == 1 else unit}"


__all__ = ["Least", "Most", "Outcome", "Strict", "Unit", "Verdict", "judge", "shown", "unknown"]
