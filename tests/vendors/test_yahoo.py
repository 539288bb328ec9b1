"""Yahoo's bars become bars as traded; each of its failures becomes a named error or another try."""

from __future__ import annotations

import json
import logging
from datetime import date, timedelta
from time import monotonic

import numpy as np
import pandas as pd
import pytest

from foliohub.data.sources import get
from foliohub.errors import (
    InputError,
    MalformedAnswerError,
    RateLimitError,
    UnknownTickerError,
    VendorUnavailableError,
)
from foliohub.frames import check_bars

CHART = "/v8/finance/chart/AAPL"
END = date(2020, 9, 30)


@pytest.fixture
def source(yahoo, time, now):
    return get("yahoo", base_url=yahoo.url, retry=time.policy(), now=lambda: now)


@pytest.fixture
def chart(history, yahoo_chart):
    return yahoo_chart(history)


def result_of(chart):
    return chart["chart"]["result"][0]


def test_bars_are_as_traded_although_yahoo_restates_them(source, history):
    bars = check_bars(source.fetch("AAPL", None, END))
    pd.testing.assert_frame_equal(bars, history, rtol=1e-6, check_freq=False)


def test_a_range_ends_in_the_past_yet_later_splits_are_known(source, yahoo, history, now):
    bars = source.fetch("AAPL", date(2020, 7, 20), date(2020, 8, 3))
    expected = history.loc["2020-07-20":"2020-08-03"]
    pd.testing.assert_frame_equal(bars, expected, rtol=1e-6, check_freq=False)
    (query,) = yahoo.asked(CHART)
    assert int(query["period1"]) <= pd.Timestamp("2020-07-20", tz="America/New_York").timestamp()
    assert int(query["period2"]) >= now.timestamp()
    assert {"div", "splits"} <= set(query["events"].split(","))


def test_cookie_and_crumb_are_fetched_once_for_many_tickers(source, yahoo):
    for _ in range(3):
        source.fetch("AAPL", None, END)
    assert len(yahoo.asked("/v1/test/getcrumb")) == 1
    assert {query["crumb"] for query in yahoo.asked(CHART)} == {"cRuMb.123"}


def test_share_classes_are_spelt_yahoos_way(source, yahoo, answer, history, yahoo_chart):
    yahoo.on("/v8/finance/chart/BF-B", answer(json.dumps(yahoo_chart(history, "BF-B"))))
    assert len(source.fetch("BF.B", None, END)) == len(history)


def test_single_tickers_can_be_spelt_otherwise(yahoo, now, answer, history, yahoo_chart):
    yahoo.on("/v8/finance/chart/^GSPC", answer(json.dumps(yahoo_chart(history, "^GSPC"))))
    source = get("yahoo", base_url=yahoo.url, symbols={"SP500": "^GSPC"}, now=lambda: now)
    assert len(source.fetch("SP500", None, END)) == len(history)


@pytest.mark.parametrize(("after_close", "last"), [(-60, "2020-09-29"), (10, "2020-09-29"), (31, "2020-09-30")])
def test_a_session_that_has_not_settled_is_never_returned(yahoo, now, after_close, last):
    moment = now.replace(hour=20, minute=0) + timedelta(minutes=after_close)
    source = get("yahoo", base_url=yahoo.url, now=lambda: moment)
    assert source.fetch("AAPL", None, date(2020, 12, 31)).index[-1] == pd.Timestamp(last)


def test_nothing_is_asked_for_a_range_that_has_not_begun(source, yahoo):
    with pytest.raises(UnknownTickerError, match="no bars of AAPL from 2020-10-05 up to 2020-09-30"):
        source.fetch("AAPL", date(2020, 10, 5), date(2020, 10, 9))
    assert not yahoo.questions


def test_a_split_this_morning_is_undone_before_its_session_closes(yahoo, answer, history, yahoo_chart, now):
    yahoo.on(CHART, answer(json.dumps(yahoo_chart(history.loc[:"2020-08-19"]))))  # the split of 4:1 is on that day
    source = get("yahoo", base_url=yahoo.url, now=lambda: now.replace(month=8, day=19, hour=15))
    bars = source.fetch("AAPL", None, END)
    assert bars.index[-1] == pd.Timestamp("2020-08-18")
    np.testing.assert_allclose(bars["close"], history.loc[:"2020-08-18", "close"], rtol=1e-6)


def test_rows_without_numbers_stay_for_cleaning_to_judge(source, yahoo, answer, chart):
    quote = result_of(chart)["indicators"]["quote"][0]
    for column in quote.values():
        column[5] = None
    result_of(chart)["indicators"]["adjclose"][0]["adjclose"][5] = None
    yahoo.on(CHART, answer(json.dumps(chart)))
    bars = source.fetch("AAPL", None, END)
    assert len(bars) == 60
    assert bars.iloc[5][["open", "high", "low", "close", "adjusted_close"]].isna().all()


