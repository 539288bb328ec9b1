"""What the commands about data say."""

from __future__ import annotations

import io
from collections.abc import Callable

import pandas as pd
import pytest
from rich.console import Console

from foliohub.cli import console
from foliohub.cli.data import show_ingest
from foliohub.data.ingest_report import IngestReport, TickerReport
from foliohub.errors import UnknownTickerError, VendorUnavailableError

Said = Callable[[], str]
DAY = pd.Timestamp("2020-01-15")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What was printed, on a terminal 80 columns wide."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "console", Console(file=screen, width=80, force_terminal=True, color_system=None))
    return screen.getvalue


def test_an_ingest_is_counted_by_what_came_of_each_ticker(said: Said) -> None:
    down = VendorUnavailableError("Not asked any more.", remedy="Wait.")
    failed = {"AA": UnknownTickerError("No AA."), "BB": down, "CC": down}
    outcomes = ["added", "updated", "unchanged", "not listed", "not stored"]
    tickers = [TickerReport(f"T{n}", status, n, DAY, DAY) for n, status in enumerate(outcomes)]
    tickers += [TickerReport(ticker, "failed", 0, DAY, DAY, str(error)) for ticker, error in failed.items()]
    show_ingest(IngestReport("small", "memory", DAY, tuple(tickers), None, None, failed), "small")
    assert "! 3 of 8 tickers of small stored up to 2020-01-15: 10 new rows" in said()
    assert "1 not listed yet, 1 not asked for: later sessions are stored, 3 failed" in said()
    assert "AA: No AA.\n" in said()
    assert "BB, CC: Not asked any more. Wait.\n" in said()


def test_each_ticker_is_named_while_it_is_asked_for(said: Said) -> None:
    with console.ticker_progress("Asking yahoo for") as tell:
        tell("AAPL", 0, 30)
        tell("BF.B", 7, 30)
    assert "Asking yahoo for BF.B" in said()
    assert "7/30" in said()


def test_the_sample_is_ingested_in_one_clear_line(command) -> None:
    code, words = command("ingest", "--as-of", "1990-03-01")
    assert code == 0
    assert words.startswith("✓ 21 of 21 tickers of sample stored up to 1990-03-01: ")
    assert words.count("\n") == 1, "nothing of the progress bar where there is no terminal"


def test_one_wrong_universe_file_hides_no_other(command, monkeypatch, tmp_path) -> None:
    good = "name: own\ntitle: Mine [really]\nsource: csv\nmembers: [AA, BB]\n"
    (tmp_path / "own.yaml").write_text(good)
    (tmp_path / "lone.yaml").write_text(good.replace("own", "lone").replace("[AA, BB]", "[AA]"))
    (tmp_path / "torn.yaml").write_text("name: [")
    monkeypatch.setenv("FOLIOHUB_UNIVERSES", str(tmp_path))
    code, words = command("universe", "list")
    assert code == 1
    for expected in ("av30", "sample", "Mine [really]", "lone.yaml: members: ", "two members", "torn.yaml"):
        assert expected in words
    (tmp_path / "lone.yaml").unlink()
    (tmp_path / "torn.yaml").unlink()
    assert command("universe", "list")[0] == 0
