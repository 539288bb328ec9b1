"""Reports: one file, no code, no network, nothing of the data runs."""

import base64
import hashlib
import json
import os
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.errors import InputError
from foliohub.reporting import KeyFigure, Provenance, export_report, key_figures, table, wealth_chart
from foliohub.reporting.cells import PLOTLY_MIME, json_in_script, parameters_of
from foliohub.reporting.sanitise import sanitise

PROVENANCE = Provenance(
    "2022-12-28",
    "sample <prices>",
    "r-17",
    job="weekly-report",
    finished=datetime(2022, 12, 28, 22, 14, tzinfo=UTC),
    parameters={"universe": "sample"},
    data_versions={"prices/sample": 3},
    notebook_hash="sha256:9f2c",
    commit="141b6fe",
)
WILD = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\u2028"


def shown(data):
    return nbformat.v4.new_output("display_data", data)


def code(*outputs, source="secret = compute()", tags=()):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def markdown(text):
    return nbformat.v4.new_markdown_cell(text)


def plotly(figure):
    bundle = json.loads(figure.to_json())
    return shown({PLOTLY_MIME: bundle, "text/html": "<script src='https://cdn.example/plotly.js'></script>"})


@pytest.fixture
def export(tmp_path):
    def write(*cells, title="Weekly report", provenance=PROVENANCE, **options):
        path = export_report(notebook(*cells), tmp_path / "report.html", title=title, provenance=provenance, **options)
        return path.read_text(encoding="utf-8")

    return write


