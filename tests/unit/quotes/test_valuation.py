"""A portfolio's value is exact, and a move is shown only where quote and close belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.errors import InputError
from foliohub.quotes import LastCloses, Quote, portfolio_value

FRIDAY = pd.Timestamp("2019-06-28")


@dataclass(frozen=True)
class Holdings:
    shares: pd.Series
    cash: float


def utc(text: str):
    return pd.Timestamp(text, tz="UTC").to_pydatetime()


def quote(ticker: str = "KO", price: float = 51.0, time: str = "2019-07-01 14:00", **more) -> Quote:
    return Quote(ticker=ticker, price=price, time=utc(time), received=utc(time), **{"market": "regular", **more})


def value(quotes, now="2019-07-01 14:00:30", session=FRIDAY, shares=None, close=None):
    shares = {"KO": 10, "PG": 2} if shares is None else shares
    close = {"KO": 50.0, "PG": 100.0} if close is None else close
    held = Holdings(pd.Series(shares, dtype=float), 300.0)
    last = LastCloses(pd.Series(close, dtype=float), session)
    return portfolio_value(held, {q.ticker: q for q in quotes}, last, now=utc(now))


def test_value_and_move_are_the_sums_over_the_positions() -> None:
    worth = value([quote("KO", 51.0), quote("PG", 98.0)])
    assert worth.value == 10 * 51 + 2 * 98 + 300
    assert worth.value_at_close == 1000
    assert worth.move == worth.value - 1000 == worth.positions["move"].sum()
    assert worth.change == pytest.approx(worth.move / 1000)
    assert (worth.quoted, worth.fresh, worth.remark) == (1.0, 1.0, "")
    assert worth.positions["age"].dt.total_seconds().tolist() == [30, 30]


@given(
    st.dictionaries(
        st.sampled_from("ABCDEFGH"),
        st.tuples(st.integers(0, 1000), st.floats(1, 500), st.floats(0.8, 1.2)),
        min_size=1,
    ),
    st.floats(0, 1e6),
)
def test_without_a_quote_the_value_is_that_at_the_close(held, cash) -> None:
    shares = pd.Series({ticker: float(row[0]) for ticker, row in held.items()})
    close = pd.Series({ticker: row[1] for ticker, row in held.items()})
    quotes = {ticker: quote(ticker, row[1] * row[2]) for ticker, row in held.items()}
    closes, now = LastCloses(close, FRIDAY), utc("2019-07-01 14:01")
    none = portfolio_value(Holdings(shares, cash), {}, closes, now=now)
    assert none.value == none.value_at_close
    assert (none.move, none.change, none.quoted) == (None, None, 0.0)
    all_of_them = portfolio_value(Holdings(shares, cash), quotes, closes, now=now)
    expected = sum(row[0] * row[1] * row[2] for row in held.values()) + cash
    assert all_of_them.value == pytest.approx(expected)
    assert all_of_them.value_at_close == none.value


def test_a_ticker_without_a_quote_stands_at_its_close_and_is_named() -> None:
    worth = value([quote("KO")])
    assert worth.positions["source"].to_dict() == {"KO": "quote", "PG": "close"}
    assert worth.move == 10
    assert worth.quoted == pytest.approx(510 / 710)
    assert worth.remark == "Counted at the close of 2019-06-28: PG (no quote yet)."


def test_closes_that_are_years_old_give_no_move() -> None:
    worth = value(
        [quote("KO", 60.0, "2026-11-20 20:59")], now="2026-11-20 20:59:10", session=pd.Timestamp("2022-12-28")
    )
    assert worth.move is None
    assert worth.change is None
    assert worth.value == worth.value_at_close == 1000
    assert "2022-12-28" in worth.remark
    assert "977 sessions ago" in worth.remark


@pytest.mark.parametrize(
    ("made", "market", "counts"),
    [
        ("2019-06-28 19:59:00", "regular", False),  # the close says more
        ("2019-06-28 20:00:00", "regular", False),
        ("2019-06-28 22:00:00", "post", True),
        ("2019-07-01 12:00:00", "pre", True),
        ("2019-07-01 15:00:00", "regular", True),
        ("2019-07-01 20:00:02", "regular", True),  # the closing auction
        ("2019-07-01 22:00:00", "post", True),  # Monday's close comes in the night
        ("2019-07-02 12:00:00", "pre", False),  # Monday's close lies between
        ("2019-07-02 15:00:00", "regular", False),
    ],
)
def test_a_quote_counts_only_against_the_close_before_it(made, market, counts) -> None:
    worth = value([quote("KO", 51.0, made, market=market)], now=made, shares={"KO": 10})
    assert (worth.move is not None) is counts
    assert worth.value == (810 if counts else 800)


def test_a_split_overnight_is_no_crash() -> None:
    worth = value([quote("KO", 12.6, change=0.008), quote("PG", 101.0, change=0.01)])
    assert worth.positions["source"].to_dict() == {"KO": "close", "PG": "quote"}
    assert worth.value == 10 * 50 + 2 * 101 + 300
    assert "split?" in worth.remark


def test_a_ticker_whose_last_close_is_older_has_no_move() -> None:
    days = pd.DatetimeIndex(["2019-06-26", "2019-06-27", "2019-06-28"])
    frame = pd.DataFrame({"KO": [48.0, 49.0, 50.0], "PG": [90.0, np.nan, np.nan]}, days)
    held = Holdings(pd.Series({"KO": 10.0, "PG": 2.0}), 0.0)
    quotes = {one.ticker: one for one in (quote("KO"), quote("PG", 99.0))}
    worth = portfolio_value(held, quotes, LastCloses.of(frame), now=utc("2019-07-01 14:00:30"))
    assert worth.value == 10 * 51 + 2 * 90
    assert worth.move == 10
    assert worth.remark == "Counted at the close of 2019-06-28: PG (its last stored close is of 2019-06-26)."


def test_a_stale_quote_counts_and_is_told() -> None:
    worth = value([quote("KO"), quote("PG", 98.0, "2019-07-01 15:00")], now="2019-07-01 15:00:01")
    assert worth.positions["stale"].to_dict() == {"KO": True, "PG": False}
    assert worth.quoted == 1.0
    assert worth.fresh == pytest.approx(196 / 706)


def test_a_ticker_held_without_a_close_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="PG"):
        value([quote("KO")], close={"KO": 50.0, "PG": np.nan})


def test_cash_alone_is_worth_itself() -> None:
    worth = value([], shares={})
    assert (worth.value, worth.move, len(worth.positions)) == (300.0, None, 0)
