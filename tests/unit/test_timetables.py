"""Timetables are laid out once and read back the same; nothing kept is believed that may be wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import exchange_calendars
import pandas as pd
import pytest

from foliohub import timetables
from foliohub.timetables import timetable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in place of the package's own, and nothing remembered."""
    monkeypatch.setattr(timetables, "_FOLDER", tmp_path / "kept")
    timetable.cache_clear()
    yield tmp_path / "kept"
    timetable.cache_clear()


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The exchanges whose timetables were laid out, in order."""
    names: list[str] = []
    calendar = timetables._calendar
    monkeypatch.setattr(timetables, "_calendar", lambda name: [names.append(name), calendar(name)][1])
    return names


def again(name: str) -> pd.DataFrame:
    timetable.cache_clear()
    return timetable(name)


@pytest.mark.parametrize("name", ["XNYS", "XHKG"])
def test_what_is_read_back_is_the_exchanges_schedule(folder, laid_out, name):
    first, second = again(name), again(name)
    assert laid_out == [name]
    pd.testing.assert_frame_equal(first, second)
    schedule = exchange_calendars.get_calendar(name, start="2018-01-02", end="2020-12-31").schedule
    pd.testing.assert_frame_equal(
        second.loc["2018":"2020", schedule.columns],
        schedule.astype("datetime64[ns, UTC]"),
        check_freq=False,
        check_names=False,
        check_index_type=False,
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_what_cannot_be_read_is_laid_out_again(folder, laid_out, content):
    first = again("XNYS")
    (file,) = folder.iterdir()
    file.write_bytes(content)
    pd.testing.assert_frame_equal(again("XNYS"), first)
    assert laid_out == ["XNYS", "XNYS"]
    assert again("XNYS").equals(first)
    assert laid_out == ["XNYS", "XNYS"], "it was kept anew"


def test_other_rules_for_the_clocks_lay_it_out_again(folder, laid_out, monkeypatch):
    class Summer(timetables.ZoneInfo):
        def utcoffset(self, day):
            return timedelta(hours=-4)

    again("XNYS")
    monkeypatch.setattr(timetables, "ZoneInfo", Summer)
    again("XNYS")
    assert laid_out == ["XNYS", "XNYS"]


def test_a_folder_that_cannot_be_written_is_done_without(folder, laid_out):
    folder.write_text("a file in its place")
    assert again("XNYS").equals(again("XNYS"))
    assert laid_out == ["XNYS", "XNYS"]


def test_a_name_leads_to_no_other_folder(folder, laid_out):
    assert len(again("24/7")) > 20_000
    assert not folder.exists()


def test_other_processes_lay_out_nothing():
    timetable("XNYS")
    code = (
        "import sys; from foliohub.calendars import session_close; session_close('2019-07-03'); "
        "sys.exit('exchange_calendars' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
