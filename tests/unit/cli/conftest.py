"""The command line, called in this process, with a state folder of its own."""

from __future__ import annotations

import sys

import pytest

from foliohub import cli


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Call the command line: gives exit code and what was said."""
    monkeypatch.setenv("FOLIOHUB_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("ALPHAVANTAGE_API_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["foliohub", *arguments])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call
