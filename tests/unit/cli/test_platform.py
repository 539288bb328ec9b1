"""`foliohub up` opens a browser where there is a screen to show one on, and says so where there is none."""

from __future__ import annotations

import sys
import webbrowser

import pytest

from hub.supervisor.state import Process, State, StateFile

URL = "http://127.0.0.1:8123/"
NONE = "There is no browser here: open the address in yours."


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """A platform that runs already, on a Linux without a screen; what the browser was asked to open."""
    asked: list[str] = []
    state = State(
        phase="running",
        url=URL,
        api_url=URL,
        started="2022-12-28T22:00:00+00:00",
        supervisor=Process(pid=1, created=0.0),
        parts={},
    )
    monkeypatch.setattr(StateFile, "running", lambda _: state)
    monkeypatch.setattr(webbrowser, "open", lambda url: asked.append(url) is None)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return asked


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_screen_the_address_is_opened(command, opened, monkeypatch, variable):
    monkeypatch.setenv(variable, ":0")
    code, said = command("up")
    assert code == 0
    assert opened == [URL]
    assert f"The platform is running already: {URL}" in said
    assert NONE not in said


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_systems_that_always_have_a_screen_need_no_variable(command, opened, monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    assert command("up")[0] == 0
    assert opened == [URL]


def test_without_a_screen_no_browser_is_asked_and_that_is_said(command, opened):
    code, said = command("up")
    assert code == 0
    assert opened == []
    assert NONE in said


def test_a_screen_without_a_browser_is_said(command, opened, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    assert NONE in command("up")[1]


def test_no_browser_is_opened_where_none_is_wanted(command, opened, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    code, said = command("up", "--no-browser")
    assert code == 0
    assert opened == []
    assert URL in said
    assert NONE not in said
