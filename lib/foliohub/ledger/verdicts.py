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


class _Bounds(Strict):
    warn: Annotated[float, Field(ge=0)] | None = None
    block: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.warn is None and self.block is None:
            raise ValueError("give `warn`, `block` or both")
        return self


class Most(_Bounds):
    """A number must not exceed these.

    Attributes
    ----------
    warn, block : float or None
        More than this warns, more than this blocks; one of them at least.
    """

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn is not None and self.block is not None and self.warn > self.block:
            raise ValueError(f"it would block above {self.block:g} before it warns above {self.warn:g}")
        return self


class Least(_Bounds):
    """A number must not fall below these.

    Attributes
    ----------
    warn, block : float or None
        Less than this warns, less than this blocks; one of them at least.
    """

    @model_validator(mode="after")
    def _in_order(self) -> Self:
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
        "fraction" (of wealth, 0.15 for 15%), "basis points", "orders", "sessions" or "tickers".
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
        return value_text(self.value, self.unit)

    @property
    def bound_text(self) -> str:
        """The bound with its unit."""
        return bound_text(self.bound, self.unit)


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
    'Largest weight: 18.00% (AAPL); more than 15% warns.'
    """
    if not isfinite(value):
        return unknown(limit, unit, detail)
    said = f"{_sentence_case(limit)}: {value_text(value, unit)}{f' ({detail})' if detail else ''}"
    beyond = value - _NOISE if isinstance(band, Most) else -value - _NOISE
    side = "more" if isinstance(band, Most) else "less"
    steps: tuple[tuple[Outcome, float | None], ...] = (("block", band.block), ("warn", band.warn))
    for outcome, bound in steps:
        if bound is not None and beyond > (bound if isinstance(band, Most) else -bound):
            said = f"{said}; {side} than {bound_text(bound, unit)} {outcome}s."
            return Verdict(limit=limit, value=value, bound=bound, unit=unit, outcome=outcome, sentence=said)
    bound = band.block if band.warn is None else band.warn
    within = f"at least {bound_text(bound, unit)} is needed"
    if isinstance(band, Most):
        none = bound == 0 and unit in ("orders", "tickers")
        within = f"{'none' if none else f'up to {bound_text(bound, unit)}'} is allowed"
    said = f"{said}; {within}."
    return Verdict(limit=limit, value=value, bound=bound, unit=unit, outcome="pass", sentence=said)


def unknown(limit: str, unit: Unit, reason: str) -> Verdict:
    """The verdict where nothing can be measured: what is not known is not allowed."""
    said = f"{_sentence_case(limit)} cannot be told{f': {reason}' if reason else ''}."
    return Verdict(limit=limit, value=None, bound=None, unit=unit, outcome="block", sentence=said)


def value_text(value: float | None, unit: Unit) -> str:
    """What was measured, with its unit.

    Examples
    --------
    >>> value_text(0.1499, "fraction"), value_text(4.98, "basis points"), value_text(7, "orders")
    ('14.99%', '5.0 bp', '7')
    """
    if value is None:
        return "–"
    if unit == "fraction":
        return f"{value * 100:.2f}%"
    if unit == "basis points":
        return f"{value:.1f} bp"
    return _count(value, unit)


def bound_text(bound: float | None, unit: Unit) -> str:
    """A bound with its unit, as it is written in the portfolio's file.

    Examples
    --------
    >>> bound_text(0.15, "fraction"), bound_text(10, "basis points"), bound_text(1, "sessions")
    ('15%', '10 bp', '1 session')
    """
    if bound is None:
        return "–"
    if unit == "fraction":
        return f"{bound * 100:g}%"
    if unit == "basis points":
        return f"{bound:g} bp"
    return _count(bound, unit)


def _count(number: float, unit: Unit) -> str:
    if unit != "sessions":  # the limit's name says what is counted
        return f"{number:,.0f}"
    return f"{number:,.0f} session" + ("" if number == 1 else "s")


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = ["Least", "Most", "Outcome", "Strict", "Unit", "Verdict", "bound_text", "judge", "unknown", "value_text"]
