"""Alpha Vantage's bars arrive untouched; its failures become named errors or another try; the key stays in."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import date, timedelta
from time import monotonic

import pandas as pd
import pytest
from pydantic import SecretStr

from foliohub.data.sources import get
from foliohub.errors import (
    CredentialsError,
    FoliohubError,
    MalformedAnswerError,
    RateLimitError,
    UnknownTickerError,
    VendorUnavailableError,
)
from foliohub.frames import check_bars

KEY = "S3CR3TKEY0123456"
END = date(2020, 9, 30)


@pytest.fixture
def source(alpha_vantage, time, now):
    return get("alpha_vantage", api_key=KEY, base_url=alpha_vantage.url, retry=time.policy(), now=lambda: now)


@pytest.fixture
def series(history, alpha_vantage_series):
    return alpha_vantage_series(history)


def test_bars_are_the_vendors_numbers_in_ascending_order(source, history):
    bars = check_bars(source.fetch("AAPL", None, END))
    pd.testing.assert_frame_equal(bars, history, check_freq=False, rtol=0, atol=0)


def test_the_question_is_the_vendors(source, alpha_vantage):
    source.fetch("BF.B", None, END)
    assert alpha_vantage.questions == [
        (
            "/query",
            {
                "function": "TIME_SERIES_DAILY_ADJUSTED",
                "symbol": "BF-B",
                "outputsize": "full",
                "apikey": KEY,
                "datatype": "json",
            },
        )
    ]


@pytest.mark.parametrize(
    # 99 sessions up to 2020-09-30, then one may be under way: the short answer's 100.
    ("start", "size"),
    [("2020-09-25", "compact"), ("2020-05-12", "compact"), ("2020-05-11", "full"), ("1970-01-02", "full")],
)
def test_the_short_answer_is_asked_for_where_it_reaches_back_far_enough(source, alpha_vantage, start, size):
    source.fetch("AAPL", date.fromisoformat(start), END)
    assert alpha_vantage.questions[0][1]["outputsize"] == size


def test_the_short_answers_reach_counts_from_now_not_from_the_end_asked_for(source, alpha_vantage, now):
    source.fetch("AAPL", date(2020, 5, 11), date(2020, 8, 1))
    assert alpha_vantage.questions[0][1]["outputsize"] == "full"


def test_nothing_is_asked_for_a_range_that_has_not_begun(source, alpha_vantage):
    with pytest.raises(UnknownTickerError, match="No later session has closed"):
        source.fetch("AAPL", date(2020, 10, 1), date(2020, 10, 9))
    assert not alpha_vantage.questions


def test_a_range_is_cut_out(source, history):
    bars = source.fetch("AAPL", date(2020, 7, 18), date(2020, 8, 3))
    pd.testing.assert_frame_equal(bars, history.loc["2020-07-20":"2020-08-03"], check_freq=False)


def test_a_session_under_way_is_never_returned(alpha_vantage, now):
    moment = now - timedelta(hours=3)
    source = get("alpha_vantage", api_key=KEY, base_url=alpha_vantage.url, now=lambda: moment)
    assert source.fetch("AAPL", None, END).index[-1] == pd.Timestamp("2020-09-29")


# --- refusals in a 200 answer -----------------------------------------------------------------------------------------

PER_MINUTE = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day. "
    "Please visit https://www.alphavantage.co/premium/ if you would like to target a higher API call frequency."
)
PER_DAY = (
    f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. Please subscribe "
    "to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits."
)
IN_SUCCESSION = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly. You may "
    "subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to lift the free key rate limit (25 "
    "requests per day) and instantly unlock all premium endpoints"
)
PREMIUM = (
    "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at "
    "https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints"
)
INVALID_CALL = (
    "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/) for "
    "TIME_SERIES_DAILY_ADJUSTED."
)
INVALID_KEY = (
    "the parameter apikey is invalid or missing. Please claim your free API key on "
    "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
)
DEMO_KEY = (
    "The **demo** API key is for demo purposes only. Please claim your free API key at "
    "(https://www.alphavantage.co/support/#api-key) to explore our full API offerings. It takes fewer than 20 seconds."
)


@pytest.mark.parametrize(("key", "text", "wait"), [("Note", PER_MINUTE, 60), ("Information", IN_SUCCESSION, 1)])
def test_an_allowance_that_comes_back_soon_is_waited_for(source, alpha_vantage, answer, series, time, key, text, wait):
    alpha_vantage.on("/query", answer(json.dumps({key: text})), answer(json.dumps(series)))
    assert len(source.fetch("AAPL", None, END)) == 60
    assert wait <= time.waits[0] <= wait + 0.5


def test_the_allowance_of_a_day_is_not_waited_for(source, alpha_vantage, answer, time):
    alpha_vantage.on("/query", answer(json.dumps({"Information": PER_DAY})))
    with pytest.raises(RateLimitError, match=r"API key as \*\*\* and our standard API rate limit is 25"):
        source.fetch("AAPL", None, END)
    assert time.waits == []


def test_a_rate_limit_in_every_answer_ends(alpha_vantage, answer, time, now):
    alpha_vantage.on("/query", answer(json.dumps({"Note": PER_MINUTE})))
    policy = time.policy(total=150)
    source = get("alpha_vantage", api_key=KEY, base_url=alpha_vantage.url, retry=policy, now=lambda: now)
    with pytest.raises(RateLimitError, match="Tried 3 times in 120 s"):
        source.fetch("AAPL", None, END)
    assert time.waits == [60, 60]  # a third wait would go beyond the policy's total


@pytest.mark.parametrize(
    ("key", "text", "kind"),
    [
        ("Error Message", INVALID_CALL, UnknownTickerError),
        ("Error Message", INVALID_KEY, CredentialsError),
        ("Information", INVALID_KEY, CredentialsError),
        ("Information", DEMO_KEY, CredentialsError),
        ("Information", PREMIUM, CredentialsError),
        ("Information", "Something new.", MalformedAnswerError),
    ],
)
def test_a_refusal_is_named_at_once_with_the_vendors_words(source, alpha_vantage, answer, time, key, text, kind):
    alpha_vantage.on("/query", answer(json.dumps({key: text}, indent=4)))
    with pytest.raises(kind) as caught:
        source.fetch("AAPL", None, END)
    assert text in str(caught.value)
    assert "AAPL" in str(caught.value)
    assert time.waits == []


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(429, {"Retry-After": "9"}, 9), (429, {}, 1), (500, {}, 1), (503, {}, 1)],
)
def test_a_passing_fault_is_tried_again(source, alpha_vantage, answer, series, time, status, headers, wait):
    alpha_vantage.on("/query", answer("", status, headers), answer(json.dumps(series)))
    assert len(source.fetch("AAPL", None, END)) == 60
    assert wait <= time.waits[0] <= wait + 0.5


@pytest.mark.parametrize(
    ("body", "message"),
    [("<html>502 Bad Gateway</html>", "a web page"), ('{"Meta Data": {"1. Inf', "cut short"), ("", "cut short")],
)
def test_what_is_no_json_is_tried_again_and_named(source, alpha_vantage, answer, time, body, message):
    alpha_vantage.on("/query", answer(body))
    with pytest.raises(VendorUnavailableError, match=message):
        source.fetch("AAPL", None, END)
    assert len(time.waits) == 3


def test_a_hanging_connection_ends_with_the_time_out(alpha_vantage, answer, time, now):
    alpha_vantage.on("/query", answer(hang=True))
    source = get(
        "alpha_vantage",
        api_key=KEY,
        base_url=alpha_vantage.url,
        timeout=0.3,
        retry=time.policy(attempts=2),
        now=lambda: now,
    )
    started = monotonic()
    with pytest.raises(VendorUnavailableError, match="did not answer in time"):
        source.fetch("AAPL", None, END)
    assert monotonic() - started < 5


@pytest.mark.parametrize("body", ["{}", '{"Meta Data": {}, "Time Series (Daily)": {}}'])
def test_an_empty_answer_is_named(source, alpha_vantage, answer, body):
    alpha_vantage.on("/query", answer(body))
    with pytest.raises(UnknownTickerError, match="no bars of AAPL"):
        source.fetch("AAPL", None, END)


def record(series):
    return series["Time Series (Daily)"]["2020-09-30"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.update(Data=s.pop("Time Series (Daily)")), r"no 'Time Series \(Daily\)'; it has \['Data'"),
        (lambda s: record(s).update({"4. last": record(s).pop("4. close")}), "2020-09-30 for AAPL has no 'close'"),
        (lambda s: record(s).update({"4. close": "n/a"}), "2020-09-30 for AAPL holds 'n/a' as close"),
        (lambda s: record(s).update({"4. close": "inf"}), "holds 'inf' as close"),
        (lambda s: s["Time Series (Daily)"].update({"Monday": record(s)}), "'Monday' where a date"),
        (lambda s: s["Time Series (Daily)"].update({"2020-02-30": record(s)}), "'2020-02-30' where a date"),
        (lambda s: s["Time Series (Daily)"].update({"2020-10-01": []}), "2020-10-01 for AAPL has no 'open'"),
        (lambda s: s.update({"Time Series (Daily)": [1, 2]}), "no 'Time Series"),
    ],
)
def test_an_answer_in_another_form_names_what_is_wrong(source, alpha_vantage, answer, series, time, spoil, message):
    spoil(series)
    alpha_vantage.on("/query", answer(json.dumps(series)))
    with pytest.raises(MalformedAnswerError, match=message):
        source.fetch("AAPL", None, END)
    assert time.waits == []


def test_renumbered_columns_are_understood(source, alpha_vantage, answer, series, history):
    days = series["Time Series (Daily)"]
    for day, record in days.items():
        days[day] = {f"{9 - int(name[0])}{name[1:]}": value for name, value in record.items()}
    alpha_vantage.on("/query", answer(json.dumps(series)))
    pd.testing.assert_frame_equal(source.fetch("AAPL", None, END), history, check_freq=False)


# --- the key ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", SecretStr(""), "with space", "a&function=b", "line\nbreak"])
def test_a_missing_or_impossible_key_is_refused_unseen(key):
    with pytest.raises(CredentialsError) as caught:
        get("alpha_vantage", api_key=key)
    assert "function" not in str(caught.value)


def test_a_wrapped_key_is_taken(alpha_vantage, now):
    source = get("alpha_vantage", api_key=SecretStr(KEY), base_url=alpha_vantage.url, now=lambda: now)
    source.fetch("AAPL", None, END)
    assert alpha_vantage.questions[0][1]["apikey"] == KEY


def test_the_environment_is_not_read(monkeypatch):
    monkeypatch.setenv("ALPHAVANTAGE_API_KEY", KEY)
    with pytest.raises(CredentialsError):
        get("alpha_vantage")


@pytest.mark.parametrize("fault", ["refused", "hang", "500", "echo", "html", "malformed"])
def test_the_key_is_in_no_message_log_or_representation(alpha_vantage, answer, time, now, caplog, capfd, fault):
    scripts = {
        "hang": answer(hang=True),
        "500": answer(KEY, 500),
        "echo": answer(json.dumps({"Error Message": f"apikey={KEY} is unknown"})),
        "html": answer(f"<html>{KEY}</html>"),
        "malformed": answer(json.dumps({"Time Series (Daily)": {"2020-09-30": {"1. open": "x"}}})),
    }
    alpha_vantage.on("/query", scripts.get(fault, answer("")))
    url = "http://127.0.0.1:9" if fault == "refused" else alpha_vantage.url
    source = get(
        "alpha_vantage",
        api_key=KEY,
        base_url=url,
        timeout=0.2,
        retry=time.policy(attempts=2),
        now=lambda: now,
    )
    assert KEY not in repr(source)
    with caplog.at_level(logging.DEBUG), pytest.raises(FoliohubError) as caught:
        source.fetch("AAPL", None, END)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in repr(caught.value)
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())
