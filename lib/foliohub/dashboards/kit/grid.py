"""Tables whose cells hold links and badges, and times as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Literal

from foliohub.dashboards.kit.pieces import Html, Piece, run_link
from foliohub.reporting.tables import empty_table

Tone = Literal["", "good", "bad", "busy"]
_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)


def badge(text: str, tone: Tone = "") -> Piece:
    """A word on a colour: a state, never by colour alone."""
    return Piece(f"<span class='fd-badge{f' {tone}' if tone else ''}'>{escape(text)}</span>")


def link(text: str, address: str) -> Piece:
    """A link to another page of the platform."""
    return Piece(f"<a href='{escape(address, quote=True)}'>{escape(text)}</a>")


def run_cell(run_id: str) -> Piece:
    """A run's id, leading to its record."""
    return Piece(run_link(run_id))


def grid(
    head: Sequence[str],
    rows: Iterable[Sequence[str | Html]],
    *,
    caption: str = "",
    numbers: Iterable[int] = (),
    wide: Iterable[int] = (),
    empty: str = "Nothing to show.",
) -> Piece:
    """A table in the look of :func:`foliohub.reporting.table` whose cells may be pieces.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequences of str or Piece
        Texts are escaped; the first cell of a row is its heading.
    caption : str
        Above the table.
    numbers : iterable of int
        Columns set flush right.
    wide : iterable of int
        Columns whose text may wrap.
    empty : str
        Shown where there are no rows.
    """
    flush, wrapped = set(numbers), set(wide)

    def classes(column: int) -> str:
        names = (["fh-number"] if column in flush else []) + (["fd-wrap"] if column in wrapped else [])
        return f" class='{' '.join(names)}'" if names else ""

    def cell(column: int, content: str | Html) -> str:
        tag, scope = ("th", " scope='row'") if column == 0 else ("td", "")
        return f"<{tag}{scope}{classes(column)}>{escape(content) if isinstance(content, str) else content.html}</{tag}>"

    body = "".join(f"<tr>{''.join(cell(k, content) for k, content in enumerate(row))}</tr>" for row in rows)
    if not body:
        return Piece(empty_table(empty).html)
    top = "".join(f"<th scope='col'{classes(k)}>{escape(text)}</th>" for k, text in enumerate(head))
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return Piece(
        f"<div class='fh fh-table'><table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def facts(items: Iterable[tuple[str, str | Html]]) -> Piece:
    """Labels with their values, one below the other; empty values are left out."""
    lines = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(value) if isinstance(value, str) else value.html}</dd>"
        for label, value in items
        if value
    )
    return Piece(f"<dl class='fd-facts'>{lines}</dl>" if lines else "")


def span(length: timedelta) -> str:
    """A length of time in its two largest units, or one where that says enough.

    Examples
    --------
    >>> span(timedelta(hours=27, minutes=4)), span(timedelta(minutes=38, seconds=16)), span(timedelta(milliseconds=300))
    ('1 d 3 h', '38 min', '0 s')
    """
    left = abs(length)
    parts: list[str] = []
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count or parts:
            parts.append(f"{count} {name}" if count else "")
        if len(parts) == 2 or (count >= 10 and name in {"d", "min"}):  # finer than that is noise
            break
    return " ".join(part for part in parts if part) or "0 s"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was, or how soon it will be.

    Examples
    --------
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> ago(datetime(2026, 1, 5, 11, 58, tzinfo=UTC), now), ago(datetime(2026, 1, 6, 14, tzinfo=UTC), now)
    ('2 min ago', 'in 1 d 2 h')
    """
    return f"{span(now - moment)} ago" if moment <= now else f"in {span(moment - now)}"


def clock(moment: datetime) -> str:
    """A moment in UTC, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"
