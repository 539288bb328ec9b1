"""Universes are read strictly, and what is wrong with a file is said in one sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from foliohub.data.sample import SampleSource
from foliohub.data.universe import Member, Universe, load_universe, universe_names
from foliohub.errors import ConfigurationError

REPOSITORY = Path(__file__).parents[3]
DOWNLOADED = REPOSITORY / "../shared/data/alphavantage"

GOOD = "name: own\ntitle: Mine\nsource: csv\nmembers: [AA, BB]\n"


def write(folder: Path, text: str, name: str = "own") -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_universes_are_good() -> None:
    assert universe_names() == ("av30", "sample")
    sample, av30 = load_universe("sample"), load_universe("av30")
    assert (len(sample.members), sample.benchmark, sample.source) == (20, "SP500", "sample")
    assert (len(av30.members), av30.benchmark, av30.source) == (30, None, "csv")
    assert {*sample.tickers, sample.benchmark} == set(SampleSource.tickers())


def test_members_belong_between_entry_and_exit() -> None:
    universe = Universe(
        name="own",
        title="Mine",
        source="csv",
        members=(
            Member(ticker="ALWAYS"),
            Member(ticker="LATE", entry=date(2020, 4, 3)),
            Member(ticker="GONE", exit=date(2020, 4, 3)),
        ),
    )
    assert universe.tickers == ("ALWAYS", "LATE", "GONE")
    assert universe.tickers_at("2020-04-02") == ("ALWAYS", "GONE")
    assert universe.tickers_at(date(2020, 4, 3)) == ("ALWAYS", "LATE", "GONE")
    assert universe.tickers_at(pd.Timestamp("2020-04-06")) == ("ALWAYS", "LATE")


def test_av30_grows_with_its_listings() -> None:
    universe = load_universe("av30")
    assert "CARR" not in universe.tickers_at("2020-04-02")
    assert "CARR" in universe.tickers_at("2020-04-03")
    assert "ANTM" not in universe.tickers_at("2001-10-29"), "these rows of the vendor's belong to another company"
    assert "ANTM" in universe.tickers_at("2001-10-30")
    assert len(universe.tickers_at("1999-11-01")) == 30 - 7
    assert universe.tickers_at("2021-04-20") == universe.tickers


@pytest.mark.shared
@pytest.mark.skipif(not DOWNLOADED.is_dir(), reason="the downloaded market data are not here")
def test_no_entry_of_av30_lies_before_its_data() -> None:
    for member in load_universe("av30").members:
        first = (DOWNLOADED / f"{member.ticker}.csv").read_text().splitlines()[1][:10]
        if first[0].isdigit():
            entry = member.entry or date(1999, 11, 1)
            assert date.fromisoformat(first) <= entry, member


def test_own_folders_come_before_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("own", "sample"), "sample")
    assert universe_names([tmp_path]) == ("av30", "own", "sample")
    assert load_universe("own", [tmp_path]).tickers == ("AA", "BB")
    assert load_universe("sample", [tmp_path]).title == "Mine"
    assert load_universe("sample").title != "Mine"


@pytest.mark.parametrize("name", ["nope", "", "../universes/sample", "sample.yaml"])
def test_an_unknown_universe_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no universe .*There are av30, sample"):
        load_universe(name)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "own.yaml holds "),
        ("- AA\n", "own.yaml holds "),
        ("name: [", "is no YAML file"),
        ("name: own\ntitle: Mine\nsource: csv\n", "members: Field required"),
        (GOOD + "colour: red\n", r"colour: Extra inputs .*Known are name, title"),
        (GOOD + "title: Again\n", "'title' stands twice"),
        (GOOD.replace("BB", "AA"), "AA is a member more than once"),
        (GOOD.replace("[AA, BB]", "[AA]"), "members: Tuple should have at least 2 items.*two members at the least"),
        (GOOD.replace("[AA, BB]", "AA"), r"members: .*tuple"),
        (GOOD.replace("BB", "ON"), r"received True.*put the ticker in quotes"),
        (GOOD.replace("BB", "../x"), r"members\.1\.ticker.*received '\.\./x'.*as in BF\.B"),
        (GOOD + "benchmark: S&P\n", r"benchmark: .*received 'S&P'.*as in BF\.B"),
        (GOOD.replace("BB", "{ticker: BB, since: 2020-01-01}"), r"members\.1\.since: Extra inputs"),
        (GOOD.replace("BB", "{ticker: BB, entry: soon}"), r"members\.1\.entry: .*date"),
        (GOOD.replace("BB", "{ticker: BB, entry: 2020-02-01, exit: 2020-01-01}"), "leaves on 2020-01-01, before"),
        (GOOD + "benchmark: AA\n", "AA is the benchmark and a member"),
        (GOOD + "calendar: XXXX\n", "no calendar 'XXXX'"),
        (GOOD.replace("name: own", "name: other"), "names its universe 'other'"),
        (GOOD.replace("name: own", "name: a/b"), "name: "),
        ("\ufffe".encode("utf-16").decode("latin-1"), "own.yaml"),
    ],
)
def test_a_wrong_file_is_answered_with_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        load_universe("own", [write(tmp_path, text)])
    assert caught.value.remedy


def test_tickers_of_all_kinds_are_taken(tmp_path: Path) -> None:
    tickers = ("BF.B", "BRK-B", "^GSPC", "EURUSD=X", "0005.HK", "MSCI_WORLD")
    text = GOOD.replace("[AA, BB]", "[" + ", ".join(f"'{ticker}'" for ticker in tickers) + "]")
    assert load_universe("own", [write(tmp_path, text)]).tickers == tickers
