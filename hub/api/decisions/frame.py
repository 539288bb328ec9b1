"""What surrounds the pages: the dashboards' style rules, working without scripts, and what a browser may load."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from foliohub.dashboards.kit.pieces import styles
from foliohub.reporting.fragments import stylesheet

_TEMPLATES = Path(__file__).parent / "template"
_DARK = re.compile(r'(?:^|\n)\[data-theme="dark"\]([^{]*)\{([^}]*)\}')
_THEME = """(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("foliohub-theme"); } catch { return; }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();"""
"""Takes over the theme chosen on a dashboard, where there are scripts; the system's theme counts without."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of one page.

    Parameters
    ----------
    prefix : str
        Path of the pages, without a slash at the end.
    dashboards : str
        Path of the dashboards, with one; empty where it is not known.
    user : str
        Who looks; empty where it is not known.
    """

    prefix: str
    dashboards: str = ""
    user: str = ""

    @property
    def navigation(self) -> list[tuple[str, str]]:
        """(address, title) of the dashboards."""
        pages = ("today", "portfolio", "forecasts", "what_if", "operations")
        return [(f"{self.dashboards}{name}", name.replace("_", " ").capitalize()) for name in pages]

    def run(self, run_id: str) -> str:
        """Address of a run's record."""
        return f"{self.dashboards}operations?run={quote(run_id)}"


def render(name: str, frame: Frame, **content: object) -> str:
    """A page as text, everything in it escaped but for fragments of our own."""
    return _environment().get_template(name).render(frame=frame, css=style_sheet(), script=_THEME, **content)


@lru_cache(maxsize=1)
def style_sheet() -> str:
    """The dashboards' rules and ours; where no script has set a theme, the dark one follows the system's."""
    rules = stylesheet() + styles() + (_TEMPLATES / "decisions.css").read_text(encoding="utf-8")
    dark = "".join(f':root:not([data-theme="light"]){part}{{{body}}}\n' for part, body in _DARK.findall(rules))
    return f"{rules}@media (prefers-color-scheme: dark) {{\n{dark}}}\n".strip()


@lru_cache(maxsize=1)
def policy() -> str:
    """Content security policy: exactly our style and script, forms to this service only, never in a frame."""
    return (
        f"default-src 'none'; style-src {_digest(style_sheet())}; script-src {_digest(_THEME)}; img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(_TEMPLATES)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
