"""The cells of an executed notebook as HTML: text, figures, tables and failures, but no code."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from foliohub.reporting.fragments import notice
from foliohub.reporting.sanitise import sanitise
from foliohub.reporting.theme import darken
from foliohub.syntax import parse

PLOTLY_MIME = "application/vnd.plotly.v1+json"
_WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_HIDDEN_TAGS = frozenset({"remove", "remove-cell", "remove_cell", "papermill-error-cell-tag"})
_NO_OUTPUT_TAGS = frozenset({"remove-output", "remove_output"})
_PARAMETER_TAGS = ("parameters", "injected-parameters")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_DEFAULT_HEIGHT = 420

Notebook = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the table of contents."""

    anchor: str
    text: str
    level: int


@dataclass(slots=True)
class Body:
    """What a notebook shows, in order.

    Attributes
    ----------
    html : list of str
        Pieces of the page.
    headings : list of Heading
        Those of level two and three.
    figures : int
        Plotly figures among the pieces.
    failures : list of str
        "Name: message" of each error, in order.
    """

    html: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    figures: int = 0
    failures: list[str] = field(default_factory=list)


def render_cells(notebook: Notebook, *, title: str, dark: bool = False) -> Body:
    """Render every cell that a reader should see.

    Parameters
    ----------
    notebook : NotebookNode or mapping
        Version 4 of the notebook format, executed.
    title : str
        The page's title: a first heading that only repeats it is left out.
    dark : bool
        Whether figures take the dark theme.
    """
    body = Body()
    parameters = parameters_of(notebook)
    for cell in notebook.get("cells", ()):
        tags = set(cell.get("metadata", {}).get("tags", ()))
        if tags & _HIDDEN_TAGS:
            continue
        if cell.get("cell_type") == "markdown":
            body.html.append(_markdown(_text(cell.get("source", "")), body, title))
        elif cell.get("cell_type") == "code":
            if parameters and tags & set(_PARAMETER_TAGS):
                body.html.append(_parameters(parameters))
                parameters = {}
            if not tags & _NO_OUTPUT_TAGS:
                body.html += [piece for output in cell.get("outputs", ()) if (piece := _output(output, body, dark))]
    return body


def parameters_of(notebook: Notebook) -> dict[str, str]:
    """Name -> value as written of the parameters cells; injected values replace defaults."""
    found: dict[str, str] = {}
    for wanted in _PARAMETER_TAGS:
        for cell in notebook.get("cells", ()):
            if wanted not in cell.get("metadata", {}).get("tags", ()):
                continue
            try:
                tree = parse(_text(cell.get("source", "")))
            except SyntaxError:
                continue
            found |= dict(_assignments(tree))
    return found


def _assignments(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from ((t.id, ast.unparse(node.value)) for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.value)


def _parameters(parameters: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in parameters.items())
    return f"<details class='parameters'><summary>Parameters</summary><dl>{rows}</dl></details>"


def _markdown(source: str, body: Body, title: str) -> str:
    import mistune

    class Renderer(mistune.HTMLRenderer):
        def heading(self, text: str, level: int, **_: Any) -> str:
            words = re.sub(r"<[^>]+>", "", text).strip()
            if level == 1 and words == escape(title, quote=False) and not body.headings:
                return ""
            # The page's own title is the only first-level heading.
            level = max(level, 2)
            anchor = f"s{len(body.headings) + 1}-{re.sub(r'[^a-z0-9]+', '-', words.lower()).strip('-')}"
            body.headings.append(Heading(anchor, words, level))
            return f"<h{level} id='{anchor}'>{text}</h{level}>\n"

    render = mistune.create_markdown(renderer=Renderer(escape=False), plugins=["table", "strikethrough", "footnotes"])
    html = sanitise(str(render(source)), links=True).strip()
    return f"<div class='prose'>{html}</div>" if html else ""


def _output(output: Mapping[str, Any], body: Body, dark: bool) -> str:
    kind = output.get("output_type")
    if kind == "error":
        return _failure(output, body)
    if kind not in {"display_data", "execute_result"}:
        return ""
    data = output.get("data", {})
    if PLOTLY_MIME in data:
        return _figure(data[PLOTLY_MIME], body, dark)
    if "text/markdown" in data and "text/html" not in data:
        return _markdown(_text(data["text/markdown"]), body, "")
    return _static(data, dark)


def _static(data: Mapping[str, Any], dark: bool) -> str:
    """The richest of what needs no library: HTML, then drawings and pictures, then text."""
    if _WIDGET_MIME in data:
        return notice("An interactive control stands here; open the dashboard to use it.").html
    if "text/html" in data:
        markup = sanitise(_text(data["text/html"]))
        return f"<div class='output'>{darken(markup) if dark else markup}</div>"
    if "image/svg+xml" in data:
        # Inside an image an SVG can run nothing and load nothing.
        drawing = base64.b64encode(_text(data["image/svg+xml"]).encode()).decode()
        return f"<img class='output' alt='' src='data:image/svg+xml;base64,{drawing}'>"
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            picture = re.sub(r"[^A-Za-z0-9+/=]", "", _text(data[mime]))
            return f"<img class='output' alt='' src='data:{mime};base64,{picture}'>"
    return f"<pre class='output'>{escape(_text(data.get('text/plain', '')))}</pre>"


def _figure(specification: Mapping[str, Any], body: Body, dark: bool) -> str:
    body.figures += 1
    layout = dict(specification.get("layout", {}))
    shown = {"data": specification.get("data", []), "layout": layout}
    height = layout.get("height")
    height = int(height) if isinstance(height, int | float) and 0 < height < 20_000 else _DEFAULT_HEIGHT
    layout["height"] = height
    layout.pop("width", None)
    return (
        f"<div class='figure' style='height:{height}px'><script type='application/json'>"
        f"{json_in_script(darken(shown) if dark else shown)}</script></div>"
    )


def _failure(output: Mapping[str, Any], body: Body) -> str:
    name, message = str(output.get("ename", "Error")), _plain(output.get("evalue", ""))
    body.failures.append(f"{name}: {message}" if message else name)
    trace = _plain("\n".join(output.get("traceback", ())))
    details = f"<details><summary>Technical details</summary><pre>{escape(trace)}</pre></details>" if trace else ""
    return (
        f"<section class='failure' id='failure-{len(body.failures)}'><h3>This step failed</h3>"
        f"<p>{escape(message or name)}</p><p class='kind'>{escape(name)}. What comes after it was not computed.</p>"
        f"{details}</section>"
    )


def json_in_script(value: object) -> str:
    """JSON that may stand inside a script element, whatever texts are in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _plain(text: object) -> str:
    return _ANSI.sub("", str(text)).strip()
