"""Tables: every form holds the stored values, pages stay within one version, nobody reads twice what is unchanged."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hub.api.tables import records

TABLES = {
    "/forecasts": "forecasts",
    "/forecasts/scores": "forecast_scores",
    "/backtests": "performance",
    "/quality": "quality",
    "/quality/summary": "quality_summary",
    "/portfolio/weights": "weights",
    "/portfolio/orders": "orders",
}


@pytest.mark.parametrize("path", TABLES)
def test_arrow_gives_exactly_what_is_stored(server: Any, researcher: httpx.Client, path: str) -> None:
    answer = researcher.get(path, headers={"Accept": "application/vnd.apache.arrow.stream"})
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    found = pa.ipc.open_stream(answer.content).read_pandas()
    stored = server.store.read_table(f"{TABLES[path]}/sample/2022-12-28")
    pd.testing.assert_frame_equal(found, stored, check_dtype=False)
    numbers = stored.select_dtypes("float64")
    np.testing.assert_array_equal(found[numbers.columns].to_numpy(), numbers.to_numpy())


@pytest.mark.parametrize("path", TABLES)
def test_csv_reads_back_to_the_last_bit(server: Any, researcher: httpx.Client, path: str) -> None:
    answer = researcher.get(path, params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    found = pd.read_csv(io.BytesIO(answer.content), float_precision="round_trip")
    numbers = server.store.read_table(f"{TABLES[path]}/sample/2022-12-28").select_dtypes("float64")
    np.testing.assert_array_equal(found[numbers.columns].to_numpy(dtype="float64"), numbers.to_numpy())


@pytest.mark.parametrize("path", TABLES)
def test_json_names_the_run_and_holds_every_row(server: Any, researcher: httpx.Client, path: str) -> None:
    answer = researcher.get(path).json()
    stored = server.store.read_table(f"{TABLES[path]}/sample/2022-12-28")
    version = server.store.latest(f"{TABLES[path]}/sample/2022-12-28")
    assert answer["rows"] == records(stored)
    assert answer["total"] == len(stored)
    assert answer["next"] is None
    assert answer["passport"]["content"] == version.content
    assert researcher.get(f"/runs/{answer['passport']['run']}").json()["status"] == "succeeded"


def test_a_missing_number_is_null_and_no_number_loses_a_digit(researcher: httpx.Client) -> None:
    rows = researcher.get("/forecasts/scores").json()["rows"]
    assert rows[1]["skill"] is None
    assert researcher.get("/forecasts").json()["rows"][0]["mean"] == 0.1 / 3


def test_filters_choose_rows(researcher: httpx.Client) -> None:
    query = {"ticker": ["AAPL", "BAC"], "model": "arima", "horizon": 5}
    rows = researcher.get("/forecasts", params=query).json()["rows"]
    assert [(row["ticker"], row["model"], row["horizon"]) for row in rows] == [
        ("AAPL", "arima", 5),
        ("BAC", "arima", 5),
    ]


def test_pages_follow_each_other_without_gap_or_overlap(researcher: httpx.Client) -> None:
    whole = researcher.get("/forecasts").json()["rows"]
    collected: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 33}
    while True:
        page = researcher.get("/forecasts", params=query).json()
        assert page["total"] == len(whole)
        collected += page["rows"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert collected == whole


def test_the_link_header_leads_to_the_next_page_in_every_form(server: Any, researcher: httpx.Client) -> None:
    answer = researcher.get("/forecasts", params={"limit": 79, "format": "csv"})
    following = server.http.get(
        server.origin + answer.links["next"]["url"], headers={"Authorization": researcher.headers["Authorization"]}
    )
    assert following.text.count("\r\n") == 2
    assert "next" not in following.links


def test_a_cursor_stays_in_its_version_when_a_new_one_is_published(
    start: Callable[..., Any], runs: Callable[..., Any], make_forecasts: Callable[..., pd.DataFrame]
) -> None:
    server = start()
    with server.client("researcher") as client:
        first = client.get("/forecasts", params={"limit": 40}).json()
        runs(server).publish("daily-forecast", {"forecasts": make_forecasts(shift=1.0)})
        second = client.get("/forecasts", params={"limit": 40, "cursor": first["next"]}).json()
        assert second["passport"] == first["passport"]
        assert second["rows"][0]["mean"] == 0.1 / 3
        fresh = client.get("/forecasts").json()
        assert fresh["passport"]["version"] == 1
        assert fresh["rows"][0]["mean"] == 1.0 + 0.1 / 3


def test_a_cursor_opens_no_version_that_no_run_published(
    start: Callable[..., Any], make_forecasts: Callable[..., pd.DataFrame]
) -> None:
    server = start()
    server.store.write_table("forecasts/sample/2022-12-28", make_forecasts(shift=9.0))
    with server.client("researcher") as client:
        assert client.get("/forecasts").json()["passport"]["version"] == 0
        assert client.get("/forecasts", params={"cursor": "1.0"}).status_code == 404


@pytest.mark.parametrize("path", [*TABLES, "/prices", "/backtests/returns", "/runs", "/universes/sample"])
def test_what_the_client_has_is_not_sent_again(researcher: httpx.Client, path: str) -> None:
    first = researcher.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    again = researcher.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert researcher.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_each_form_filter_and_page_has_a_tag_of_its_own(researcher: httpx.Client) -> None:
    queries = ["", "?format=csv", "?format=arrow", "?limit=3", "?limit=3&cursor=0.3", "?model=zero", "?horizon=1"]
    tags = {researcher.get(f"/forecasts{query}").headers["etag"] for query in queries}
    assert len(tags) == len(queries)


def test_a_new_version_has_a_new_tag_at_once(
    start: Callable[..., Any], runs: Callable[..., Any], make_forecasts: Callable[..., pd.DataFrame]
) -> None:
    server = start()
    with server.client("researcher") as client:
        before = client.get("/forecasts").headers["etag"]
        for n in range(1, 4):
            runs(server).publish("daily-forecast", {"forecasts": make_forecasts(shift=float(n))})
            answer = client.get("/forecasts", headers={"If-None-Match": before})
            assert answer.status_code == 200
            assert answer.json()["rows"][0]["mean"] == n + 0.1 / 3
            before = answer.headers["etag"]


def test_what_a_failed_run_wrote_does_not_count(
    start: Callable[..., Any], runs: Callable[..., Any], make_forecasts: Callable[..., pd.DataFrame]
) -> None:
    server = start()
    runs(server).publish("daily-forecast", {"forecasts": make_forecasts(shift=1.0)}, status="failed")
    with server.client("researcher") as client:
        assert client.get("/forecasts").json()["passport"]["run"] == "daily-forecast.2022-12-28.1"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("application/vnd.apache.arrow.stream, */*;q=0.1", "application/vnd.apache.arrow.stream"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("application/json;q=0, text/csv", "text/csv; charset=utf-8"),
    ],
)
def test_the_accept_header_chooses_the_form(researcher: httpx.Client, accept: str, expected: str) -> None:
    assert researcher.get("/forecasts", headers={"Accept": accept}).headers["content-type"] == expected


def test_a_form_we_do_not_have_is_refused(researcher: httpx.Client) -> None:
    answer = researcher.get("/forecasts", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["remedy"]


def test_prices_are_those_of_the_store_and_only_the_fields_asked_for(server: Any, researcher: httpx.Client) -> None:
    query = {"ticker": ["AAPL", "SP500"], "field": ["close", "volume"], "start": "2022-12-20", "end": "2022-12-22"}
    rows = researcher.get("/prices", params=query).json()["rows"]
    stored = server.store.read_panel("raw/sample", start="2022-12-20", end="2022-12-22")
    assert len(rows) == 6
    for row in rows:
        assert set(row) == {"date", "ticker", "close", "volume"}
        assert row["close"] == stored["close"].loc[row["date"], row["ticker"]]
    assert {row["volume"] for row in rows if row["ticker"] == "SP500"} == {None}


def test_prices_as_of_a_past_session_end_there(researcher: httpx.Client) -> None:
    rows = researcher.get("/prices", params={"as_of": "2022-12-01", "end": "2022-12-20"}).json()["rows"]
    assert max(row["date"] for row in rows) == "2022-12-01"


def test_returns_come_by_date_and_portfolio(server: Any, researcher: httpx.Client) -> None:
    rows = researcher.get("/backtests/returns", params={"portfolio": "index", "start": "2022-12-01"}).json()["rows"]
    stored = server.store.read_table("net_returns/sample/2022-12-28")
    expected = stored[stored["date"] >= "2022-12-01"]["index"].tolist()
    assert [row["net_return"] for row in rows] == expected
    assert {row["portfolio"] for row in rows} == {"index"}
