"""Controls and what they draw: moved in the browser, drawn in the page's kernel, without a widget library.

The page opens a comm to its kernel and sends the values of the controls; the kernel answers with markup and figures.
Where that connection is gone, the page loads itself again with the values in its address: nothing is ever stuck.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from foliohub.dashboards.kit.controls import Control, Value
from foliohub.dashboards.kit.pieces import Html, Piece
from foliohub.dashboards.kit.request import Request, in_service
from foliohub.dashboards.kit.states import part

TARGET = "foliohub.live"
"""Name of the comm target: the only thing a page can reach in its kernel."""

_numbers = itertools.count(1)
_panels: dict[str, _Panel] = {}


class _Panel:
    """Controls with the function that draws what they say."""

    def __init__(self, draw: Callable[..., Html], controls: Sequence[Control]) -> None:
        self.controls = controls
        self.draw = draw

    def values(self, sent: Mapping[str, Any]) -> dict[str, Value]:
        return {
            control.name: control.read(str(sent[control.name])) if control.name in sent else control.start
            for control in self.controls
        }

    def drawn(self, values: Mapping[str, Value]) -> Piece:
        return part("", self.draw, **values)


def live(
    draw: Callable[..., Html],
    controls: Sequence[Control] = (),
    *,
    request: Request | None = None,
    beside: bool = False,
    every: float = 0,
    label: str = "Settings",
) -> Piece:
    """Show controls and what a function draws from their values; draw again whenever one is moved.

    Parameters
    ----------
    draw : callable
        Called with one keyword argument per control; returns a piece. An error becomes a card. Figures keep their
        place and are updated where a drawing has as many as the one before it.
    controls : sequence of Control
    request : Request, optional
        Values to start with come from its query, so that an address can be shared.
    beside : bool
        Controls in a column to the left, for many; else in a row above.
    every : float
        Seconds after which it is drawn again by itself; 0 for never.
    label : str
        What a screen reader calls the group of controls.
    """
    panel = _Panel(draw, controls)
    name = f"panel-{next(_numbers)}"
    values = panel.values(dict(request.query) if request else {})
    shown = panel.drawn(values)
    if in_service():
        _panels[name] = panel
        _listen()
    inputs = "".join(control.html(values[control.name]) for control in controls)
    form = f"<form class='fd-controls' aria-label='{escape(label, quote=True)}'>{inputs}</form>" if inputs else ""
    return Piece(
        f"<div class='fd-live{' fd-beside' if beside else ''}' data-live='{name}' data-every='{every:g}'>{form}"
        f"<div class='fd-drawn' aria-live='polite' aria-busy='false'>{shown.html}</div></div>",
        shown.figures,
    )


def _listen() -> None:
    from comm import get_comm_manager

    manager = get_comm_manager()
    if TARGET not in manager.targets:
        manager.register_target(TARGET, _opened)


def _opened(comm: Any, _message: Mapping[str, Any]) -> None:
    comm.on_msg(lambda message: comm.send(_answer(message["content"]["data"])))


def _answer(data: Any) -> dict[str, Any]:
    """The drawing for what a page sent; whatever it sent, an answer."""
    asked = data if isinstance(data, dict) else {}
    panel = _panels.get(str(asked.get("panel")))
    if panel is None:
        return {"panel": asked.get("panel"), "sequence": asked.get("sequence"), "gone": True}
    sent = asked.get("values")
    values = panel.values(sent if isinstance(sent, dict) else {})
    html = panel.drawn(values).html
    return {"panel": asked.get("panel"), "sequence": asked.get("sequence"), "html": html}
