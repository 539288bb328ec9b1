"""What may be asked of a source, and what is cut out of its answer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from foliohub.data.request import Request, last_settled_session
from foliohub.errors import InputError, UnknownTickerError


@pytest.mark.parametrize(
    ("moment", "session"),
    [
        ("2019-07-03T17:31", "2019-07-03"),  # early close at 13:00 in New York
        ("2019-07-03T17:29", "2019-07-02"),
        ("2019-07-06T12:00", "2019-07-05"),  # a Saturday
        ("2019-11-04T21:15", "2019-11-01"),  # winter time: the close is at 21:00 UTC
    ],
)
def test_a_session_settles_half_an_hour_after_its_close(moment, session):
    assert last_settled_session(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == pd.Timestamp(session)


def test_the_end_is_never_after_the_last_settled_session():
    request = Request.of("csv", "AAPL", None, date(2030, 1, 1), pd.Timestamp("2019-07-03"))
    assert request.end == pd.Timestamp("2019-07-03")


def test_cutting_keeps_disorder_and_duplicates():
    days = pd.DatetimeIndex(["2020-01-06", "2020-01-03", "2020-01-03", "2020-01-02", "2020-01-07"])
    bars = pd.DataFrame({"close": range(5)}, index=days)
    cut = Request.of("csv", "A", date(2020, 1, 3), date(2020, 1, 6)).cut(bars)
    assert cut["close"].tolist() == [0, 1, 2]


def test_an_empty_range_says_what_there_is():
    bars = pd.DataFrame({"close": [1.0]}, index=pd.DatetimeIndex(["2020-03-19"]))
    with pytest.raises(UnknownTickerError, match=r"csv has no bars of CARR up to 2019-06-28\. It has 1 from"):
        Request.of("csv", "CARR", None, date(2019, 6, 28)).cut(bars)


@pytest.mark.parametrize("ticker", ["", "../AAPL", "A B", "A/B", "A" * 21, "-A", "_A", "Ä", "A&x=1", "A\n", None, 7])
def test_what_is_no_ticker_is_refused(ticker):
    with pytest.raises(InputError, match="is not a ticker"):
        Request.of("csv", ticker, None, date(2020, 1, 1))


@pytest.mark.parametrize("ticker", ["AAPL", "BF.B", "^GSPC", "EURUSD=X", "BRK-B", "0005.HK", "MSCI_WORLD"])
def test_real_tickers_are_taken(ticker):
    assert Request.of("csv", ticker, None, date(2020, 1, 1)).ticker == ticker


@pytest.mark.parametrize(
    ("start", "end"),
    [(date(2020, 1, 2), date(2020, 1, 1)), ("soon", date(2020, 1, 1)), (None, None), (None, datetime(2020, 1, 1, 5))],
)
def test_impossible_dates_are_refused(start, end):
    with pytest.raises(InputError):
        Request.of("csv", "AAPL", start, end)