def test_an_action_on_a_day_without_a_bar_goes_to_the_next_bar(source, yahoo, answer, chart, history):
    result = result_of(chart)
    indicators = result["indicators"]
    for column in [result["timestamp"], *indicators["quote"][0].values(), *indicators["adjclose"][0].values()]:
        del column[30]  # the day of the split
    yahoo.on(CHART, answer(json.dumps(chart)))
    bars = source.fetch("AAPL", None, END)
    np.testing.assert_allclose(bars["close"], history["close"].drop(history.index[30]), rtol=1e-6)
    assert bars["split"].iloc[30] == 4


def test_indexes_without_events_have_neutral_actions(source, yahoo, answer, chart):
    del result_of(chart)["events"]
    yahoo.on(CHART, answer(json.dumps(chart)))
    bars = source.fetch("AAPL", None, END)
    assert (bars["split"] == 1).all()
    assert (bars["dividend"] == 0).all()


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_rate_limit_is_waited_out_as_long_as_it_asks(source, yahoo, answer, chart, time):
    yahoo.on(CHART, answer("Too Many Requests", 429, {"Retry-After": "17"}), answer(json.dumps(chart)))
    assert len(source.fetch("AAPL", None, END)) == 60
    assert time.waits == [17]


def test_a_rate_limit_without_a_time_backs_off_and_gives_up(source, yahoo, answer, time):
    yahoo.on(CHART, answer("Edge: Too Many Requests", 429))
    with pytest.raises(RateLimitError, match=r"too many requests.*Tried 4 times") as caught:
        source.fetch("AAPL", None, END)
    assert caught.value.retry_after is None
    assert [1 <= time.waits[0] <= 1.5, 2 <= time.waits[1] <= 2.5, 4 <= time.waits[2] <= 4.5] == [True] * 3
    assert len(yahoo.asked(CHART)) == 4


def test_a_rate_limit_that_asks_for_an_hour_is_not_waited_for(source, yahoo, answer, time):
    yahoo.on(CHART, answer("", 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimitError, match="in 3600 s") as caught:
        source.fetch("AAPL", None, END)
    assert caught.value.retry_after == 3600
    assert time.waits == []


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_passing_server_fault_is_tried_again(source, yahoo, answer, chart, time, status):
    yahoo.on(CHART, answer("<html>oops</html>", status), answer(json.dumps(chart)))
    assert len(source.fetch("AAPL", None, END)) == 60
    assert len(time.waits) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<!DOCTYPE html><html>Will be right back...</html>", "a web page instead of data"),
        ('{"chart": {"result": [{"meta": {"curr', "cut short or no JSON"),
        ("", "cut short or no JSON"),
        ("Internal error", "cut short or no JSON"),
    ],
)
def test_what_is_no_json_is_tried_again_and_named(source, yahoo, answer, time, body, message):
    yahoo.on(CHART, answer(body))
    with pytest.raises(VendorUnavailableError, match=message):
        source.fetch("AAPL", None, END)
    assert len(time.waits) == 3


def test_a_connection_cut_in_the_middle_is_tried_again(source, yahoo, answer, chart, time):
    body = json.dumps(chart)
    yahoo.on(CHART, answer(body[:500], missing=len(body) - 500), answer(body))
    assert len(source.fetch("AAPL", None, END)) == 60
    assert len(time.waits) == 1


def test_a_hanging_connection_ends_with_the_time_out(yahoo, answer, time, now):
    yahoo.on(CHART, answer(hang=True))
    source = get("yahoo", base_url=yahoo.url, retry=time.policy(attempts=2), timeout=0.3, now=lambda: now)
    started = monotonic()
    with pytest.raises(VendorUnavailableError, match=r"did not answer in time for AAPL.*Tried 2 times"):
        source.fetch("AAPL", None, END)
    assert monotonic() - started < 5


def test_prices_come_although_cookie_and_crumb_hang(yahoo, answer, now):
    for path in ("/", "/v1/test/getcrumb", "/consent"):
        yahoo.on(path, answer(hang=True))
    source = get("yahoo", base_url=yahoo.url, timeout=0.8, now=lambda: now)
    assert len(source.fetch("AAPL", None, END)) == 60


def test_prices_come_although_the_crumb_is_rate_limited(source, yahoo, answer):
    yahoo.on("/v1/test/getcrumb", answer("Too Many Requests", 429))
    assert len(source.fetch("AAPL", None, END)) == 60


def test_a_refused_connection_is_named(time, now):
    source = get("yahoo", base_url="http://127.0.0.1:9", retry=time.policy(), now=lambda: now)
    with pytest.raises(VendorUnavailableError, match="yahoo cannot be reached for AAPL"):
        source.fetch("AAPL", None, END)
    assert len(time.waits) == 3


def test_an_outdated_crumb_is_replaced(source, yahoo, answer, chart):
    refusal = {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}
    yahoo.on(CHART, answer(json.dumps(refusal), 401), answer(json.dumps(chart)))
    assert len(source.fetch("AAPL", None, END)) == 60


