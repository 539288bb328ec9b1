"""The head of a page, and what it shows where there is nothing to show or something went wrong."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from html import escape
from typing import ParamSpec

import pandas as pd

from foliohub.dashboards.kit.pieces import Html, Piece, run_link, section
from foliohub.errors import FoliohubError, NotStoredError

_log = logging.getLogger(__name__)
_COMMAND = re.compile(r"`([^`]+)`")
P = ParamSpec("P")


def page(
    title: str,
    *,
    lead: str = "",
    as_of: object = None,
    run_id: str = "",
    facts: Iterable[tuple[str, str]] = (),
) -> Piece:
    """The head of a page: once, at its top.

    Parameters
    ----------
    title : str
    lead : str
        What the page answers, in one sentence.
    as_of : date-like, optional
        Last session whose close is in the numbers.
    run_id : str
        The run most numbers come from; links to its record.
    facts : iterable of (label, value)
        More of the kind, as ("Universe", "Sample").
    """
    shown = [("As of", escape(f"{pd.Timestamp(as_of):%Y-%m-%d}"))] if as_of else []  # type: ignore[arg-type]
    shown += [(label, escape(value)) for label, value in facts if value]
    shown += [("Run", run_link(run_id))] if run_id else []
    meta = "".join(f"<span><b>{escape(label)}</b> {value}</span>" for label, value in shown)
    below = f"<p class='fd-lead'>{escape(lead)}</p>" if lead else ""
    row = f"<p class='fd-meta'>{meta}</p>" if meta else ""
    return Piece(f"<header class='fd-head'><h1>{escape(title)}</h1>{below}{row}</header>")


def empty(title: str, remedy: str = "", *, command: str = "") -> Piece:
    """Say what is not there yet and what to do about it.

    Parameters
    ----------
    title : str
        What is missing, as "No forecasts yet".
    remedy : str
        What to do, in a sentence.
    command : str
        A command line that does it.
    """
    text = f"<p>{_marked(remedy)}</p>" if remedy else ""
    code = f"<p><code>{escape(command)}</code></p>" if command else ""
    return Piece(f"<div class='fd-state'><strong>{escape(title)}</strong>{text}{code}</div>")


def failure(error: BaseException) -> Piece:
    """A card instead of a traceback: the message and the remedy of our own errors, a log reference for all others."""
    if isinstance(error, NotStoredError):
        return empty(error.message, error.remedy)
    if isinstance(error, FoliohubError):
        return _card("This part cannot be shown", error.message, error.remedy)
    reference = secrets.token_hex(3)
    _log.error("A part of a dashboard failed; reference %s", reference, exc_info=error)
    return _card(
        "This part cannot be shown",
        "Something went wrong that we did not foresee.",
        f"Load the page again. If it stays, tell your operator the reference {reference}: the log has the reason.",
    )


def part(title: str, draw: Callable[P, Html], *args: P.args, **kwargs: P.kwargs) -> Piece:
    """A section drawn by a function; where that fails, a card in its place, and the rest of the page goes on.

    Parameters
    ----------
    title : str
        Of the section; empty for a part without one.
    draw : callable
        Returns a piece or fragment.
    *args, **kwargs
        Its arguments.
    """
    try:
        drawn = draw(*args, **kwargs)
    except Exception as error:  # the one place between a dashboard's code and its viewer
        drawn = failure(error)
    piece = drawn if isinstance(drawn, Piece) else Piece(drawn.html)
    return section(title, piece) if title else piece


def crashed() -> Piece:
    """The card in the place of a page that broke off: nothing more is known here, the service's log has the reason."""
    return _card(
        "The rest of this page cannot be shown",
        "Something went wrong that we did not foresee.",
        "Load the page again. If it stays, tell your operator: the service's log has the reason.",
    )


def _card(title: str, message: str, remedy: str) -> Piece:
    below = f"<p class='fd-remedy'>{_marked(remedy)}</p>" if remedy else ""
    return Piece(
        f"<div class='fd-state fd-failed' role='alert'><strong>{escape(title)}</strong>"
        f"<p>{_marked(message)}</p>{below}</div>"
    )


def _marked(text: str) -> str:
    """Escaped, with what stands between backticks as code: that is how messages name commands."""
    return _COMMAND.sub(r"<code>\1</code>", escape(text))
