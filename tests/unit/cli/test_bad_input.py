"""What a user can get wrong ends in one clear message with a remedy and exit code 1, never in a traceback."""

from __future__ import annotations

import sys

import pytest

from foliohub import cli


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Call the command line in this process: gives exit code and what was said."""
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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "daily-breakfast"], ["daily-breakfast", "daily-forecast"]),
        (["run", "daily-forecast", "--as-of", "2022-12-24"], ["Saturday", "2022-12-23"]),
        (["run", "daily-forecast", "--as-of", "2034-06-01"], ["not closed"]),
        (["run", "daily-forecast", "--as-of", "1970-01-02"], ["1970-01-02", "outside"]),
        (["run", "daily-forecast", "--as-of", "next tuesday"], ["next tuesday", "YYYY-MM-DD"]),
        (["run", "daily-forecast", "-p", "horizon=5"], ["horizon", "horizons"]),
        (["run", "daily-forecast", "-p", "seed=x"], ["seed", "'x'", "int"]),
        (["run", "daily-forecast", "-p", "seed"], ["key=value"]),
        (["run", "daily-forecast", "-p", "universe=mars"], ["mars", "sample"]),
        (["run", "daily-forecast", "--as-of", "2022-12-28"], ["daily-ingest", "foliohub cycle"]),
        (["cycle", "--include", "hourly"], ["hourly", "weekly"]),
        (["cycle", "--as-of", "2022-13-45"], ["2022-13-45"]),
        (["summary"], ["Run `foliohub"]),
        (["summary", "--as-of", "2022-12-28"], ["foliohub cycle"]),
        (["quality"], ["foliohub ingest"]),
        (["quality", "--universe", "mars"], ["mars", "sample"]),
        (["ingest", "--universe", "mars"], ["mars", "sample"]),
        (["ingest", "--source", "bloomberg"], ["bloomberg", "yahoo"]),
        (["ingest", "--source", "csv"], ["path"]),
        (["ingest", "--source", "csv", "--path", "/nowhere/at/all"], ["/nowhere/at/all"]),
        (["ingest", "--source", "alpha_vantage"], ["ALPHAVANTAGE_API_KEY"]),
        (["ingest", "--as-of", "2022-12-25"], ["Sunday"]),
        (["ingest", "--as-of", "1985-01-02"], ["1985-01-02"]),
        (["runs", "show", "daily-forecast.2022-12-28.1"], ["no run", "runs list"]),
        (["runs", "reproduce", "x"], ["no run 'x'"]),
        (["universe", "show", "mars"], ["mars", "av30"]),
        (["store", "versions", "raw/mars"], ["raw/mars"]),
        (["check-look-ahead", "nonsense"], ["module:function"]),
        (["check-look-ahead", "no.such.module:f"], ["no.such.module"]),
    ],
    ids=" ".join,
)
def test_a_mistake_is_told_with_its_remedy(command, arguments, words):
    code, said = command(*arguments)
    assert code == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run"], ["run", "daily-forecast", "--fast"], ["runs", "list", "--last", "0"]]
)
def test_what_the_command_line_cannot_parse_is_exit_code_2(command, arguments):
    code, said = command(*arguments)
    assert code == 2
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FOLIOHUB_MINIMUM_UNIVERSE", "most", ["FOLIOHUB_MINIMUM_UNIVERSE"]),
        ("FOLIOHUB_MINIMUM_UNIVERSE", "1.5", ["FOLIOHUB_MINIMUM_UNIVERSE", "less than or equal to 1"]),
        ("FOLIOHUB_STORE", "ftp://prices", ["ftp"]),
        ("FOLIOHUB_PROJECT", "/nowhere", ["no job files", "FOLIOHUB_PROJECT"]),
    ],
)
def test_a_wrong_setting_names_its_variable(command, monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    code, said = command("cycle")
    assert code == 1, said
    for word in words:
        assert word in said


def test_a_state_folder_that_cannot_be_made_is_named(command, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("FOLIOHUB_HOME", str(blocked / "state"))
    code, said = command("ingest")
    assert code == 1, said
    assert str(blocked) in said
    assert "Traceback" not in said


def test_a_broken_job_file_stops_everything_before_it_starts(command, monkeypatch, tmp_path):
    for folder in ("jobs", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "jobs" / "bad.yaml").write_text("name: bad\ncolour: red\n")
    monkeypatch.setenv("FOLIOHUB_PROJECT", str(tmp_path))
    code, said = command("cycle")
    assert code == 1
    assert "bad.yaml" in said