class Page(HTMLParser):
    """Gathers scripts, tags with their attributes, and text outside of scripts and styles."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.scripts, self.words, self.inside = [], [], [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self.inside != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@pytest.fixture
def two_figures(returns):
    figure = wealth_chart(returns[["min_variance", "index"]], provenance=PROVENANCE)
    return code(plotly(figure)), code(plotly(figure), source="more_code()")


def test_plotly_is_inside_exactly_once_and_only_where_needed(export, two_figures):
    with_figures = export(*two_figures)
    assert with_figures.count("* plotly.js v") == 1
    assert with_figures.count("<div class='figure'") == 2
    assert "plotly.js v" not in export(markdown("# Words only"))


def test_code_never_shows(export, two_figures):
    page = export(*two_figures, markdown("Text"))
    assert "secret" not in page
    assert "more_code" not in page


def test_nothing_is_loaded_from_anywhere(export, two_figures):
    page = Page(
        export(
            *two_figures,
            markdown("![picture](https://example.com/a.png) <iframe src='https://example.com'></iframe> text"),
            code(shown({"text/html": "<img src='http://example.com/a.png'><link href='//example.com'>"})),
        )
    )
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data"):
            value = attributes.get(name) or ""
            assert value.startswith(("data:", "#")) or not value, (tag, name, value)
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_the_page_names_no_address_outside_of_plotly(export, two_figures):
    page = export(*two_figures)
    start = page.index("* plotly.js v")
    outside = page[:start] + page[page.index("</script>", start) :]
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", outside)


def test_the_policy_lets_run_these_scripts_and_no_other(export, two_figures):
    page = Page(export(*two_figures))
    running = [text for attributes, text in page.scripts if attributes.get("type") != "application/json"]
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    wanted = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running]
    assert re.findall(r"'sha256-([^']+)'", policy) == wanted
    assert len(wanted) == 2
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_a_page_without_figures_runs_nothing(export):
    page = Page(export(markdown("Text")))
    assert not page.scripts
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert "script-src 'none'" in policy


def test_figures_read_back_as_they_were(export, returns):
    figure = wealth_chart(returns[["min_variance"]], provenance=PROVENANCE, title=WILD)
    figure.data[0].name = WILD
    page = Page(export(code(plotly(figure))))
    data = [json.loads(text) for attributes, text in page.scripts if attributes.get("type") == "application/json"]
    assert len(data) == 1
    assert data[0]["data"][0]["name"] == WILD
    assert data[0]["layout"]["height"] == figure.layout.height


@given(st.recursive(st.text() | st.none() | st.floats(allow_nan=False), st.lists, max_leaves=6))
def test_json_in_a_script_can_never_close_it(value):
    text = json_in_script(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def test_data_cannot_bring_scripts_into_the_page(export):
    frame = pd.DataFrame({WILD: [WILD]}, index=[WILD])
    page = Page(
        export(
            markdown(f"Hello {WILD} <b onclick='x()'>there</b> [x](javascript:alert(1))"),
            code(shown({"text/html": table(frame)._repr_html_()})),
            code(shown({"text/html": f"<div onmouseover='x()'>{WILD}</div><form action='/x'><input></form>"})),
            code(shown({"text/plain": WILD})),
            code(nbformat.v4.new_output("error", ename=WILD, evalue=WILD, traceback=[WILD])),
            title=WILD,
            provenance=Provenance("2022-12-28", WILD, WILD, job=WILD, commit=WILD, status=WILD),
        )
    )
    assert not page.scripts
    assert "form" not in {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert "javascript:" not in str(attributes.get("href"))


@pytest.mark.parametrize(
    ("markup", "clean"),
    [
        ("<p>a<script>b</script>c</p>", "<p>ac</p>"),
        ("<script>never closed", ""),
        ("<SCRIPT SRC=//x></SCRIPT >ok", "ok"),
        ("<style>@import url(//x)</style><i>ok</i>", "<i>ok</i>"),
        ("<p style='color: red; background: url(//x)'>a</p>", '<p style="color: red;">a</p>'),
        ("<a href='java\nscript:x'>a</a>", "<a>a</a>"),
        ("<svg onload=x><circle/></svg>ok", "ok"),
        ("<img src='data:text/html,x'>", "<img>"),
        ("<img src='data:image/png;base64,AAAA'>", '<img src="data:image/png;base64,AAAA">'),
        ("<td colspan='2' onclick='x'>a</td>", "a"),
        ("<meta http-equiv=refresh content='0;url=//x'>ok", "ok"),
        ("<scr<script>x</script>ipt>y", "y"),
    ],
)
def test_only_content_is_left(markup, clean):
    assert sanitise(markup).strip() == clean


@given(st.text(alphabet="<>/=\"' ascriptonlHREF:;&x\n", max_size=60))
def test_what_is_cleaned_holds_no_script_and_no_handler(markup):
    class Strict(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in {"script", "style", "iframe", "object", "embed", "form", "meta", "link", "base", "svg"}
            assert not [name for name, _ in attrs if name.startswith("on")]

    Strict().feed(sanitise(markup))


def test_links_of_authors_stay_and_links_of_data_do_not(export):
    page = export(
        markdown("See [the paper](https://doi.org/10.1093/rfs/hhm075)."),
        code(shown({"text/html": "<a href='https://evil.example'>data</a>"})),
    )
    assert 'href="https://doi.org/10.1093/rfs/hhm075"' in page
    assert "evil.example" not in page


def test_header_and_foot_say_where_it_comes_from(export):
    text = Page(export(markdown("Text"))).text
    for words in (
        "Weekly report",
        "As of 2022-12-28",
        "Run r-17",
        "Job weekly-report",
        "sample <prices>",
        "succeeded",
        "2022-12-28 22:14:00 UTC",
        "prices/sample v3",
        "sha256:9f2c",
        "141b6fe",
        "universe = 'sample'",
        "foliohub runs reproduce r-17",
    ):
        assert words in text


def test_sections_make_the_table_of_contents(export):
    markup = export(
        markdown("# Weekly report\n\nIntro."),
        markdown("## Weights & orders"),
        markdown("### Detail\n\n## Weights & orders"),
    )
    page = Page(markup)
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    anchors = {attributes.get("id") for tag, attributes in page.tags if tag in {"h2", "h3"}}
    assert len(links) == len(set(links)) == 2
    assert {link[1:] for link in links} <= anchors
    assert markup.count("<h1>") == 1
    assert "Weights &amp; orders" in markup


def test_a_title_of_the_notebooks_own_is_kept_as_a_section(export):
    assert ">Another title</h2>" in export(markdown("# Another title"))


def test_parameters_are_listed_once_with_what_was_injected(export):
    markup = export(
        code(source='universe = "sample"  # which\nhorizon: int = 21\n', tags=["parameters"]),
        code(source="horizon = 5", tags=["injected-parameters"]),
        markdown("Text"),
    )
    assert markup.count("<details class='parameters'>") == 1
    assert "<dt>universe</dt><dd>&#x27;sample&#x27;</dd><dt>horizon</dt><dd>5</dd>" in markup


def test_parameters_that_are_no_python_are_left_out():
    cells = [code(source="x = (", tags=["parameters"]), code(source="y = -1", tags=["injected-parameters"])]
    assert parameters_of(notebook(*cells)) == {"y": "-1"}


def test_a_failure_is_a_clear_box_and_the_traceback_is_folded(export):
    error = nbformat.v4.new_output(
        "error",
        ename="QualityError",
        evalue="Only 12 of 30 tickers are left. Lower the limit.",
        traceback=["\x1b[0;31mTraceback\x1b[0m (most recent call last)", "  File \x1b[32m<cell>\x1b[0m"],
    )
    markup = export(markdown("## Clean"), code(error), markdown("## Next"))
    page = Page(markup)
    assert "This run failed" in page.text
    assert "succeeded" not in page.text
    assert "Only 12 of 30 tickers are left. Lower the limit." in page.text
    assert "\x1b" not in markup
    folded = markup[markup.index("<details><summary>Technical") : markup.index("</details>")]
    assert "Traceback" in folded
    assert "Traceback" not in markup.replace(folded, "")


def test_papermills_own_error_banner_is_left_out(export):
    banner = markdown("<span>An Exception was encountered</span>")
    banner.metadata["tags"] = ["papermill-error-cell-tag"]
    assert "Exception was encountered" not in export(banner, markdown("Text"))


def test_tags_hide_cells_and_outputs(export):
    hidden = markdown("Hidden words")
    hidden.metadata["tags"] = ["remove"]
    markup = export(hidden, code(shown({"text/plain": "Hidden output"}), tags=["remove-output"]), markdown("Shown"))
    assert "Hidden" not in markup
    assert "Shown" in markup


def test_streams_stay_in_the_notebook(export):
    output = nbformat.v4.new_output("stream", name="stderr", text="a warning")
    assert "a warning" not in export(code(output), markdown("Text"))


def test_the_richest_form_that_needs_no_library_is_shown(export):
    figures = key_figures([KeyFigure("Orders", 12)])
    markup = export(
        code(shown({"text/html": figures._repr_html_(), "text/plain": "Fragment(...)"})),
        code(shown({"image/png": "iVBORw0K\nGgo=", "text/plain": "<Figure>"})),
        code(shown({"image/svg+xml": "<svg><script>alert(1)</script></svg>", "text/plain": "svg"})),
        code(shown({"text/markdown": "**bold** words"})),
        code(shown({"text/plain": "42"})),
        code(shown({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "FigureWidget({...})"})),
    )
    assert "fh-value'>12<" in markup or 'fh-value">12<' in markup
    assert "src='data:image/png;base64,iVBORw0KGgo='" in markup
    assert "src='data:image/svg+xml;base64," in markup
    assert "<strong>bold</strong> words" in markup
    assert ">42</pre>" in markup
    assert "FigureWidget" not in markup
    assert "open the dashboard" in markup


def test_styles_of_fragments_are_there_once(export):
    fragment = table(pd.DataFrame({"a": [1]}))._repr_html_()
    markup = export(*(code(shown({"text/html": fragment})) for _ in range(3)))
    assert markup.count(".fh-cards {") == 1
    assert markup.count("<style>") == 1


def test_the_dark_theme_reaches_page_figures_and_dots(export, two_figures):
    fragment = table(pd.DataFrame({"a": [1]}, index=["x"]), colours={"x": "#332288"})
    markup = export(*two_figures, code(shown({"text/html": fragment._repr_html_()})), theme="dark")
    assert 'data-theme="dark"' in markup
    figure = json.loads(next(text for _, text in Page(markup).scripts if text.startswith("{")))
    assert figure["layout"]["template"]["layout"]["paper_bgcolor"] == "#141A22"
    assert "#332288" not in markup
    with pytest.raises(InputError, match="light or dark"):
        export(theme="sepia")


def test_an_empty_notebook_says_what_to_do(export):
    assert "Run it first" in export()


def test_the_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "report.html"
    export_report(notebook(markdown("first")), path, title="One", provenance=PROVENANCE)
    before = path.read_text(encoding="utf-8")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        export_report(notebook(markdown("second")), path, title="Two", provenance=PROVENANCE)
    assert path.read_text(encoding="utf-8") == before
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_the_same_notebook_gives_the_same_bytes(tmp_path, two_figures):
    paths = [
        export_report(notebook(*two_figures), tmp_path / name, title="T", provenance=PROVENANCE) for name in ("a", "b")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_plain_dict_is_a_notebook_too(tmp_path):
    cells = [{"cell_type": "markdown", "source": ["Hello ", "there"], "metadata": {}}]
    path = export_report({"cells": cells}, tmp_path / "x.html", title="T", provenance=PROVENANCE)
    assert "Hello there" in path.read_text(encoding="utf-8")


def test_reports_are_readable_by_everyone_the_folder_is_for(tmp_path):
    path = export_report(notebook(), tmp_path / "x.html", title="T", provenance=PROVENANCE)
    assert path.stat().st_mode & 0o777 == 0o644
