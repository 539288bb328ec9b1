"""The hub's configuration as JupyterHub reads it: roles, services, settings, and what differs between places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from foliohub.config import load_settings
from foliohub.errors import ConfigurationError
from hub.config.company import our_groups
from hub.config.headers import security_headers
from hub.config.hub import configure
from hub.config.roles import CUSTOM_SCOPES, EVERYBODY, MANAGER, OPERATOR, RESEARCHER, SERVER_TOKEN, load_roles
from hub.config.services import SERVICES
from hub.config.settings import load_hub_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOLIOHUB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def configured(**given: Any) -> Config:
    c = Config()
    configure(c, load_settings(), load_hub_settings(**given))
    return c


def test_every_custom_scope_is_known_and_given_to_somebody() -> None:
    given = {scope for scope in (*RESEARCHER, *MANAGER, *OPERATOR) if scope.startswith("custom:")}
    assert given == set(CUSTOM_SCOPES)


def test_only_managers_approve() -> None:
    assert [role["name"] for role in load_roles() if "custom:proposals:approve" in role["scopes"]] == ["manager"]


def test_nobody_may_act_as_somebody_else() -> None:
    dangerous = {"tokens", "access:servers", "admin:users", "admin:groups", "admin:services", "inherit", "shutdown"}
    for scopes in (EVERYBODY, RESEARCHER, MANAGER, OPERATOR, SERVER_TOKEN):
        assert not dangerous & set(scopes)


def test_a_notebooks_own_token_holds_nothing_its_owner_does_not() -> None:
    held = set(RESEARCHER) | set(EVERYBODY) | {"access:servers!server"}
    assert set(SERVER_TOKEN) <= held


def test_a_laptop_and_a_cluster_differ_only_in_settings(home: Path) -> None:
    laptop, cluster = configured(), configured(platform="kubernetes", authenticator="chart")
    for name in ("custom_scopes", "default_url", "authenticate_prometheus"):
        assert laptop.JupyterHub[name] == cluster.JupyterHub[name]
    people = [role for role in laptop.JupyterHub.load_roles if "services" not in role]
    assert people == cluster.JupyterHub.load_roles
    for brought_by_the_chart in ("db_url", "bind_url", "spawner_class"):
        assert brought_by_the_chart not in cluster.JupyterHub


def test_a_cluster_writes_nothing_into_the_home(home: Path) -> None:
    configured(platform="kubernetes", authenticator="chart")
    assert not home.exists()


def test_companies_groups_become_ours(home: Path) -> None:
    c = configured(
        platform="kubernetes", authenticator="oauth", oauth_groups={"quants": "researchers", "pms": "managers"}
    )
    assert c.JupyterHub.authenticator_class == "generic-oauth"
    assert c.OAuthenticator.allowed_groups == {"researchers", "managers", "operators"}
    groups = c.OAuthenticator.auth_state_groups_key
    assert groups({"oauth_user": {"groups": ["quants", "canteen", "managers"]}}) == {"researchers"}
    assert groups({"oauth_user": {}}) == set()
    assert groups({}) == set()
    assert "allow_all" not in c.Authenticator


@pytest.mark.parametrize("said", [None, "managers", {"managers": True}, [["managers"]], 7])
def test_groups_in_another_form_count_for_nothing(said: object) -> None:
    assert our_groups("user.groups", {"managers": "managers"})({"user": {"groups": said}}) == set()


def test_oauthenticator_accepts_these_settings(home: Path) -> None:
    from oauthenticator.generic import GenericOAuthenticator

    c = configured(platform="kubernetes", authenticator="oauth", oauth_groups={"pms": "managers"})
    authenticator = GenericOAuthenticator(config=c)
    assert authenticator.manage_groups
    assert authenticator.allowed_groups == {"researchers", "managers", "operators"}
    assert not authenticator.allow_all


def test_services_are_external_and_ask_nobody_for_confirmation(home: Path) -> None:
    urls = {service.name: "http://127.0.0.1:1" for service in SERVICES if service.web}
    tokens = {service.name: "0" * 64 for service in SERVICES}
    c = configured(service_urls=urls, service_tokens=tokens | {"culler": "1" * 64, "supervisor": "2" * 64})
    for service in c.JupyterHub.services:
        assert "command" not in service
        assert not service.get("admin")
        if "url" in service:
            assert service["oauth_no_confirm"]
            assert service["oauth_redirect_uri"] == f"/services/{service['name']}/oauth_callback"


def test_a_prefix_moves_everything_below_it(home: Path) -> None:
    c = configured(base_url="/folio/", service_urls={"api": "http://127.0.0.1:1"}, service_tokens={"api": "0" * 64})
    assert c.JupyterHub.bind_url == "http://127.0.0.1:8000/folio/"
    assert {service["oauth_redirect_uri"] for service in c.JupyterHub.services if service["name"] == "api"} == {
        "/folio/services/api/oauth_callback"
    }


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "foliohub.example"])
def test_an_address_others_reach_needs_tls_or_the_explicit_word(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unencrypted"):
        load_hub_settings(address=address)
    assert not load_hub_settings(address=address, plain_http=True).tls
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.touch()
    certificate.touch()
    assert load_hub_settings(address=address, tls_key=key, tls_certificate=certificate).tls


def test_half_of_tls_is_none(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()
    with pytest.raises(ConfigurationError, match="needs its certificate"):
        load_hub_settings(tls_key=key)
    with pytest.raises(ConfigurationError, match=r"there is no .*missing\.pem"):
        load_hub_settings(tls_key=key, tls_certificate=tmp_path / "missing.pem")


def test_a_wrong_setting_is_named_and_its_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLIOHUB_HUB_PORT", "hunter2")
    with pytest.raises(ConfigurationError, match="FOLIOHUB_HUB_PORT") as caught:
        load_hub_settings()
    assert "hunter2" not in str(caught.value)


def test_with_tls_browsers_are_told_to_stay_with_it(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    key.touch()
    certificate.touch()
    assert "Strict-Transport-Security" in security_headers(load_hub_settings(tls_key=key, tls_certificate=certificate))
    assert "Strict-Transport-Security" not in security_headers(load_hub_settings())


def test_a_persons_server_inherits_no_key_of_the_hub(home: Path) -> None:
    c = configured()
    passed_on = {*c.Spawner.env_keep, *c.Spawner.environment}
    passed_on -= {"FOLIOHUB_SIGNING_KEY", "FOLIOHUB_ACCEPTED_KEYS"}  # where they lie, which is no secret
    assert not [name for name in passed_on if "TOKEN" in name or "SECRET" in name or "KEY" in name or "HUB_HUB" in name]
