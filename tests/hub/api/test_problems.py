"""Whatever goes wrong, the answer is a problem document that says what and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from foliohub import errors
from hub.api.problems import Problem, from_error


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/nothing", 404, "nothing at"),
        ("GET", "/forecasts/", 404, "nothing at"),
        ("GET", "/forecasts?as_of=2020-01-02", 404, "No run has published forecasts of sample for 2020-01-02"),
        ("GET", "/forecasts?universe=mars", 404, "'mars'"),
        ("GET", "/prices?universe=av30", 404, "raw/av30"),
        ("GET", "/prices?as_of=1218-12-25", 404, "raw/sample"),
        ("GET", "/prices?ticker=ZZZ", 404, "ZZZ is no ticker of sample"),
        ("GET", "/runs/none.2020-01-02.1", 404, "no run 'none.2020-01-02.1'"),
        ("GET", "/runs/daily-forecast.2022-12-28.1/outputs/report", 404, "has no report"),
        ("DELETE", "/forecasts", 405, "DELETE cannot be used here"),
        ("GET", "/forecasts?as_of=yesterday", 422, "YYYY-MM-DD"),
        ("GET", "/forecasts?as_of=1671", 422, "YYYY-MM-DD"),
        ("GET", "/forecasts?as_of=2022-02-30", 422, "query.as_of"),
        ("GET", "/forecasts?horizon=x", 422, "query.horizon"),
        ("GET", "/forecasts?limit=0", 422, "query.limit"),
        ("GET", "/forecasts?limit=50001", 422, "query.limit"),
        ("GET", "/forecasts?cursor=1", 422, "cursor"),
        ("GET", "/forecasts?cursor=0.-1", 422, "cursor"),
        ("GET", "/forecasts?modle=arima", 422, "query.modle"),
        ("GET", "/forecasts?universe=../etc", 422, "query.universe"),
        ("GET", "/runs?status=lost", 422, "query.status"),
        ("GET", "/runs/..%2F..%2Fetc", 404, "nothing at"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    researcher: httpx.Client, method: str, path: str, status: int, said: str
) -> None:
    answer = researcher.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(answer.json())
    assert (answer.status_code, problem.status) == (status, status)
    assert said in problem.detail
    assert answer.headers["cache-control"] == "no-store"


def test_every_wrong_part_of_a_query_is_named(researcher: httpx.Client) -> None:
    problem = researcher.get("/forecasts?limit=0&as_of=x&other=1").json()
    assert [error["where"] for error in problem["errors"]] == ["query.limit", "query.as_of", "query.other"]


def test_405_names_the_methods_there_are(researcher: httpx.Client) -> None:
    assert researcher.patch("/runs/x").headers["allow"] == "GET, HEAD"


def test_an_error_of_ours_is_logged_and_not_told(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = start()

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(server.app.state.context.catalogue, "find", fail)
    with server.client("researcher") as client:
        answer = client.get("/forecasts")
    assert answer.status_code == 500
    assert Problem.model_validate(answer.json()).title == "Internal Server Error"
    assert "secret" not in answer.text
    assert "the secret of the house" in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotStoredError("x"), 404),
        (errors.InputError("x"), 422),
        (errors.RunInProgressError("x"), 409),
        (errors.StoreError("x"), 503),
        (errors.VendorUnavailableError("x"), 503),
        (errors.ModelError("x"), 500),
    ],
)
def test_errors_of_the_library_have_their_status(error: errors.FoliohubError, status: int) -> None:
    problem = from_error(error)
    assert problem.status == status
    assert ("Retry-After" in problem.headers) == (status == 503)


def test_head_answers_like_get_without_a_body(researcher: httpx.Client) -> None:
    get, head = researcher.get("/forecasts"), researcher.head("/forecasts")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-length"] == str(len(get.content))