def test_a_lasting_refusal_is_named(source, yahoo, answer):
    refusal = {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}
    yahoo.on(CHART, answer(json.dumps(refusal), 401))
    with pytest.raises(VendorUnavailableError, match="HTTP status 401, also with a new crumb"):
        source.fetch("AAPL", None, END)


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (404, "Not Found", "No data found, symbol may be delisted"),
        (400, "Bad Request", "Data doesn't exist for startDate = 1565740800, endDate = 1596067200"),
        (200, "Not Found", "No data found for this date range"),
    ],
)
def test_an_unknown_ticker_is_named_at_once_with_yahoos_words(source, yahoo, answer, time, status, code, text):
    error = {"chart": {"result": None, "error": {"code": code, "description": text}}}
    yahoo.on(CHART, answer(json.dumps(error), status))
    with pytest.raises(UnknownTickerError, match=text):
        source.fetch("AAPL", None, END)
    assert time.waits == []
    assert len(yahoo.asked(CHART)) == 1


def _without_timestamps(result):
    result.pop("timestamp")
    result["indicators"] = {"quote": [{}], "adjclose": [{}]}


def test_an_empty_answer_is_named(source, yahoo, answer, chart):
    _without_timestamps(result_of(chart))
    yahoo.on(CHART, answer(json.dumps(chart)))
    with pytest.raises(UnknownTickerError, match="no bars of AAPL"):
        source.fetch("AAPL", None, END)


def rename(mapping, old, new):
    mapping[new] = mapping.pop(old)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda r: rename(r["indicators"]["quote"][0], "close", "last"), "no 'close'.*'last'"),
        (lambda r: rename(r["indicators"], "adjclose", "adj_close"), "no 'adjclose'"),
        (lambda r: r["indicators"]["quote"][0]["open"].pop(), "59 values of 'open' for 60 dates"),
        (lambda r: r["meta"].pop("exchangeTimezoneName"), "no 'exchangeTimezoneName'"),
        (lambda r: r["meta"].update(exchangeTimezoneName="Mars/Olympus"), "Mars/Olympus"),
        (lambda r: r["timestamp"].__setitem__(3, "Monday"), "cannot read"),
        (lambda r: r["indicators"]["quote"][0]["high"].__setitem__(3, "n/a"), "cannot read"),
        (lambda r: next(iter(r["events"]["splits"].values())).update(denominator=0), "split or dividend"),
        (lambda r: next(iter(r["events"]["dividends"].values())).update(currency="VND"), "pays in VND"),
    ],
)
def test_an_answer_in_another_form_names_what_is_wrong(source, yahoo, answer, chart, time, spoil, message):
    spoil(result_of(chart))
    yahoo.on(CHART, answer(json.dumps(chart)))
    with pytest.raises(MalformedAnswerError, match=message):
        source.fetch("AAPL", None, END)
    assert time.waits == []


def test_one_failing_ticker_leaves_the_source_usable(source, yahoo, answer):
    yahoo.on("/v8/finance/chart/BAD", answer("{", 200))
    with pytest.raises(VendorUnavailableError):
        source.fetch("BAD", None, END)
    assert len(source.fetch("AAPL", None, END)) == 60


def test_arguments_are_checked_before_anything_is_asked(source, yahoo):
    for arguments in (("../AAPL", None, END), ("", None, END), ("AAPL", END, date(2020, 1, 1))):
        with pytest.raises(InputError):
            source.fetch(*arguments)
    for options in ({"base_url": "ftp://x"}, {"timeout": 0}):
        with pytest.raises(InputError):
            get("yahoo", **options)
    assert not yahoo.questions


def test_yfinance_is_left_as_it_was_and_keeps_nothing_on_disk(source, tmp_path, monkeypatch):
    import yfinance

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source.fetch("AAPL", None, END)
    assert yfinance.config.debug.hide_exceptions is True
    assert list(tmp_path.rglob("*")) == []


def test_sources_do_not_share_cookie_or_crumb(yahoo, now):
    for _ in range(2):
        get("yahoo", base_url=yahoo.url, now=lambda: now).fetch("AAPL", None, END)
    assert len(yahoo.asked("/v1/test/getcrumb")) == 2


def test_last_session_is_simply_the_last_one_closed(source):
    assert source.last_session() is None


def test_waiting_is_logged(source, yahoo, answer, chart, caplog):
    yahoo.on(CHART, answer("", 503), answer(json.dumps(chart)))
    with caplog.at_level(logging.WARNING, "foliohub.data.retrying"):
        source.fetch("AAPL", None, END)
    assert "HTTP status 503" in caplog.text
    assert "Next try in" in caplog.text


def test_what_yfinance_remarks_goes_to_our_log_only(time, now, caplog):
    source = get("yahoo", base_url="http://127.0.0.1:9", retry=time.policy(), now=lambda: now)
    with caplog.at_level(logging.INFO), pytest.raises(VendorUnavailableError):
        source.fetch("AAPL", None, END)
    assert "yfinance" not in {record.name for record in caplog.records}
    assert {record.levelname for record in caplog.records if record.name == "foliohub.data.yahoo"} == {"INFO"}
    assert "yfinance: Cookie/crumb fetch failed" in caplog.text
    spoken = logging.getLogger("yfinance")
    assert (spoken.propagate, spoken.handlers) == (True, [])
