"""The two templates, and what goes from light to dark."""

import plotly.graph_objects as go
import plotly.io as pio
import pytest

from foliohub.reporting import dark
from foliohub.reporting.theme import DARK, LIGHT, darken, template


def test_templates_are_registered_by_name():
    assert template() == "foliohub"
    assert template("foliohub_dark") == "foliohub_dark"
    assert pio.templates["foliohub"].layout.paper_bgcolor == LIGHT.paper
    assert pio.templates["foliohub_dark"].layout.paper_bgcolor == DARK.paper


def test_the_default_template_of_others_is_left_alone():
    template()
    assert pio.templates.default == "plotly"


@pytest.mark.parametrize(("before", "after"), [("plotly_mimetype+notebook", "plotly_mimetype"), ("svg", "svg")])
def test_notebooks_do_not_carry_the_library_but_a_choice_stands(monkeypatch, before, after):
    monkeypatch.delitem(pio.templates._templates, "foliohub", raising=False)
    original = pio.renderers.default
    try:
        pio.renderers.default = before
        template()
        assert pio.renderers.default == after
    finally:
        pio.renderers.default = original


def test_dark_swaps_neutrals_and_keeps_data():
    figure = go.Figure(
        layout={"template": template(), "title": {"text": f"<span style='color:{LIGHT.muted}'>x</span>"}}
    )
    figure.add_scatter(x=[1], y=[2], line={"color": LIGHT.ink})
    night = dark(figure)
    assert night.layout.template.layout.paper_bgcolor == DARK.paper
    assert DARK.muted in night.layout.title.text
    assert night.data[0].line.color == DARK.ink
    assert list(night.data[0].y) == [2]
    assert figure.data[0].line.color == LIGHT.ink


def test_dark_knows_fills_with_opacity():
    assert darken("rgba(0,114,178,0.16)") == "rgba(63,159,219,0.16)"
    assert darken(["rgba(1,2,3,0.5)", 7, None, {"a": "#ffffff"}]) == ["rgba(1,2,3,0.5)", 7, None, {"a": DARK.paper}]
