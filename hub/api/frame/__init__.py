"""What surrounds pages for people: the dashboards' style rules, no need of scripts, and what a browser may load."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import quote

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from foliohub.dashboards.kit.pieces import styles
from foliohub.reporting.fragments import stylesheet
from hub.api.problems import ProblemError

_TEMPLATES = Path(__file__).parent / "template"
_TITLES = {
    403: "Not allowed",
    404: "Not found",
    409: "Not possible",
    413: "Too long",
    422: "Not quite",
    429: "Too often",
}
_PAGES = ("proposals", "jobs")
"""Last part of their paths; the titles are the same, capitalized."""
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
        Path of the pages, without a slash at the end: its last part is one of those the navigation leads to.
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

    @property
    def pages(self) -> list[tuple[str, str]]:
        """(address, title) of the pages of this service."""
        service = self.prefix.rpartition("/")[0]
        return [(f"{service}/{name}", name.capitalize()) for name in _PAGES]

    @property
    def title(self) -> str:
        """Of the pages this one belongs to."""
        return self.prefix.rpartition("/")[2].capitalize()

    def run(self, run_id: str) -> str:
        """Address of a run's record."""
        return f"{self.dashboards}operations?run={quote(run_id)}"

    def log(self, request: str) -> str:
        """Address of what the run of a request said."""
        return f"{self.prefix.rpartition('/')[0]}/v1/runs/requests/{quote(request)}/log"


class Pages:
    """Pages of one kind: their templates, in our frame.

    Parameters
    ----------
    folder : Path
        Templates, which extend ``frame.html.j2``, and style rules beyond those of the dashboards, in ``*.css``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def render(self, name: str, frame: Frame, **content: object) -> str:
        """A page as text, everything in it escaped but for fragments of our own."""
        return self._environment.get_template(name).render(frame=frame, css=self._style, script=_THEME, **content)

    def answer(self, page: str, status: int = 200) -> Response:
        """A page for the browser that asked, and no one else; it loads and runs nothing but what it brings."""
        return HTMLResponse(page, status, {"Cache-Control": "no-store", "Content-Security-Policy": self._policy})

    def message(self, frame: Frame, problem: ProblemError) -> Response:
        """Why there is nothing else to see."""
        title = _TITLES.get(problem.status, "This did not work")
        page = self.render("message.html.j2", frame, title=title, message=problem.detail, remedy=problem.remedy)
        response = self.answer(page, problem.status)
        response.headers.update(problem.headers)
        return response

    @cached_property
    def _style(self) -> str:
        more = [file.read_text(encoding="utf-8") for file in sorted(self._folder.glob("*.css"))]
        return "\n".join([_style_sheet(), *more]).strip()

    @cached_property
    def _policy(self) -> str:
        """Exactly our style and script, forms to this service only, never in a frame."""
        return (
            f"default-src 'none'; style-src {_digest(self._style)}; script-src {_digest(_THEME)}; img-src data:; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )

    @cached_property
    def _environment(self) -> Environment:
        loader = FileSystemLoader([self._folder, _TEMPLATES])
        return Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
        )


@lru_cache(maxsize=1)
def _style_sheet() -> str:
    """The dashboards' rules and ours; where no script has set a theme, the dark one follows the system's."""
    rules = stylesheet() + styles() + (_TEMPLATES / "pages.css").read_text(encoding="utf-8")
    dark = "".join(f':root:not([data-theme="light"]){part}{{{body}}}\n' for part, body in _DARK.findall(rules))
    return f"{rules}@media (prefers-color-scheme: dark) {{\n{dark}}}\n".strip()


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


__all__ = ["Frame", "Pages"]
