"""Pieces of a page: HTML with the figures in it, alike in the dashboards service, JupyterLab and tests."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from foliohub.dashboards.kit.request import in_service
from foliohub.reporting.fragments import stylesheet

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


class Html(Protocol):
    """Anything with markup: pieces, and fragments of :mod:`foliohub.reporting`."""

    @property
    def html(self) -> str:
        """Markup without scripts, everything from data escaped."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a page.

    Parameters
    ----------
    html : str
        Markup; figures are placeholders in it, with their data.
    figures : tuple of Figure
        The same figures, for places that draw them themselves, as JupyterLab does.
    """

    html: str
    figures: tuple[go.Figure, ...] = ()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        # The service's pages have the style rules already, and draw figures from the markup.
        alone = not in_service()
        look = f"<style>{stylesheet()}{styles()}</style>" if alone else ""
        figures = self.figures if alone else ()
        display({"text/html": look + self.html}, raw=True)  # type: ignore[no-untyped-call]
        display(*figures)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1)
def styles() -> str:
    """The style rules of dashboards; :func:`foliohub.reporting.fragments.stylesheet` belongs before them."""
    return resources.files("foliohub.dashboards.kit").joinpath("static", "dashboards.css").read_text(encoding="utf-8")


def stack(*pieces: Html) -> Piece:
    """Pieces one below the other."""
    return Piece("".join(piece.html for piece in pieces), _figures(pieces))


def columns(*pieces: Html, widths: tuple[int, ...] = ()) -> Piece:
    """Pieces side by side; one below the other where the screen is narrow.

    Parameters
    ----------
    *pieces : Piece or Fragment
    widths : tuple of int
        Relative widths; equal by default.
    """
    share = " ".join(f"minmax(0, {width}fr)" for width in widths or (1,) * len(pieces))
    cells = "".join(f"<div class='fd-cell'>{piece.html}</div>" for piece in pieces)
    return Piece(f"<div class='fd-columns' style='--fd-columns: {share}'>{cells}</div>", _figures(pieces))


def section(title: str, *pieces: Html, lead: str = "", anchor: str = "") -> Piece:
    """A titled part of a page.

    Parameters
    ----------
    title : str
    *pieces : Piece or Fragment
    lead : str
        One or two plain sentences below the title.
    anchor : str
        What ``#anchor`` in an address leads to; made from the title by default.
    """
    name = anchor or "".join(c if c.isalnum() else "-" for c in title.lower()).strip("-")
    below = f"<p class='fd-lead'>{escape(lead)}</p>" if lead else ""
    body = stack(*pieces)
    return Piece(
        f"<section class='fd-section' aria-labelledby='{escape(name)}'><h2 id='{escape(name)}'>{escape(title)}</h2>"
        f"{below}{body.html}</section>",
        body.figures,
    )


def prose(text: str) -> Piece:
    """A paragraph of plain text."""
    return Piece(f"<p class='fd-prose'>{escape(text)}</p>")


def command(text: str, line: str) -> Piece:
    """A command line a reader may copy, and what it is for."""
    return Piece(f"<p class='fd-prose'>{escape(text)} <code>{escape(line)}</code></p>")


def run_link(run_id: str) -> str:
    """Markup that leads from a run's id to its record."""
    return f"<a class='fd-run' href='operations?run={quote(run_id)}'>{escape(run_id)}</a>" if run_id else ""


def downloads(frames: Mapping[str, pd.DataFrame], *, label: str = "Download as CSV") -> Piece:
    """Links that save what a figure shows; the data are part of the page, so that both always agree.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        File name, as "wealth.csv", to the frame; its index becomes the first columns.
    label : str
        What the link says; the file's name follows where there are several.
    """
    links = []
    for name, frame in frames.items():
        content = base64.b64encode(frame.to_csv(lineterminator="\r\n").encode()).decode()
        text = label if len(frames) == 1 else f"{label}: {name}"
        links.append(
            f"<a class='fd-button' download='{escape(name)}' href='data:text/csv;base64,{content}'>{escape(text)}</a>"
        )
    return Piece(f"<p class='fd-downloads'>{''.join(links)}</p>" if links else "")


def _figures(pieces: tuple[Html, ...]) -> tuple[go.Figure, ...]:
    return tuple(drawn for piece in pieces if isinstance(piece, Piece) for drawn in piece.figures)
