"""Figures on a page: title, note and origin as text that wraps; the drawing as data for the browser."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from foliohub.dashboards.kit.pieces import Piece, run_link

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from foliohub.reporting import Provenance

_TITLE_PIXELS, _LINE_PIXELS = 46, 17
"""What :mod:`foliohub.reporting` reserves above a figure for its title and for each line below it."""
_TAG = re.compile(r"<[^>]*>")


def figure(drawn: go.Figure, *, provenance: Provenance | None = None, wide: bool = False) -> Piece:
    """A figure of :mod:`foliohub.reporting`, with its as-of date and a link to the run it comes from.

    Parameters
    ----------
    drawn : Figure
        Left as it is. Title and subtitle become text of the page, which wraps and is read aloud.
    provenance : Provenance, optional
        Where it comes from; without it, the figure's own line is shown, which links to nothing.
    wide : bool
        Give it at least 900 px and let narrow screens scroll it sideways.
    """
    import plotly.io as pio

    layout = drawn.layout
    title = _text(layout.title.text)
    meta = layout.meta if isinstance(layout.meta, dict) else {}
    line = str(meta.get("provenance", ""))
    lines = [_text(text) for text in str(layout.title.subtitle.text or "").split("<br>") if text]
    notes = [text for text in lines if text != line]
    # Changed as a dictionary: a second figure would check everything again, which takes longer than all else here.
    shown = drawn.to_dict()
    if title:
        _remove_title(shown["layout"], len(lines))
    height = shown["layout"].get("height")
    data = str(pio.to_json(shown, validate=False)).replace("<", "\\u003c")
    head = f"<h3>{escape(title)}</h3>" if title else ""
    note = f"<p class='fd-note'>{escape(' '.join(notes))}</p>" if notes else ""
    size = f" style='height: {int(height)}px'" if height else ""
    html = (
        f"<figure class='fd-figure{' fd-wide' if wide else ''}'>{head}{note}"
        f"<div class='fd-plot' role='img' aria-label='{escape(title, quote=True)}'{size}></div>"
        f"<script type='application/json' class='fd-data'>{data}</script>"
        f"<figcaption>{_origin(provenance, line)}</figcaption></figure>"
    )
    return Piece(html, (drawn,))


def _origin(provenance: Provenance | None, line: str) -> str:
    if provenance is None:
        return escape(line)
    parts = [f"Source: {escape(provenance.source)}" if provenance.source else ""]
    parts.append(f"as of {provenance.as_of_text}" if provenance.as_of_text else "")
    parts.append(f"run {run_link(provenance.run_id)}" if provenance.run_id else "")
    return " · ".join(part for part in parts if part)


def _remove_title(layout: dict[str, Any], lines: int) -> None:
    """Take the title block out of a figure's layout, and the room it had."""
    layout.pop("title", None)
    saved = _TITLE_PIXELS + _LINE_PIXELS * lines
    margin = layout.get("margin", {})
    if margin.get("t", 0) >= saved:
        margin["t"] -= saved
        if "height" in layout:
            layout["height"] -= saved


def _text(markup: object) -> str:
    return unescape(_TAG.sub(" ", str(markup or ""))).strip()
