"""The small server beside services without pages: what it says, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from foliohub.errors import ConfigurationError
from hub.monitoring.endpoint import Endpoint, EndpointSettings, serve, token_digest

TOKEN = "0123456789abcdef"


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("foliohub_test_things", "Things.", registry=registry).inc(3)
    return registry


@pytest.fixture
def endpoint(registry: CollectorRegistry) -> Iterator[Endpoint]:
    settings = EndpointSettings(address="127.0.0.1:0", digest=token_digest(TOKEN))
    served = Endpoint(registry, settings, alive=lambda: "The loop has stopped.")
    yield served
    served.close()


def _url(endpoint: Endpoint) -> str:
    host, port = endpoint.address
    return f"http://{host}:{port}"


def test_metrics_take_the_token_and_nothing_else_opens_them(endpoint: Endpoint) -> None:
    wrong = [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {TOKEN}0"}]
    wrong += [{"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}]
    for headers in wrong:
        assert httpx.get(f"{_url(endpoint)}/metrics", headers=headers).status_code == 401
    for scheme in ("Bearer", "token"):
        answer = httpx.get(f"{_url(endpoint)}/metrics", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert "foliohub_test_things_total 3.0" in answer.text
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_a_service_that_is_unwell_says_why_with_503(endpoint: Endpoint) -> None:
    answer = httpx.get(f"{_url(endpoint)}/health")
    assert (answer.status_code, answer.text) == (503, "The loop has stopped.\n")
    assert httpx.get(f"{_url(endpoint)}/ready").status_code == 200
    assert httpx.get(f"{_url(endpoint)}/else").status_code == 404
    assert httpx.post(f"{_url(endpoint)}/metrics").status_code == 501


def test_without_a_digest_whoever_reaches_the_address_may_read(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLIOHUB_METRICS_ADDRESS", "127.0.0.1:0")
    served = serve(registry)
    assert served is not None
    assert httpx.get(f"{_url(served)}/metrics").status_code == 200
    served.close()


def test_no_address_serves_nothing_and_a_wrong_or_taken_one_is_named(
    registry: CollectorRegistry, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert serve(registry) is None
    for wrong in ("9101", "localhost", "x:y"):
        monkeypatch.setenv("FOLIOHUB_METRICS_ADDRESS", wrong)
        with pytest.raises(ConfigurationError, match="FOLIOHUB_METRICS_ADDRESS"):
            serve(registry)
    monkeypatch.setenv("FOLIOHUB_METRICS_ADDRESS", f"127.0.0.1:{endpoint.address[1]}")
    with pytest.raises(ConfigurationError, match="cannot be served"):
        serve(registry)
