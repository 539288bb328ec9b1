"""A notebook says how far its work is, and leaves nothing behind."""

from __future__ import annotations

from types import SimpleNamespace

import IPython
import pytest
from IPython import display as ipython_display

from foliohub.runs.progress_line import progress_line


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show, one entry for each change."""
    lines: list[str] = []
    handle = SimpleNamespace(update=lambda html: lines.append(html.data))

    def display(html, display_id):
        assert display_id
        lines.append(html.data)
        return handle

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(ipython_display, "display", display)
    return lines


def ask(seconds_each: float, tickers: tuple[str, ...] = ("AAPL", "BAC", "<b>", "XOM")) -> None:
    times = iter(k * seconds_each for k in range(len(tickers) + 1))
    with progress_line("Asking yahoo for", clock=lambda: next(times)) as tell:
        for done, ticker in enumerate(tickers):
            tell(done, len(tickers), ticker)


def test_it_says_how_far_it_is_and_is_gone_in_the_end(shown):
    ask(1.5)
    assert [line.partition("</progress> ")[2] for line in shown] == [
        "1 of 4: Asking yahoo for BAC</div>",
        "2 of 4: Asking yahoo for &lt;b&gt;</div>",
        "3 of 4: Asking yahoo for XOM</div>",
        "",
    ]
    assert shown[-1] == ""


def test_work_without_names_is_counted(shown):
    times = iter((0, 3))
    with progress_line("steps of training", clock=lambda: next(times)) as tell:
        tell(2048, 102_400)
    assert shown[0].endswith("2,048 of 102,400: steps of training</div>")


def test_it_changes_no_oftener_than_one_can_read(shown):
    ask(0.1, tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assert len(shown) == 4


def test_what_is_quick_shows_nothing(shown):
    ask(0.4)
    assert shown == []


def test_outside_a_notebook_nothing_is_shown(shown, monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    ask(1.5)
    assert shown == []
