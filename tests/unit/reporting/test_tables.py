"""Tables, key figures and notices: aligned, escaped, with numbers a reader can trust."""

import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.errors import InputError
from foliohub.reporting import KeyFigure, key_figures, notice, table
from foliohub.reporting.formats import FORMATS, fixed, percent


class Reader(HTMLParser):
    """Checks that tags nest, and gathers tags and text."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(markup)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("percent", 0.12345, "12.3%"),
        ("percent", -0.02, "−2.0%"),
        ("percent2", 0.00126, "0.13%"),
        ("signed_percent", 0.05, "+5.0%"),
        ("signed_percent", -0.0000001, "0.0%"),
        ("bps", 0.00123, "12.3 bp"),
        ("currency", 1234567.8, "1,234,568"),
        ("currency", -1234.4, "−1,234"),
        ("integer", 8313, "8,313"),
        ("number2", 0.666, "0.67"),
        ("number2", float("nan"), "–"),
        ("number2", None, "–"),
        ("integer", pd.NA, "–"),
        ("text", "a", "a"),
        ("text", None, "–"),
        ("date", pd.Timestamp("2022-12-28"), "2022-12-28"),
        ("date", pd.NaT, "–"),
    ],
)
def test_numbers_are_written_one_way(form, value, text):
    assert FORMATS[form](value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 4))
def test_what_is_written_reads_back_as_the_rounded_number(value, digits):
    text = fixed(value, digits)
    assert float(text.replace("−", "-").replace(",", "")) == pytest.approx(round(value, digits), rel=1e-12)
    assert not text.startswith("−0.") or any(digit in text for digit in "123456789")


def test_percent_of_nothing_is_a_dash():
    assert percent(math.nan) == "–"


FRAME = pd.DataFrame(
    {"weight": [0.25, -0.05, np.nan], "cost": [1234.5, 0.0, -7.0], "name": ["x", "<script>alert(1)</script>", None]},
    index=pd.Index(["A", "<i>B</i>", "C&D"], name="ticker"),
)


def test_everything_from_data_is_escaped():
    markup = table(FRAME, caption="<b>Caption</b>", labels={"cost": "<u>Cost</u>"}).html
    reader = Reader(markup)
    assert set(reader.tags) == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert "<script>alert(1)</script>" in reader.text


def test_numbers_are_right_aligned_and_negative_ones_coloured():
    markup = table(FRAME, formats={"weight": "percent", "cost": "currency"}).html
    assert "<td class='fh-number fh-negative'>−5.0%</td>" in markup
    assert "<td class='fh-number'>1,234</td>" in markup
    assert "<td>x</td>" in markup


def test_types_choose_their_own_format():
    frame = pd.DataFrame({"n": [1200], "x": [0.5], "when": [pd.Timestamp("2022-12-28")], "ok": [True]})
    markup = table(frame).html
    assert all(f">{text}<" in markup for text in ("1,200", "0.50", "2022-12-28", "True"))


def test_the_best_is_emphasised_and_nan_never_wins():
    frame = pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [2.0, 1.0, np.nan]}, index=list("xyz"))
    markup = table(frame, best={"a": "high", "b": "low"}).html
    assert markup.count("fh-best") == 2
    assert "fh-best'>3.00" in markup
    assert "fh-best'>1.00" in markup


def test_there_is_no_best_of_one():
    assert "fh-best" not in table(pd.DataFrame({"a": [1.0, np.nan]}), best={"a": "high"}).html


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(InputError, match="percent"):
        table(FRAME, formats={"weight": "permille"})


def test_an_empty_frame_gives_words():
    assert "Nothing to show." in table(pd.DataFrame()).html
    assert "fh-empty" in table(FRAME.iloc[:0], empty="No <rows>").html
    assert "No &lt;rows&gt;" in table(FRAME.iloc[:0], empty="No <rows>").html


def test_duplicate_columns_do_not_confuse():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert ">1<" in table(frame).html
    assert ">2<" in table(frame).html


def test_notebooks_get_the_style_with_the_table():
    shown = table(FRAME)._repr_html_()
    assert shown.startswith("<style>")
    assert "tabular-nums" in shown
    assert shown.endswith(table(FRAME).html)


def test_key_figures_take_objects_mappings_and_tuples():
    one = KeyFigure("Orders", 12, unit="<USD>", delta="+1", note="n", tone="good")
    markup = key_figures([one, {"label": "Sharpe", "value": 0.875}, ("Cost", "1 bp")]).html
    reader = Reader(markup)
    assert {"Orders", "12", "<USD>", "+1", "Sharpe", "0.88", "Cost", "1 bp"} <= set(reader.text)
    assert "fh-delta fh-good" in markup


def test_a_key_figure_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="label"):
        key_figures([{"lable": "x"}])


def test_no_key_figures_take_no_room():
    assert key_figures([]).html == ""


def test_a_notice_is_one_of_four_kinds():
    assert "fh-warning" in notice("careful", kind="warning").html
    assert "&lt;b&gt;" in notice("<b>").html
    with pytest.raises(InputError, match="failure"):
        notice("x", kind="loud")


def test_the_dot_of_a_model_has_a_colour_for_either_paper():
    html = table(pd.DataFrame({"mae": [0.1]}, index=["EWMA"]), colours={"EWMA": "#00446B"}).html
    assert "style='--on-light:#00446B;--on-dark:#4C9CD3'" in html
