"""What the hub tells its web services is understood alike by all of them."""

from __future__ import annotations

import pytest

from hub.api.settings import ApiSettings
from hub.dashboards.settings import DashboardSettings
from hub.service_settings import ServiceSettings

SERVICES = [(ApiSettings, "/services/api/", 18200), (DashboardSettings, "/services/dashboards/", 18300)]


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_SERVICE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("service", "prefix", "port"), SERVICES)
def test_each_has_its_place_without_a_hub(service: type[ServiceSettings], prefix: str, port: int) -> None:
    settings = service()
    assert (settings.prefix, settings.address) == (prefix, ("127.0.0.1", port))


@pytest.mark.parametrize("service", [ApiSettings, DashboardSettings])
@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("http://0.0.0.0:8080", ("0.0.0.0", 8080)),
        ("https://hub.example", ("hub.example", 443)),
        ("http://hub.example", ("hub.example", 80)),
        ("http://[::1]:8080", ("::1", 8080)),
    ],
)
def test_they_listen_where_the_hub_says(
    service: type[ServiceSettings], listen: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_URL", listen)
    assert service().address == address


@pytest.mark.parametrize("service", [ApiSettings, DashboardSettings])
@pytest.mark.parametrize(("told", "prefix"), [("a/b", "/a/b/"), ("/a/b/", "/a/b/"), ("/", "/"), ("", "/")])
def test_a_prefix_begins_and_ends_with_a_slash(
    service: type[ServiceSettings], told: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", told)
    assert service().prefix == prefix
