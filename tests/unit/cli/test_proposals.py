"""Proposals and fills on the command line: listed, shown, verified, imported; never decided."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from foliohub.config import Settings
from foliohub.ledger import Draft, Ledger, Order
from foliohub.ledger.verdicts import Most, judge
from foliohub.runs.opening import open_ledger, open_store

HEADER = "fill_id,proposal,traded_on,ticker,side,shares,price,cost\n"
ID = "sample.2022-12-28.1"


@pytest.fixture
def ledger(command, tmp_path) -> Ledger:
    """The ledger the commands work on, with one proposal in it."""
    ledger = open_ledger(Settings(home=tmp_path / "state"), "sample")
    weights = {"weight_before": 0.0, "target_weight": 0.05, "weight_after": 0.0502}
    buy = Order(ticker="AAPL", side="buy", shares=40, price=125.5, value=5020.0, estimated_cost=2.51, **weights)
    now = datetime.now(UTC)
    draft = Draft(
        portfolio="sample",
        universe="sample",
        as_of=date(2022, 12, 28),
        created_at=now,
        expires_at=now + timedelta(hours=1),
        author="job:daily-rebalance",
        run_id="daily-rebalance.2022-12-28.1",
        target={"AAPL": 0.005},
        orders=(buy,),
        holdings_before={},
        holdings_after={"AAPL": 40},
        prices={"AAPL": 125.5},
        cash_before=1_000_000.0,
        cash_after=994_977.49,
        wealth=1_000_000.0,
        expected_cost=2.51,
        turnover=0.00251,
        prices_until=date(2022, 12, 28),
        verdicts=(judge("turnover", 0.4, Most(warn=0.3), "fraction"),),
    )
    ledger.propose(draft)
    return ledger


def approve(ledger: Ledger) -> None:
    ledger.approve(ID, by="maria", reason="In [bold]line[/].")


def test_where_there_are_none_the_way_to_one_is_told(command):
    code, said = command("proposals", "list")
    assert code == 0
    assert "foliohub run daily-rebalance" in said
    code, said = command("proposals", "verify")
    assert (code, said.count("nothing written yet")) == (0, 2)


def test_the_list_shows_status_limits_and_people(command, ledger):
    approve(ledger)
    code, said = command("proposals", "list", "--portfolio", "sample")
    assert code == 0
    assert [word for word in (ID, "approved", "1 warn", "job:daily-rebalance", "maria") if word not in said] == []


def test_a_proposal_is_shown_whole(command, ledger):
    code, said = command("proposals", "show", ID)
    assert code == 0
    for shown in ("proposed", "expires", "Turnover: 40.00%; more than 30% warns", "AAPL", ledger.proposal(ID).hash):
        assert shown in said
    approve(ledger)
    _, said = command("proposals", "show", ID)
    assert "by maria on" in said
    assert "In [bold]line[/]." in said
    code, said = command("proposals", "show", ID, "--json")
    assert json.loads(said) == ledger.proposal(ID).model_dump(mode="json")


@pytest.mark.parametrize("identifier", ["sample.2022-12-28.9", "nowhere.1", "../x", ""])
def test_an_unknown_proposal_is_one_clear_message(command, ledger, identifier):
    code, said = command("proposals", "show", identifier)
    assert code == 1
    assert "There is no" in said
    assert "Traceback" not in said


def test_verifying_names_the_last_hash_and_takes_one_noted_before(command, ledger):
    first = ledger.version
    code, said = command("proposals", "verify")
    assert code == 0
    assert f"sample: 2 links, unbroken; the last is {first}" in said
    approve(ledger)
    assert command("proposals", "verify", "--portfolio", "sample", "--head", first)[0] == 0
    code, said = command("proposals", "verify", "--portfolio", "sample", "--head", "0" * 64)
    assert code == 1
    assert "no link with the hash" in said
    assert command("proposals", "verify", "--head", first)[0] == 1


def test_verifying_names_a_link_that_was_changed(command, ledger, tmp_path):
    store = open_store(Settings(home=tmp_path / "state"))
    link = store.read_document("ledger/sample/00000002")
    link["body"]["author"] = "nobody"
    store.write_document("ledger/sample/00000002", link)
    code, said = command("proposals", "verify")
    assert code == 1
    assert "broken at link 2" in said


def test_nothing_is_decided_on_the_command_line(command, ledger):
    for decision in ("approve", "reject"):
        assert command("proposals", decision, ID)[0] == 2


def test_fills_are_imported_once_and_slippage_is_told(command, ledger, tmp_path):
    approve(ledger)
    file = tmp_path / "fills.csv"
    file.write_text(f"{HEADER}X1,{ID},2022-12-29,AAPL,buy,30,126.0,1.9\n")
    code, said = command("fills", "import", str(file))
    assert code == 0
    assert "1 fill imported." in said
    assert "slippage +15.00 (+39.8 bp); 1 order is not filled in full" in said
    assert "996,218.10 USD in cash" in said
    code, said = command("fills", "import", str(file))
    assert code == 0
    assert "imported before" in said
    assert ledger.holdings().shares.to_dict() == {"AAPL": 30}
    assert "39.84" in command("proposals", "show", ID)[1]


def test_who_imports_is_kept(command, ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("FOLIOHUB_STARTED_BY", "olga")
    file = tmp_path / "fills.csv"
    file.write_text(f"{HEADER}X1,,2022-12-29,AAPL,buy,30,126.0,1.9\n")
    assert command("fills", "import", str(file))[0] == 0
    assert ledger.events()[-1].by == "olga"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "no text in UTF-8"),
        (f"{HEADER}X1,,2022-12-29,AAPL,buy,many,1,0".encode(), "fills.csv, line 2: shares is 'many'"),
        (f"{HEADER}X1,{ID},2022-12-29,AAPL,buy,1,1,0".encode(), "which is proposed"),
    ],
)
def test_a_bad_file_is_one_clear_message_and_imports_nothing(command, ledger, tmp_path, content, said):
    file = tmp_path / "fills.csv"
    file.write_bytes(content)
    code, told = command("fills", "import", str(file))
    assert code == 1
    assert said in told
    assert ledger.fills() == []


def test_a_file_that_is_not_there_is_named(command, ledger, tmp_path):
    code, said = command("fills", "import", str(tmp_path / "none.csv"))
    assert code == 1
    assert "none.csv" in said
    assert "Traceback" not in said
