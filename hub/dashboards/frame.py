"""What surrounds every page: its head, navigation, colours for the dark theme, and the pages of errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from foliohub.dashboards.kit.states import crashed
from foliohub.reporting.theme import swaps
from hub.dashboards.assets import assets

TEMPLATES = Path(__file__).parent / "template"
_BODY = "<!--body-->"

_TITLES = {
    "index": "Overview",
    "today": "Today",
    "portfolio": "Portfolio",
    "forecasts": "Forecasts",
    "what_if": "What if",
    "operations": "Operations",
}


@dataclass(frozen=True)
class Frame:
    """The frame of one service.

    Parameters
    ----------
    prefix : str
        Path below which the service lies.
    names : tuple of str
        The dashboards there are: their notebooks' names.
    logout : str
        Where signing out leads; empty where nobody signs in.
    replica : str
        Tag of the replica that draws; empty where there is one.
    """

    prefix: str
    names: tuple[str, ...]
    logout: str = ""
    replica: str = ""

    @property
    def navigation(self) -> list[tuple[str, str]]:
        """(name, title) of every dashboard but the index: those we know in their order, then others by name."""
        known = [name for name in _TITLES if name in self.names and name != "index"]
        others = sorted(set(self.names) - set(_TITLES))
        return [(name, self.title(name)) for name in [*known, *others]]

    def title(self, name: str) -> str:
        """What people call a dashboard."""
        return _TITLES.get(name, name.replace("_", " ").capitalize())

    def asset(self, name: str) -> str:
        """Address of an asset."""
        return f"{self.prefix}assets/{assets()[name].address}"

    @property
    def palette(self) -> str:
        """The dark theme's colour for each of the light theme's, as JSON."""
        return json.dumps(swaps(), separators=(",", ":"))

    @property
    def failure(self) -> str:
        """The card in the place of what a cell would have shown."""
        return crashed().html

    def viewer(self, user: str) -> str:
        """Who is looking, and the way out."""
        if not user:
            return ""
        leave = f"<a href='{escape(self.logout, quote=True)}'>Sign out</a>" if self.logout else ""
        return f"<span class='fd-user'>{escape(user)}</span>{leave}"

    def around(self, name: str, user: str) -> tuple[str, str]:
        """Head and foot of a page: the first goes out at once, the second once the body is drawn."""
        template = _environment().get_template("page.html.j2")
        whole = template.render(frame=self, name=name, viewer=self.viewer(user))
        head, _, foot = whole.partition(_BODY)
        return head, foot

    def page(self, title: str, message: str, remedy: str = "", *, user: str = "", retry: int = 0) -> str:
        """A whole page that says why there is nothing else to see.

        Parameters
        ----------
        title, message, remedy : str
            Plain text.
        user : str
            Name of the viewer.
        retry : int
            Seconds after which the page loads itself again; 0 for never.
        """
        template = _environment().get_template("message.html.j2")
        return template.render(
            frame=self, title=title, message=message, remedy=remedy, viewer=self.viewer(user), retry=retry
        )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=select_autoescape(default=True, default_for_string=True))


def share(environment: Any, frame: Frame) -> None:
    """Let the templates of Voilà's exporter use the frame."""
    environment.globals["frame"] = frame
