"""Fills: read strictly, imported once, the only thing that changes holdings; and what trading cost."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from foliohub.errors import InputError, LedgerError, NotStoredError
from foliohub.ledger import FILL_COLUMNS, Fill, Proposal, read_fills

from .conftest import draft, fill

HEADER = ",".join(FILL_COLUMNS)
LINE = "X1,small.2022-12-28.1,2022-12-29,KO,buy,20,60.3,0.6"


@pytest.fixture
def approved(ledger) -> Proposal:
    made = ledger.propose(draft(now=datetime.now(UTC)))
    return ledger.approve(made.id, by="maria", reason="Fine.")


def holdings(ledger, at=None) -> tuple[dict[str, int], float]:
    held = ledger.holdings(at)
    return held.shares.to_dict(), held.cash


def test_a_file_is_read_whatever_the_order_of_its_columns():
    assert read_fills(f"{HEADER}\n{LINE}\n") == (fill(),)
    mixed = (
        "ticker,side,shares,price,cost,fill_id,proposal,traded_on\nKO,buy,20,60.3,0.6,X1,small.2022-12-28.1,2022-12-29"
    )
    assert read_fills(mixed) == (fill(),)


def test_a_byte_order_mark_blank_lines_and_quotes_are_no_matter():
    text = f'\ufeff{HEADER}\r\n\r\n"X1",small.2022-12-28.1, 2022-12-29 ,"KO",buy,20,60.3,0.6\r\n,,,,,,,\r\n'
    assert read_fills(text) == (fill(),)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LINE.replace("20,60.3", "20.5,60.3"), r"line 3: shares is '20.5'"),
        (LINE.replace("20,60.3", "1_0,60.3"), r"line 3: shares is '1_0'"),
        (LINE.replace("20,60.3", "-20,60.3"), r"line 3: shares is '-20'"),
        (LINE.replace("20,60.3", "0,60.3"), r"line 3: shares is '0'"),
        (LINE.replace("20,60.3", "٢٠,60.3"), "line 3: shares"),
        (LINE.replace("60.3", "0"), "line 3: price is '0'"),
        (LINE.replace("60.3", "nan"), "line 3: price is 'nan'"),
        (LINE.replace("60.3", "1e3"), "line 3: price is '1e3'"),
        (LINE.replace("60.3", "$60.3"), r"line 3: price is '\$60.3'"),
        (LINE.replace("60.3,0.6", "60.3,-1"), "line 3: cost is '-1'"),
        (LINE.replace("buy", "BUY"), "line 3: side is 'BUY'"),
        (LINE.replace("2022-12-29", "29.12.2022"), "line 3: traded_on is '29.12.2022'"),
        (LINE.replace("2022-12-29", "20221229"), "line 3: traded_on is '20221229'"),
        (LINE.replace("2022-12-29", "2022-02-30"), "line 3: traded_on is '2022-02-30'"),
        (LINE.replace("KO", "=KO"), "line 3: ticker is '=KO'"),
        (LINE.replace("X1", ""), "line 3: fill_id is ''"),
        (LINE.replace("X1", "X 1"), "line 3: fill_id is 'X 1'"),
        (LINE + ",more", "line 3: 9 values for 8 columns"),
        ("X1,small", "line 3: 2 values for 8 columns"),
        (LINE.replace("X1", "X0"), "line 3: fill_id 'X0' stands twice"),
        (LINE + '"', "line 3"),
    ],
)
def test_each_mistake_is_named_with_its_line(line, said):
    text = f"{HEADER}\n{LINE.replace('X1', 'X0')}\n{line}\n"
    with pytest.raises(InputError, match=said) as caught:
        read_fills(text, "fills.csv")
    assert "fills.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace(",cost", ""), "misses cost"),
        (HEADER + ",remark", "has 'remark'"),
        (HEADER + ",cost", "has a column twice"),
        (HEADER.replace("side", "Side"), "misses side"),
        (HEADER.replace(",", ";"), "misses fill_id"),
    ],
)
def test_another_header_is_named(header, said):
    with pytest.raises(InputError, match=f"line 1: the header {said}"):
        read_fills(f"{header}\n{LINE}\n")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_says_what_belongs_in_it(text):
    with pytest.raises(InputError, match=HEADER):
        read_fills(text)


def test_a_file_with_nothing_but_its_header_has_no_fills():
    assert read_fills(HEADER) == ()


def test_holdings_begin_with_the_opening(ledger):
    assert holdings(ledger) == ({"KO": 10}, 10_000.0)
    assert holdings(ledger, "1999-01-04") == ({"KO": 10}, 10_000.0)


def test_a_decision_changes_no_holdings_and_fills_do(ledger, approved):
    assert holdings(ledger) == ({"KO": 10}, 10_000.0)
    report = ledger.import_fills([fill()], by="otto")
    assert (len(report.imported), report.known, report.remarks) == (1, 0, ())
    assert holdings(ledger) == ({"KO": 30}, 10_000 - 20 * 60.3 - 0.6)
    assert report.cash == holdings(ledger)[1]


def test_holdings_as_of_a_day_know_only_what_was_traded_by_then(ledger, approved):
    sold = fill(2, side="sell", shares=30, price=61.0, cost=0.0, traded_on=date(2023, 1, 4))
    ledger.import_fills([sold, fill()], by="otto")
    assert holdings(ledger, "2022-12-28") == ({"KO": 10}, 10_000.0)
    assert holdings(ledger, "2022-12-29") == ({"KO": 30}, 8_793.4)
    assert holdings(ledger, "2023-01-04") == ({}, 10_623.4)


def test_money_is_counted_in_decimals(ledger):
    cents = [fill(n, proposal="", shares=1, price=0.1, cost=0.2) for n in range(1, 101)]
    assert ledger.import_fills(cents, by="otto").cash == 9_970.0


def test_what_is_imported_twice_counts_once(ledger, approved):
    ledger.import_fills([fill()], by="otto")
    events = len(ledger.events())
    report = ledger.import_fills([fill()], by="otto")
    assert (report.imported, report.known) == ((), 1)
    assert len(ledger.events()) == events
    report = ledger.import_fills([fill(), fill(2, ticker="PEP", shares=5, price=180.5)], by="otto")
    assert (len(report.imported), report.known) == (1, 1)
    assert holdings(ledger)[0] == {"KO": 30, "PEP": 5}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fill_id": "X1", "price": 61.0}, "X1 was imported before as buy 20 KO at 60.3"),
        ({"side": "sell", "shares": 31}, "KO would be held with -1 shares at the end of 2022-12-29"),
        ({"proposal": "small.2022-12-28.7"}, "no proposal 'small.2022-12-28.7'"),
        ({"proposal": "small.2022-12-28.2"}, "small.2022-12-28.2, which is proposed"),
        ({"traded_on": date(2022, 12, 27)}, "before small.2022-12-28.1 was computed"),
        ({"traded_on": date(2099, 1, 2)}, "2099-01-02"),
    ],
)
def test_a_fill_that_contradicts_the_ledger_is_named_and_none_is_imported(ledger, approved, wrong, said):
    ledger.propose(draft(2, now=datetime.now(UTC)))
    ledger.import_fills([fill()], by="otto")
    before = holdings(ledger)
    good = fill(2, ticker="PEP", shares=5, price=180.5)
    with pytest.raises((LedgerError, NotStoredError), match=said):
        ledger.import_fills([good, Fill.model_validate(fill(3).model_dump() | wrong)], by="otto")
    assert holdings(ledger) == before


def test_a_purchase_and_its_sale_on_one_day_are_no_short_position(ledger):
    rows = [fill(1, proposal="", side="sell", shares=25), fill(2, proposal="", shares=20)]
    ledger.import_fills(rows, by="otto")
    assert holdings(ledger)[0] == {"KO": 5}


def test_more_spent_than_there_was_is_imported_and_said(ledger):
    report = ledger.import_fills([fill(proposal="", shares=200)], by="otto")
    assert report.cash == pytest.approx(-2060.6)
    assert "more was spent" in report.remarks[0]


def test_more_filled_than_ordered_is_said(ledger, approved):
    report = ledger.import_fills([fill(shares=25), fill(2, ticker="PEP", side="buy", shares=5)], by="otto")
    assert report.remarks == (f"KO: 25 shares filled, 20 ordered ({approved.id}).",)


def test_slippage_is_what_fills_were_worse_than_the_close_decided_on(ledger, approved):
    rows = [
        fill(1, shares=8, price=60.3, cost=0.3),
        fill(2, shares=4, price=60.6, cost=0.2),
        fill(3, ticker="PEP", shares=5, price=180.0, cost=0.1),
    ]
    ledger.import_fills(rows, by="otto")
    table = ledger.slippage(approved.id).set_index("ticker")
    ko, pep = table.loc["KO"], table.loc["PEP"]
    assert (ko["ordered"], ko["filled"], ko["reference_price"]) == (20, 12, 60.0)
    assert ko["average_price"] == pytest.approx((8 * 60.3 + 4 * 60.6) / 12)
    assert ko["slippage"] == pytest.approx(8 * 0.3 + 4 * 0.6)
    assert ko["slippage_bps"] == pytest.approx((8 * 0.3 + 4 * 0.6) / (12 * 60) * 1e4)
    assert ko["cost"] == pytest.approx(0.5)
    assert ko["estimated_cost"] == pytest.approx(20 * 60 * 0.0005 * 12 / 20)
    assert pep["slippage"] == pytest.approx(-2.5)  # bought for less than the close


def test_a_sale_for_less_is_worse(ledger):
    from .conftest import order

    made = ledger.propose(draft(orders=(order(side="sell", shares=10),), now=datetime.now(UTC)))
    ledger.approve(made.id, by="maria", reason="Fine.")
    ledger.import_fills([fill(side="sell", shares=10, price=59.4)], by="otto")
    assert ledger.slippage(made.id)["slippage_bps"].tolist() == [pytest.approx(100.0)]


def test_what_is_not_filled_has_no_slippage_and_what_was_not_ordered_comes_last(ledger, approved):
    ledger.import_fills([fill(ticker="XOM", shares=1, price=110.0)], by="otto")
    table = ledger.slippage(approved.id)
    assert table["ticker"].tolist() == ["KO", "PEP", "XOM"]
    assert table["filled"].tolist() == [0, 0, 1]
    assert table["slippage"].isna().all()
    assert table["ordered"].tolist() == [20, 5, 0]
