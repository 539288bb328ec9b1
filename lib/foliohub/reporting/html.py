"""An executed notebook as one HTML file: no code, no network, plotly.js inside once.

nbconvert's exporter would bring its own template, code cells, RequireJS and a second import of everything; what a
report shows is little enough to be rendered by the two hundred lines of :mod:`foliohub.reporting.cells`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from foliohub.errors import InputError
from foliohub.reporting.cells import Body, Notebook, render_cells
from foliohub.reporting.fragments import stylesheet
from foliohub.reporting.provenance import Provenance

if TYPE_CHECKING:
    import jinja2

_TONES = {"succeeded": "good", "success": "good", "finished": "good", "ok": "good", "failed": "bad", "running": "busy"}


def export_report(
    notebook: Notebook,
    path: str | os.PathLike[str],
    *,
    title: str,
    provenance: Provenance,
    theme: Literal["light", "dark"] = "light",
) -> Path:
    """Write an executed notebook as a standalone report.

    Parameters
    ----------
    notebook : NotebookNode or mapping
        Version 4 of the notebook format, executed. Text, plotly figures (as MIME bundles), HTML, images and failures
        are shown; code and streams are not. Cells tagged ``parameters`` and ``injected-parameters`` become a folded
        list; those tagged ``remove`` or ``remove-output`` are left out.
    path : path
        Written whole or not at all: readers never see half a report.
    title : str
        Of the page.
    provenance : Provenance
        For the header and the foot.
    theme : {"light", "dark"}
        Look of page and figures.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        For another theme.
    OSError
        Where the file cannot be written.

    Notes
    -----
    Where a cell failed, the status shown is "failed", whatever the provenance says.
    """
    if theme not in {"light", "dark"}:
        raise InputError(f"There is no theme {theme!r}.", remedy="Take light or dark.")
    body = render_cells(notebook, title=title, dark=theme == "dark")
    target = Path(path)
    _write_atomically(target, render_page(body, title=title, provenance=provenance, theme=theme))
    return target


def render_page(body: Body, *, title: str, provenance: Provenance, theme: str = "light") -> str:
    """The whole page as text."""
    status = "failed" if body.failures else provenance.status
    scripts = [_plotly(), _template_text("report.js")] if body.figures else []
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            theme=theme,
            status=status,
            tone=_TONES.get(status.lower(), "neutral"),
            provenance=provenance,
            facts=_facts(provenance),
            body=body,
            contents=[heading for heading in body.headings if heading.level == 2],
            styles=_template_text("report.css") + stylesheet(),
            scripts=scripts,
            policy=_policy(scripts),
        )
    )


def _facts(provenance: Provenance) -> list[tuple[str, str]]:
    """What stands at the foot: label and value, as far as known."""
    versions = ", ".join(f"{name} v{number}" for name, number in provenance.data_versions.items())
    finished = f"{provenance.finished:%Y-%m-%d %H:%M:%S %Z}".strip() if provenance.finished else ""
    parameters = ", ".join(f"{name} = {value!r}" for name, value in provenance.parameters.items())
    facts = [
        ("Run", provenance.run_id),
        ("Job", provenance.job),
        ("As of", provenance.as_of_text),
        ("Finished", finished),
        ("Source", provenance.source),
        ("Data versions", versions),
        ("Parameters", parameters),
        ("Notebook", provenance.notebook_hash),
        ("Commit", provenance.commit),
    ]
    return [(label, value) for label, value in facts if value]


def _policy(scripts: list[str]) -> str:
    """Content security policy: run exactly these scripts, load nothing."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _plotly() -> str:
    """plotly.js as it ships with the package, newlines as a parser of HTML will see them."""
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8").strip()


@lru_cache(maxsize=4)
def _template_text(name: str) -> str:
    return resources.files("foliohub.reporting").joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.FunctionLoader(_template_text)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes private files; a report is for everyone the folder is for.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
