"""`foliohub champions`: who is champion, since when, and what the others lacked."""

from __future__ import annotations

import re

from foliohub.config import load_settings
from tests.unit.backtest.test_champion import history
from tests.unit.runs.test_champions import MONDAY, TUESDAY, play


def test_before_any_challenge_the_first_champion_is_named(command):
    assert command("champions", "list") == (0, "Nobody has challenged mean on sample yet: its forecasts count.\n")


def test_each_decision_is_listed_with_its_run_and_shown_with_its_numbers(command):
    settings = load_settings()
    play(settings, MONDAY, history(models={"mean": 0.0, "bad": -1.0}))
    play(settings, TUESDAY, history())
    code, said = command("champions", "list")
    assert code == 0
    newest, oldest = said.splitlines()[1:3]
    assert re.search(r"2022-12-20 +good +mean +good, skill \+\d\d\.\d% +weekly\.2022-12-20\.1", newest)
    assert re.search(r"2022-12-19 +mean +mean +bad, skill -", oldest)
    code, said = command("champions", "show")
    lines = {line.split()[0]: line for line in said.splitlines() if line.strip()}  # a narrow window breaks some of them
    assert re.search(r" 0\.000 +yes +–", lines["good"])
    assert re.search(r" – +yes| – +no", lines["mean"])
    assert "p below 0.05 and better, skill above 0.0%" in " ".join(said.split())
    assert "good" not in command("champions", "show", "--as-of", "2022-12-19")[1]
    code, said = command("champions", "show", "--as-of", "2022-12-21")
    assert (code, "There are some for 2022-12-19, 2022-12-20" in said) == (1, True)
