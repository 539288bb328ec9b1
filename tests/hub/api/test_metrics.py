"""Figures for Prometheus, and one trace from a request to the run it asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from foliohub.schedule import open_requests

TRACE = "0af7651916cd43dd8448eb211c80319c"


def _read(client: httpx.Client) -> dict[str, dict[tuple[str, ...], float]]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name: {tuple(s.labels.values()): s.value for s in family.samples if s.name == sample.name}
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_not_by_what_people_type(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("operator") as client:
        for path in ("/runs/a", "/runs/b", "/wp-admin", "/x"):
            client.get(path)
        counts = _read(client)["foliohub_api_requests_total"]
    assert counts[("GET", "/runs/{identifier}", "404")] == 2
    assert counts[("GET", "none", "404")] == 2


def test_figures_are_for_operators_and_monitoring_alone(start: Callable[..., Any]) -> None:
    server = start()
    for who in ("researcher", "manager"):
        with server.client(who) as client:
            assert client.get("/metrics").status_code == 403


def test_a_request_hands_its_trace_to_the_run_it_asks_for_and_to_every_line(
    start: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    server = start()
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Request-ID": "night-12"}
    with caplog.at_level(logging.INFO), server.client("operator") as client:
        answer = client.post("/runs?token=never-told", json={"job": "daily-score"}, headers=headers)
        assert answer.is_success, answer.text
        assert answer.headers["x-request-id"] == "night-12"
        odd = client.get("/runs", headers={"X-Request-ID": "<script>" * 30})
        assert len(odd.headers["x-request-id"]) == 32
    (request,) = open_requests(server.settings, server.store).list()
    assert request.trace == TRACE
    told = next(record.__dict__ for record in caplog.records if record.name == "hub.api.gate")
    assert told["http.response.status_code"] == answer.status_code
    assert told["user.name"] == "operator"
    assert not [r for r in caplog.records if not r.name.startswith("http") and "never-told" in str(r.__dict__)]
    asked = [record for record in caplog.records if getattr(record, "event.action", "") == "run-requested"]
    assert [record.__dict__["user.name"] for record in asked] == ["operator"]
