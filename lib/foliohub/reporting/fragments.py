"""Pieces of HTML that notebooks, reports and dashboards show alike: key figures and notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib import resources
from typing import Literal

from foliohub.errors import InputError
from foliohub.reporting.formats import fixed

NoticeKind = Literal["info", "good", "warning", "failure"]
_KINDS = ("info", "good", "warning", "failure")


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The style rules of every fragment; pages that gather several need them once."""
    return resources.files("foliohub.reporting").joinpath("templates", "fragments.css").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of HTML that a notebook shows.

    Parameters
    ----------
    html : str
        Markup without scripts, everything from data escaped.
    """

    html: str

    def _repr_html_(self) -> str:
        return f"<style>{stylesheet()}</style>{self.html}"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One large number.

    Parameters
    ----------
    label : str
        What it is.
    value : str or float
        The number; text is shown as it is, an integer with separators, any other number with two decimals.
    unit : str
        Written small behind it.
    delta : str
        A change or comparison, as "+1.2 points over 1/N".
    note : str
        A line of explanation.
    tone : {"", "good", "bad"}
        Colour of `delta`; empty for neutral.
    """

    label: str
    value: str | float
    unit: str = ""
    delta: str = ""
    note: str = ""
    tone: str = ""


def key_figures(items: Iterable[KeyFigure | Mapping[str, object] | Sequence[object]]) -> Fragment:
    """Large numbers first: a row of cards.

    Parameters
    ----------
    items : iterable of KeyFigure, mapping or sequence
        Mappings and sequences hold the arguments of :class:`KeyFigure`.

    Raises
    ------
    InputError
        Where an item does not fit.

    Examples
    --------
    >>> "1,250" in key_figures([KeyFigure("Orders", 1250, note="600 buys")]).html
    True
    """
    cards = "".join(_card(item if isinstance(item, KeyFigure) else _key_figure(item)) for item in items)
    return Fragment(f"<div class='fh fh-cards'>{cards}</div>" if cards else "")


def notice(message: str, *, kind: NoticeKind = "info", title: str = "") -> Fragment:
    """One sentence that a reader must not miss.

    Parameters
    ----------
    message : str
        Plain text.
    kind : {"info", "good", "warning", "failure"}
        Its colour.
    title : str
        Bold words before it.

    Examples
    --------
    >>> notice("BF.B is quarantined.", kind="warning").html
    "<div class='fh fh-notice fh-warning'>BF.B is quarantined.</div>"
    """
    if kind not in _KINDS:
        raise InputError(f"There is no notice of the kind {kind!r}.", remedy=f"Take one of {', '.join(_KINDS)}.")
    head = f"<strong>{escape(title)}</strong> " if title else ""
    return Fragment(f"<div class='fh fh-notice fh-{kind}'>{head}{escape(message)}</div>")


def _card(figure: KeyFigure) -> str:
    unit = f"<span class='fh-unit'>{escape(figure.unit)}</span>" if figure.unit else ""
    tone = f" fh-{figure.tone}" if figure.tone in {"good", "bad"} else ""
    delta = f"<div class='fh-delta{tone}'>{escape(figure.delta)}</div>" if figure.delta else ""
    note = f"<div class='fh-note'>{escape(figure.note)}</div>" if figure.note else ""
    return (
        f"<div class='fh-card'><div class='fh-label'>{escape(figure.label)}</div>"
        f"<div class='fh-value'>{escape(_value(figure.value))}{unit}</div>{delta}{note}</div>"
    )


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else fixed(float(value), 0 if float(value).is_integer() else 2)


def _key_figure(item: Mapping[str, object] | Sequence[object]) -> KeyFigure:
    try:
        return KeyFigure(**item) if isinstance(item, Mapping) else KeyFigure(*item)  # type: ignore[arg-type]
    except TypeError as error:
        raise InputError(
            f"{item!r} is not a key figure.", remedy="Give label, value, unit, delta, note, tone."
        ) from error
