"""Logs on their way to Kibana: what Filebeat is told, how long lines are kept, and that set-up does what it says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from foliohub.errors import ConfigurationError
from hub.monitoring import elastic
from hub.monitoring.elastic.__main__ import ElasticSettings, requests, set_up

FOLDER = Path(elastic.__file__).parent


class _Handler(BaseHTTPRequestHandler):
    said: list[tuple[str, str, bytes, str]]
    status = 200

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.said.append((self.command, self.path, body, self.headers["Authorization"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"{}" if self.status == 200 else b"no such setting")

    do_POST = do_PUT  # noqa: N815 (the name http.server calls)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def handler() -> type[_Handler]:
    return type("Handler", (_Handler,), {"said": []})


@pytest.fixture
def settings(handler: type[_Handler]) -> Iterator[ElasticSettings]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield ElasticSettings(elasticsearch_url=url, elasticsearch_password="a-password", kibana_url=f"{url}/kibana")
    server.shutdown()
    server.server_close()


def test_everything_is_put_where_it_belongs(settings: ElasticSettings, handler: type[_Handler]) -> None:
    done = set_up(settings)
    assert [path for _, path, _, _ in handler.said[:-1]] == done[:-1] == [path for path, _ in requests()]
    assert all(authorization.startswith("Basic ") for *_, authorization in handler.said)
    method, path, body, _ = handler.said[-1]
    assert (method, path) == ("POST", "/kibana/api/saved_objects/_import?overwrite=true")
    assert (FOLDER / "saved-search.ndjson").read_bytes() in body


def test_a_refusal_is_told_without_the_password(settings: ElasticSettings, handler: type[_Handler]) -> None:
    handler.status = 400
    with pytest.raises(ConfigurationError, match="400: no such setting") as refused:
        set_up(settings)
    assert "a-password" not in str(refused.value)


def test_templates_name_policies_there_are_and_audit_is_kept_longest() -> None:
    policies = json.loads((FOLDER / "retention.json").read_text())
    for name in ("index-template", "audit-template"):
        template = json.loads((FOLDER / f"{name}.json").read_text())
        assert template["template"]["settings"]["index.lifecycle.name"] in policies
        assert template["data_stream"] == {}
    ages = {name: int(one["policy"]["phases"]["delete"]["min_age"][:-1]) for name, one in policies.items()}
    assert ages["foliohub-audit"] > 365 > ages["foliohub-logs"]


def test_who_writes_logs_can_only_add() -> None:
    roles = json.loads((FOLDER / "roles.json").read_text())
    assert roles["foliohub-logs"]["indices"][0]["privileges"] == ["auto_configure", "create_doc"]
    readers = [name for one in roles["foliohub-log-readers"]["indices"] for name in one["names"]]
    assert readers == ["logs-foliohub-*"]


def test_filebeat_sends_what_is_audited_to_a_place_of_its_own_and_holds_no_secret() -> None:
    told = yaml.safe_load((FOLDER / "filebeat.yaml").read_text())
    output = told["output.elasticsearch"]
    assert output["indices"][0] == {
        "index": "logs-foliohub.audit-default",
        "when.equals.event.dataset": "foliohub.audit",
    }
    assert output["password"] == "${ELASTICSEARCH_PASSWORD}"
    parsers = [t["config"][0]["parsers"] for t in told["filebeat.autodiscover"]["providers"][0]["templates"]]
    assert all([list(parser) for parser in one] == [["container"], ["ndjson"]] for one in parsers)


def test_searches_name_a_view_there_is() -> None:
    objects = [json.loads(line) for line in (FOLDER / "saved-search.ndjson").read_text().splitlines()]
    views = {one["id"] for one in objects if one["type"] == "index-pattern"}
    searches = [one for one in objects if one["type"] == "search"]
    assert searches
    for search in searches:
        assert {reference["id"] for reference in search["references"]} <= views
        source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        assert source["query"]["query"]
