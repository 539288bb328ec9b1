"""What a user can get wrong ends in one clear message with a remedy and exit code 1, never in a traceback."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st


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
        (["run", "daily-forecast", "-p", "seed=2022-13-45"], ["seed=2022-13-45", "cannot be read"]),
        (["run", "daily-forecast", "-p", "seed=" + "9" * 5000], ["seed=999", "cannot be read"]),
        (["run", "daily-forecast", "-p", "horizons=" + "[" * 3000], ["horizons=[", "cannot be read"]),
        (["run", "daily-forecast", "-p", "horizons=[2022-01-03]"], ["horizons", "datetime.date(2022, 1, 3)", "quotes"]),
        (["run", "daily-forecast", "-p", "horizons=[.nan]"], ["horizons", "nan", "finite"]),
        (["run", "daily-forecast", "-p", "universe=mars"], ["mars", "sample"]),
        (["run", "daily-forecast", "--as-of", "2022-12-28"], ["daily-ingest", "foliohub cycle"]),
        (["cycle", "--include", "hourly"], ["hourly", "weekly"]),
        (["cycle", "--as-of", "2022-13-45"], ["2022-13-45"]),
        (["summary"], ["Run `foliohub"]),
        (["summary", "--as-of", "2022-12-28"], ["foliohub cycle"]),
        (["quality"], ["`foliohub ingest --universe sample --source sample`"]),
        (
            ["quality", "--universe", "av30"],
            ["av30 yet", "`foliohub ingest --universe av30 --source csv --path FOLDER`"],
        ),
        (["summary", "--universe", "av30"], ["av30 yet", "--source csv --path FOLDER"]),
        (["check-look-ahead", "os:getcwd", "--universe", "av30"], ["av30 yet", "--source csv --path FOLDER"]),
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
        (["runs", "show", ""], ["cannot name"]),
        (["runs", "show", "../../etc/passwd"], ["../../etc/passwd", "cannot name"]),
        (["runs", "list", "--as-of", "yesterday week"], ["yesterday week", "YYYY-MM-DD"]),
        (["universe", "show", "mars"], ["mars", "av30"]),
        (["store", "versions", "raw/mars"], ["raw/mars"]),
        (["check-look-ahead", "nonsense"], ["module:function"]),
        (["check-look-ahead", "no.such.module:f"], ["no.such.module"]),
        (["check-look-ahead", ":f"], ["':f'", "module:function"]),
        (["check-look-ahead", ".sibling:f"], ["'.sibling:f'", "module:function"]),
        (["check-look-ahead", "pathlib:nothing"], ["pathlib", "'nothing'"]),
        (["check-look-ahead", "os:path"], ["os:path is a module", "function"]),
    ],
    ids=lambda value: " ".join(value)[:60],
)
def test_a_mistake_is_told_with_its_remedy(command, arguments, words):
    code, said = command(*arguments)
    assert code == 1, said
    assert "Traceback" not in said
    for word in words:
        assert word in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["run"],
        ["run", "daily-forecast", "--fast"],
        ["runs", "list", "--last", "0"],
        ["check-look-ahead", "os:getcwd", "--seed", "-1"],
    ],
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
        ("FOLIOHUB_HOME", "~nobody-of-that-name/state", ["FOLIOHUB_HOME", "~nobody-of-that-name"]),
        ("FOLIOHUB_UNIVERSES", "/nowhere", ["FOLIOHUB_UNIVERSES", "/nowhere"]),
        ("FOLIOHUB_PINS", "/nowhere.json", ["FOLIOHUB_PINS", "/nowhere.json"]),
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


ANYTHING = st.text(st.characters(exclude_characters="\0"), max_size=30).filter(lambda text: not text.startswith("-"))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
@example("\udcff")
@example("[bold]2022[/]")
@example("seed=!!python/object:os.system ls")
@example("seed: &a [*a]")
def test_no_text_whatever_gives_a_traceback(command, text):
    """Exit codes 1 and 2 are ours; anything that is not foreseen would come out of `command` as an exception."""
    for arguments in (
        ["run", text],
        ["run", "daily-forecast", "--as-of", f"x{text}"],
        ["run", "daily-forecast", "--as-of", "2022-12-28", "-p", text],
        ["run", "daily-forecast", "--as-of", "2022-12-28", "-p", f"seed={text}x"],
        ["ingest", "--universe", f"no{text}"],
        ["runs", "show", text],
        ["store", "versions", text],
        ["check-look-ahead", text],
    ):
        code, said = command(*arguments)
        assert code in (1, 2), (arguments, said)
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("def f(prices:", ["SyntaxError", "line 1"]),
        ("1 / 0", ["ZeroDivisionError", "line 1"]),
        ("import sys; sys.exit(3)", ["SystemExit"]),
        ("import not_there_at_all", ["not_there_at_all"]),
    ],
)
def test_a_module_that_breaks_when_imported_says_where(command, monkeypatch, tmp_path, content, words):
    monkeypatch.chdir(tmp_path)
    name = f"users_{abs(hash(content))}"
    (tmp_path / f"{name}.py").write_text(content)
    code, said = command("check-look-ahead", f"{name}:f")
    assert code == 1
    for word in [name, *words]:
        assert word in said


@pytest.mark.slow
def test_a_users_function_is_told_from_its_answers(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users_signals.py").write_text(
        "def causal(prices): return prices.pct_change().rolling(5).mean()\n"
        "def leaking(prices): return prices.pct_change().shift(-1)\n"
        "def broken(prices): return 1 / 0\n"
        "def of_two(prices, volumes): return prices\n"
    )
    assert command("ingest", "--as-of", "1993-01-04")[0] == 0
    assert command("check-look-ahead", "users_signals:causal")[0] == 0
    code, said = command("check-look-ahead", "users_signals:leaking")
    assert (code, "depending on what comes after" in said) == (1, True)
    for name, words in (("broken", ["division by zero", "line 3"]), ("of_two", ["volumes", "one frame of prices"])):
        code, said = command("check-look-ahead", f"users_signals:{name}")
        assert code == 1
        for word in words:
            assert word in said
