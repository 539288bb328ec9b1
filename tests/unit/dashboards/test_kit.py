"""The kit: what a page is built from says what it should, and never shows what went wrong inside."""

from __future__ import annotations

import base64
import json
import re

import pandas as pd
import pytest

from foliohub import reporting
from foliohub.dashboards import kit
from foliohub.dashboards.kit.live import _answer, _Panel, _panels
from foliohub.errors import InputError, NotStoredError

ORIGIN = reporting.Provenance("2022-12-28", "Sample", "daily-forecast.2022-12-28.1")


@pytest.fixture
def chart():
    days = pd.bdate_range("2022-01-03", periods=60)
    returns = pd.DataFrame({"equal_weight": 0.001, "index": -0.001}, index=days)
    return reporting.wealth_chart(returns, provenance=ORIGIN)


def test_outside_the_service_nothing_waits(monkeypatch):
    monkeypatch.delenv("FOLIOHUB_DASHBOARD_REQUEST", raising=False)
    assert kit.wait() == kit.Request()


def test_a_query_gives_what_is_allowed_or_the_default():
    request = kit.Request({"period": "1y", "other": "x"})
    assert request.one_of("period", {"all": "All", "1y": "One year"}) == "1y"
    assert request.one_of("other", ("a", "b")) == "a"
    assert request.one_of("other", ("a", "b"), "b") == "b"
    assert request.get("none", "default") == "default"


def test_a_figure_carries_date_and_run_and_links_to_its_record(chart):
    html = kit.figure(chart, provenance=ORIGIN).html
    caption = re.search(r"<figcaption>(.*)</figcaption>", html)
    assert caption
    assert "as of 2022-12-28" in caption.group(1)
    assert "href='operations?run=daily-forecast.2022-12-28.1'" in caption.group(1)


def test_a_figures_title_becomes_text_and_its_data_stay_the_same(chart):
    piece = kit.figure(chart, provenance=ORIGIN)
    assert "<h3>Growth of 1, net of costs</h3>" in piece.html
    found = re.search(r"class='fd-data'>(.*?)</script>", piece.html)
    assert found
    drawn = json.loads(found.group(1))
    assert "title" not in drawn["layout"] or not drawn["layout"]["title"].get("text")
    assert drawn["data"] == json.loads(chart.to_json())["data"]
    assert chart.layout.title.text
    above = chart.layout.height - chart.layout.margin.t - chart.layout.margin.b
    assert drawn["layout"]["height"] - drawn["layout"]["margin"]["t"] - drawn["layout"]["margin"]["b"] == above


def test_nothing_in_a_figure_ends_the_script_that_holds_it(chart):
    chart.data[0].name = "</script><script>alert(1)</script>"
    html = kit.figure(chart).html
    assert html.count("</script>") == 1


def test_text_is_escaped_everywhere():
    bad = "<script>'\"&"
    pieces = [
        kit.page(bad, lead=bad, run_id=bad, facts=[(bad, bad)]),
        kit.section(bad, kit.prose(bad), lead=bad),
        kit.empty(bad, bad, command=bad),
        kit.grid([bad], [[bad]], caption=bad),
        kit.badge(bad),
        kit.link(bad, "javascript:" + bad),
        kit.facts([(bad, bad)]),
        kit.command(bad, bad),
        kit.live(kit.prose, [kit.choice("text", bad, {bad: bad})], label=bad),
    ]
    for piece in pieces:
        assert "<script>" not in piece.html


def test_our_own_errors_say_what_to_do_and_others_nothing_of_themselves(caplog):
    def missing() -> kit.Piece:
        raise NotStoredError("No forecasts.", remedy="Run them.")

    def broken() -> kit.Piece:
        raise ValueError("secret-inside")

    assert "Run them." in kit.part("Title", missing).html
    card = kit.part("Title", broken).html
    assert "secret-inside" not in card
    assert "ValueError" not in card
    reference = re.search(r"reference (\w{6})", card)
    assert reference
    assert reference.group(1) in caplog.text
    assert "secret-inside" in caplog.text


def test_a_download_holds_what_is_shown():
    frame = pd.DataFrame({"wealth": [1.0, 1.5]}, index=pd.Index(["a", "b"], name="day"))
    html = kit.downloads({"wealth.csv": frame}).html
    content = re.search(r"base64,([^']+)'", html)
    assert content
    assert base64.b64decode(content.group(1)).decode() == "day,wealth\r\na,1.0\r\nb,1.5\r\n"


@pytest.mark.parametrize(
    ("sent", "read"), [("5", 5), ("-1", 0), ("99", 10), ("nan", 3), ("inf", 3), ("", 3), ("x", 3), ("1e400", 3)]
)
def test_a_slider_reads_numbers_within_its_bounds(sent, read):
    assert kit.slider("size", "Size", 0, 10, start=3).read(sent) == read


def test_a_logarithmic_slider_shows_its_value_and_moves_on_its_own_scale():
    html = kit.slider("a", "A", 0.1, 1000, start=10, logarithmic=True, decimals=1).html(10.0)
    assert "min='-1' max='3'" in html
    assert "value='1'" in html
    assert ">10.0</output>" in html


def test_a_slider_that_cannot_start_and_a_choice_of_nothing_are_refused():
    with pytest.raises(InputError, match="cannot start"):
        kit.slider("a", "A", 0, 1, start=2)
    with pytest.raises(InputError, match="no options"):
        kit.choice("a", "A", {})


def test_controls_start_with_the_values_of_the_address():
    shown = kit.live(
        lambda size, colour: kit.prose(f"{size:g} {colour}"),
        [kit.slider("size", "Size", 0, 10, start=3), kit.choice("colour", "Colour", {"r": "Red", "b": "Blue"})],
        request=kit.Request({"size": "7", "colour": "b", "else": "x"}),
    )
    assert "7 b" in shown.html


@pytest.mark.parametrize("asked", [None, [], "x", {}, {"panel": 5}, {"panel": "gone", "values": 3}])
def test_whatever_a_page_sends_it_is_answered(asked):
    assert _answer(asked)["gone"]


def test_an_answer_is_drawn_from_valid_values_only():
    _panels["test"] = _Panel(lambda size: kit.prose(f"size {size:g}"), [kit.slider("size", "Size", 0, 10, start=3)])
    try:
        for values, size in (({"size": "8"}, 8), ({"size": ["8"]}, 3), (["size"], 3), ({"other": 1}, 3)):
            assert f"size {size}" in _answer({"panel": "test", "values": values})["html"]
    finally:
        del _panels["test"]
