"""Controls a viewer moves: native elements of HTML, so that keyboard, touch and screen readers know them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Protocol

from foliohub.errors import InputError

Value = float | str | bool


class Control(Protocol):
    """What :func:`foliohub.dashboards.kit.live` asks of a control."""

    @property
    def name(self) -> str:
        """Argument of the drawing function, and name in the page's address."""

    @property
    def start(self) -> Value:
        """The value before anybody touches it."""

    def read(self, text: str) -> Value:
        """The value a browser sent, made valid: out of range becomes the nearest, nonsense becomes the start."""

    def html(self, value: Value) -> str:
        """Its markup, showing `value`."""


@dataclass(frozen=True, slots=True)
class Slider:
    """A number within bounds; see :func:`slider`."""

    name: str
    label: str
    low: float
    high: float
    start: float
    step: float
    unit: str = ""
    decimals: int = 0
    logarithmic: bool = False
    note: str = ""

    def read(self, text: str) -> float:
        """The number sent, kept within the bounds."""
        try:
            number = float(text)
        except ValueError:
            return self.start
        return min(max(number, self.low), self.high) if math.isfinite(number) else self.start

    def html(self, value: Value) -> str:
        """A range input on its own scale, and the value in figures beside it."""
        number = float(value)
        low, high, at, step = self.low, self.high, number, self.step
        if self.logarithmic:
            low, high, at, step = math.log10(low), math.log10(high), math.log10(number), 0.01
        unit = f" {self.unit}" if self.unit and self.unit != "%" else self.unit
        shown = f"{number:.{self.decimals}f}{unit}"
        note = f"<span class='fd-hint' id='{self.name}-note'>{escape(self.note)}</span>" if self.note else ""
        described = f" aria-describedby='{self.name}-note'" if self.note else ""
        scale = " data-log" if self.logarithmic else ""
        return (
            f"<div class='fd-control'><label for='{self.name}'>{escape(self.label)}</label>"
            f"<output for='{self.name}'>{escape(shown)}</output>"
            f"<input type='range' id='{self.name}' min='{low:g}' max='{high:g}' step='{step:g}' value='{at:.6g}'"
            f" data-name='{self.name}' data-unit='{escape(unit, quote=True)}' data-decimals='{self.decimals}'{scale}"
            f" aria-valuetext='{escape(shown, quote=True)}'{described}>{note}</div>"
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; see :func:`choice`."""

    name: str
    label: str
    options: Mapping[str, str]
    start: str
    buttons: bool = False

    def read(self, text: str) -> str:
        """The option sent, or the first choice."""
        return text if text in self.options else self.start

    def html(self, value: Value) -> str:
        """A row of buttons or a list to open."""
        if self.buttons:
            items = "".join(
                f"<label><input type='radio' name='{self.name}' data-name='{self.name}'"
                f" value='{escape(key, quote=True)}'{' checked' if key == value else ''}>"
                f"<span>{escape(text)}</span></label>"
                for key, text in self.options.items()
            )
            return (
                f"<fieldset class='fd-control fd-buttons'><legend>{escape(self.label)}</legend>"
                f"<div>{items}</div></fieldset>"
            )
        items = "".join(
            f"<option value='{escape(key, quote=True)}'{' selected' if key == value else ''}>{escape(text)}</option>"
            for key, text in self.options.items()
        )
        return (
            f"<div class='fd-control'><label for='{self.name}'>{escape(self.label)}</label>"
            f"<select id='{self.name}' data-name='{self.name}'>{items}</select></div>"
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off; see :func:`switch`."""

    name: str
    label: str
    start: bool = False

    def read(self, text: str) -> bool:
        """Whether it is on."""
        return text in {"1", "true", "on"}

    def html(self, value: Value) -> str:
        """A checkbox."""
        return (
            f"<div class='fd-control fd-switch'><label><input type='checkbox' data-name='{self.name}'"
            f"{' checked' if value else ''}> {escape(self.label)}</label></div>"
        )


def slider(
    name: str,
    label: str,
    low: float,
    high: float,
    *,
    start: float,
    step: float = 1.0,
    unit: str = "",
    decimals: int = 0,
    logarithmic: bool = False,
    note: str = "",
) -> Slider:
    """A number that the viewer moves between two bounds.

    Parameters
    ----------
    name : str
        Argument of the drawing function.
    label : str
    low, high, start, step : float
    unit : str
        Written behind the number, as "%", "bp".
    decimals : int
        How many the number is shown with.
    logarithmic : bool
        Whether equal ways on the slider are equal ratios.
    note : str
        A line that explains it.

    Raises
    ------
    InputError
        The bounds do not hold the start.
    """
    if not low <= start <= high or low >= high:
        raise InputError(f"Slider {name!r} cannot start at {start:g} between {low:g} and {high:g}.")
    return Slider(name, label, low, high, start, step, unit, decimals, logarithmic, note)


def choice(
    name: str, label: str, options: Mapping[str, str], *, start: str = "", buttons: bool | None = None
) -> Choice:
    """One of several; a row of buttons for up to five short ones, else a list.

    Parameters
    ----------
    name : str
        Argument of the drawing function.
    label : str
    options : mapping of str to str
        Value -> what the viewer reads.
    start : str
        Value to begin with; the first by default.
    buttons : bool, optional
        Force one look or the other.

    Raises
    ------
    InputError
        There are no options.
    """
    if not options:
        raise InputError(f"Choice {name!r} has no options.", remedy="Show kit.empty(...) instead.")
    few = len(options) <= 5 and sum(len(text) for text in options.values()) <= 48
    return Choice(name, label, dict(options), start or next(iter(options)), few if buttons is None else buttons)


def switch(name: str, label: str, *, start: bool = False) -> Switch:
    """On or off."""
    return Switch(name, label, start)
