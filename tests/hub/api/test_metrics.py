"""Figures for Prometheus: readable by its own parser, and those of the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families


def _read(client: httpx.Client) -> dict[str, dict[tuple[str, ...], float]]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name: {tuple(s.labels.values()): s.value for s in family.samples if s.name == sample.name}
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_runs_data_proposals_and_services_are_told(start: Callable[..., Any], propose: Callable[..., str]) -> None:
    server = start()
    propose(server)
    services = server.settings.home / "services"
    services.mkdir()
    (services / "quotes.json").write_text(json.dumps({"state": "live", "at": datetime.now(UTC).isoformat()}))
    (services / "broken.json").write_text("{")
    with server.client("operator") as client:
        found = _read(client)
    assert found["foliohub_runs"][("daily-forecast", "succeeded")] == 1
    assert set(found["foliohub_run_last_success_seconds"].values()) == {20.0}
    session = datetime(2022, 12, 28, tzinfo=UTC).timestamp()
    assert found["foliohub_data_last_session_timestamp_seconds"] == {("sample",): session}
    assert found["foliohub_proposals"] == {("sample", "proposed"): 1}
    assert 0 <= found["foliohub_service_report_age_seconds"][("quotes", "live")] < 60
    assert len(found["foliohub_service_report_age_seconds"]) == 1
    assert found["foliohub_store_bytes"][()] > 1e5


def test_requests_are_counted_by_route_and_not_by_what_people_type(start: Callable[..., Any]) -> None:
    server = start()
    with server.client("operator") as client:
        for path in ("/runs/a", "/runs/b", "/wp-admin", "/x"):
            client.get(path)
        counts = _read(client)["foliohub_api_requests_total"]
    assert counts[("GET", "/runs/{identifier}", "404")] == 2
    assert counts[("GET", "none", "404")] == 2
