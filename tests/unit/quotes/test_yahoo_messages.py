"""A message of Yahoo's stream becomes a quote, or an error that says why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from yfinance.pricing_pb2 import PricingData

from foliohub.errors import MalformedAnswerError
from foliohub.quotes.yahoo_messages import Listing, read_pricing

RECEIVED = datetime(2019, 6, 28, 20, 0, tzinfo=UTC)
LISTINGS = {"KO": Listing("KO", "XNYS"), "BF-B": Listing("BF.B", "XNYS")}


def fields(**changed):
    """What yfinance decodes of a message."""
    given = {"id": "KO", "price": 51.0, "time": 1561751970000, "market_hours": 1, "change": 1.0, "change_percent": 2.0}
    return MessageToDict(PricingData(**given | changed), preserving_proto_field_name=True)


def test_a_message_is_a_quote() -> None:
    quote = read_pricing(fields(currency="USD", day_volume=12_345_678_901), LISTINGS, RECEIVED)
    assert (quote.ticker, quote.price, quote.currency, quote.market) == ("KO", 51.0, "USD", "regular")
    assert quote.time == datetime(2019, 6, 28, 19, 59, 30, tzinfo=UTC)
    assert quote.received == RECEIVED
    assert quote.day_volume == 12_345_678_901
    assert quote.change == pytest.approx(0.02)
    assert quote.previous_close == pytest.approx(50.0)


def test_the_universes_spelling_is_kept() -> None:
    assert read_pricing(fields(id="BF-B"), LISTINGS, RECEIVED).ticker == "BF.B"


def test_what_is_missing_is_zero_by_the_rules_of_the_format() -> None:
    quote = read_pricing(fields(market_hours=0, change=0, change_percent=0), LISTINGS, RECEIVED)
    assert (quote.market, quote.change, quote.day_volume) == ("pre", 0.0, None)


@pytest.mark.parametrize(("number", "market"), [(1, "regular"), (2, "post"), (3, "extended")])
def test_the_state_of_the_exchange_is_told(number, market) -> None:
    assert read_pricing(fields(market_hours=number), LISTINGS, RECEIVED).market == market


def test_two_changes_that_contradict_each_other_are_none() -> None:
    assert read_pricing(fields(change=1.0, change_percent=-30.0), LISTINGS, RECEIVED).change is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"id": "MSFT"}, "'MSFT', which nobody asked for"),
        ({"id": ""}, "nobody asked for"),
        ({"price": 0}, "impossible quote for KO: price 0"),
        ({"price": -1.0}, "price -1"),
        ({"price": float("nan")}, "price 'NaN'"),
        ({"price": float("inf")}, "price 'Infinity'"),
        ({"time": 0}, "1970-01-01"),
        ({"time": 2**62}, "time"),
        ({"time": -(2**62)}, "time"),
        ({"time": 1561752000000 + 301_000}, "2019-06-28 20:05:01"),
        ({"market_hours": 7}, "market hours 7"),
        ({"change_percent": float("nan")}, "change_percent 'NaN'"),
        ({"day_volume": -5}, None),
    ],
)
def test_what_cannot_be_is_refused(changed, words) -> None:
    if words is None:
        assert read_pricing(fields(**changed), LISTINGS, RECEIVED).day_volume is None
        return
    with pytest.raises(MalformedAnswerError, match=words):
        read_pricing(fields(**changed), LISTINGS, RECEIVED)


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@given(
    st.dictionaries(
        st.sampled_from(["price", "time", "market_hours", "change", "change_percent", "day_volume"]), ANYTHING
    )
)
def test_whatever_a_message_holds_it_is_a_quote_or_a_malformed_answer(odd) -> None:
    try:
        quote = read_pricing({**fields(), **odd}, LISTINGS, RECEIVED)
    except MalformedAnswerError:
        return
    assert quote.price > 0
    assert quote.change is None or quote.change > -1
