"""HTML tables: escaped, aligned, with tabular figures.

A renderer of our own rather than pandas' Styler: semantic markup (caption, scope, a class per cell) that reports,
JupyterLab and Voilà draw alike, the same text for the same numbers, and no style rules with random ids in notebooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from foliohub.errors import InputError
from foliohub.reporting.formats import FORMATS, LEFT_ALIGNED, MINUS, MISSING, Formatter
from foliohub.reporting.fragments import Fragment
from foliohub.reporting.theme import swaps

Best = Literal["high", "low"]
Format = str | Callable[[object], str]
_SCOPE = " scope='row'"
_NEGATIVE = re.compile(rf"{MINUS}[\d.,]+(?:%| bp)?")


class Cell(NamedTuple):
    """A cell's text (escaped later) and its classes; `colour` puts a dot before a heading."""

    text: str
    classes: tuple[str, ...] = ()
    colour: str = ""


def table(
    frame: pd.DataFrame,
    *,
    formats: Mapping[str, Format] | None = None,
    best: Mapping[str, Best] | None = None,
    labels: Mapping[str, str] | None = None,
    colours: Mapping[str, str] | None = None,
    caption: str = "",
    index_name: str | None = None,
    totals: Mapping[str, object] | None = None,
    empty: str = "Nothing to show.",
) -> Fragment:
    """A frame as an HTML table.

    Parameters
    ----------
    frame : DataFrame
        The index becomes the first column.
    formats : mapping, optional
        Column -> name in :data:`~foliohub.reporting.formats.FORMATS`, or function; a type's own format by default.
    best : mapping, optional
        Column -> "high" or "low": its best value is emphasised.
    labels : mapping, optional
        Column or row -> what is written instead.
    colours : mapping, optional
        Column or row -> #RRGGBB, a dot before its name.
    caption : str
        Above the table.
    index_name : str, optional
        Heading of the first column; the index' own name by default.
    totals : mapping, optional
        Column -> value for a last line, in the column's format.
    empty : str
        Shown where the frame has no rows.

    Raises
    ------
    InputError
        For a format that nobody knows.

    Examples
    --------
    >>> frame = pd.DataFrame({"weight": [0.25, -0.05]}, index=["AAPL", "<b>"])
    >>> html = table(frame, formats={"weight": "percent"}).html
    >>> "25.0%" in html, "−5.0%" in html, "&lt;b&gt;" in html
    (True, True, True)
    """
    if frame.empty:
        return empty_table(empty)
    names, hues = labels or {}, colours or {}
    writers = [_writer(frame.iloc[:, k], (formats or {}).get(str(name))) for k, name in enumerate(frame.columns)]
    winners = [_winner(frame.iloc[:, k], (best or {}).get(str(name))) for k, name in enumerate(frame.columns)]

    def heading(name: object, classes: tuple[str, ...] = ()) -> Cell:
        return Cell(names.get(str(name), str(name)), classes, hues.get(str(name), ""))

    first = str(index_name if index_name is not None else frame.index.name or "")
    head = [Cell(first), *(heading(name, side) for name, (_, side) in zip(frame.columns, writers, strict=True))]
    body = []
    for row, label in enumerate(frame.index):
        cells = [heading(label)]
        for k, (write, side) in enumerate(writers):
            text = write(frame.iat[row, k])
            cells.append(Cell(text, (*side, *mood(text), *(("fh-best",) if winners[k] == row else ()))))
        body.append(cells)
    foot: list[Cell] = []
    if totals:
        foot.append(Cell("Total"))
        for name, (write, side) in zip(frame.columns, writers, strict=True):
            text = write(totals[str(name)]) if str(name) in totals else ""
            foot.append(Cell(text, (*side, *mood(text))))
    return render(head, body, foot=foot, caption=caption)


def render(
    head: Sequence[Cell], body: Iterable[Sequence[Cell]], *, foot: Sequence[Cell] = (), caption: str = ""
) -> Fragment:
    """Cells as a table: the first of a row is its heading, a row of one cell heads a group, `foot` holds totals."""
    top = f"<caption>{escape(caption)}</caption>" if caption else ""
    columns = "".join(_tag("th", cell, " scope='col'") for cell in head)
    bottom = f"<tfoot>{_row(foot, len(head))}</tfoot>" if foot else ""
    return Fragment(
        f"<div class='fh fh-table'><table>{top}<thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(_row(row, len(head)) for row in body)}</tbody>{bottom}</table></div>"
    )


def empty_table(message: str) -> Fragment:
    """What stands in the place of a table without rows."""
    return Fragment(f"<div class='fh fh-empty'>{escape(message)}</div>")


def mood(text: str) -> tuple[str, ...]:
    """Classes for a number as written: what rounds to zero is not negative, and counts of nothing step back."""
    if text in {"0", MISSING}:
        return ("fh-quiet",)
    return ("fh-negative",) if _NEGATIVE.fullmatch(text) else ()


def _row(cells: Sequence[Cell], width: int) -> str:
    if len(cells) == 1 < width:
        spanning = f" scope='rowgroup' colspan='{width}'"
        return f"<tr>{_tag('th', cells[0], spanning)}</tr>"
    return f"<tr>{_tag('th', cells[0], _SCOPE)}{''.join(_tag('td', cell) for cell in cells[1:])}</tr>"


def _tag(name: str, cell: Cell, attributes: str = "") -> str:
    classes = f" class='{' '.join(cell.classes)}'" if cell.classes else ""
    # A no-break space keeps the dot and the first word of a heading on one line.
    dot = f"{_dot(cell.colour)}&nbsp;" if cell.colour else ""
    return f"<{name}{attributes}{classes}>{dot}{escape(cell.text)}</{name}>"


def _dot(colour: str) -> str:
    """A dot that is seen on light and on dark paper: which of its colours counts, the page's theme says."""
    deep = swaps().get(colour.upper(), colour)
    return f"<span class='fh-dot' style='--on-light:{escape(colour)};--on-dark:{escape(deep)}'>●</span>"


def _writer(column: pd.Series, wanted: Format | None) -> tuple[Formatter, tuple[str, ...]]:
    if callable(wanted):
        return wanted, ("fh-number",)
    name = _guess(column) if wanted is None else wanted
    if name not in FORMATS:
        raise InputError(f"There is no number format {name!r}.", remedy=f"Known are {', '.join(FORMATS)}.")
    return FORMATS[name], () if name in LEFT_ALIGNED else ("fh-number",)


def _guess(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return "text"
    return "integer" if pd.api.types.is_integer_dtype(column) else "number2"


def _winner(column: pd.Series, side: Best | None) -> int:
    values = pd.to_numeric(column, errors="coerce")
    if side is None or values.notna().sum() < 2:
        return -1
    # Ranks without NaN: argmax would take a NaN for the largest.
    return int((values if side == "high" else -values).fillna(-np.inf).to_numpy().argmax())
