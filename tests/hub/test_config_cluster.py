"""The hub's configuration on Kubernetes: what is added to the chart's own, and what no researcher's pod is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from foliohub.errors import ConfigurationError
from hub.config import hub as hub_config
from hub.config.headers import tornado_settings
from hub.config.services import SERVICES
from hub.config.settings import load_hub_settings

ROOT = Path(__file__).parents[2]
IMAGE = "registry.example/foliohub/research:1.2.3"


@pytest.fixture(autouse=True)
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "FOLIOHUB_HOME": str(tmp_path / "home"),
        "FOLIOHUB_HUB_PLATFORM": "kubernetes",
        "FOLIOHUB_HUB_AUTHENTICATOR": "chart",
        "FOLIOHUB_CLUSTER_NAMESPACE": "folio-dask",
        "FOLIOHUB_STORE": "s3://store:bucket?access=me&secret=hush",
        "HELM_RELEASE_NAME": "folio",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def chart() -> Config:
    """What the chart's own configuration has set when ours is called."""
    c = Config()
    c.JupyterHub.base_url = "/"
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    c.JupyterHub.services = [
        {"name": "jupyterhub-idle-culler", "command": ["cull"]},
        *({"name": service.name, "api_token": f"token of {service.name}"} for service in SERVICES),
        {"name": "monitoring", "api_token": "token of monitoring"},
    ]
    c.JupyterHub.load_roles = [{"name": "jupyterhub-idle-culler", "services": ["jupyterhub-idle-culler"]}]
    c.KubeSpawner.extra_labels = {"hub.jupyter.org/network-access-hub": "true"}
    c.KubeSpawner.volumes = {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}}
    c.KubeSpawner.volume_mounts = {"home": {"name": "home", "mountPath": "/home/foliohub"}}
    c.KubeSpawner.image = IMAGE
    c.KubeSpawner.environment = {"TZ": "Europe/Zurich"}
    c.Spawner.cmd = "jupyterhub-singleuser"
    return c


def configured() -> Config:
    c = chart()
    hub_config.configure(c)
    return c


def test_services_keep_the_charts_tokens_and_get_addresses_of_the_release() -> None:
    services = {service["name"]: service for service in configured().JupyterHub.services}
    assert services["api"]["url"] == "http://folio-api:8080"
    assert services["dashboards"]["url"] == "http://folio-dashboards:8080"
    assert services["api"]["api_token"] == "token of api"
    assert services["api"]["oauth_redirect_uri"] == "/services/api/oauth_callback"
    assert "url" not in services["scheduler"]
    assert services["jupyterhub-idle-culler"] == {"name": "jupyterhub-idle-culler", "command": ["cull"]}


def test_a_service_can_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLIOHUB_HUB_SERVICE_URLS", json.dumps({"api": "http://elsewhere:1"}))
    services = {service["name"]: service for service in configured().JupyterHub.services}
    assert services["api"]["url"] == "http://elsewhere:1"


def test_roles_join_those_of_the_chart() -> None:
    roles = {role["name"]: role for role in configured().JupyterHub.load_roles}
    assert {"jupyterhub-idle-culler", "user", "researcher", "manager", "operator"} <= set(roles)
    assert "read:metrics" in roles["foliohub-monitoring"]["scopes"]
    assert "foliohub-supervisor" not in roles


def test_the_charts_settings_of_the_web_server_stay() -> None:
    settings = configured().JupyterHub.tornado_settings
    assert settings["slow_spawn_timeout"] == 0
    assert "Content-Security-Policy" in settings["headers"]


def test_a_pod_holds_no_key_and_no_address_with_credentials() -> None:
    spawner = configured().KubeSpawner
    shown = json.dumps([spawner.environment, spawner.volumes, spawner.volume_mounts, spawner.cmd])
    assert "hush" not in shown
    assert spawner.environment["FOLIOHUB_STORE"]["valueFrom"]["secretKeyRef"] == {
        "name": "foliohub-store",
        "key": "uri",
    }
    secrets = [volume["secret"] for volume in spawner.volumes.values() if "secret" in volume]
    assert [[item["key"] for item in secret["items"]] for secret in secrets] == [["accepted.pem"]]
    mounted = [mount["mountPath"] for mount in spawner.volume_mounts.values()]
    assert not [place for place in mounted if Path(spawner.environment["FOLIOHUB_SIGNING_KEY"]).is_relative_to(place)]


def test_a_pod_and_its_clusters_are_of_the_charts_image_and_it_keeps_what_the_chart_said() -> None:
    spawner = configured().KubeSpawner
    assert spawner.image == spawner.environment["FOLIOHUB_IMAGE"] == IMAGE
    assert spawner.environment["TZ"] == "Europe/Zurich"
    assert spawner.environment["FOLIOHUB_CLUSTER_NAMESPACE"] == "folio-dask"
    assert spawner.extra_labels == {"hub.jupyter.org/network-access-hub": "true", "foliohub/role": "researcher"}
    assert spawner.volume_mounts["home"]["mountPath"] == "/home/foliohub"
    assert spawner.service_account == "folio-researcher"
    assert spawner.extra_pod_config == {"enableServiceLinks": False}
    assert (ROOT / Path(spawner.cmd[2]).relative_to("/srv/foliohub")).is_file()


def test_volumes_are_added_to_a_list_too() -> None:
    c = chart()
    c.KubeSpawner.volumes, c.KubeSpawner.volume_mounts = [{"name": "home"}], [{"name": "home"}]
    hub_config.configure(c)
    for added in (c.KubeSpawner.volumes, c.KubeSpawner.volume_mounts):
        assert [entry["name"].partition("-")[0] for entry in added] == ["home", "foliohub", "foliohub", "foliohub"]


def test_behind_an_ingress_with_tls_cookies_stay_with_tls() -> None:
    assert tornado_settings(load_hub_settings(tls_in_front=True))["cookie_options"]["secure"]
    assert not tornado_settings(load_hub_settings())["cookie_options"]["secure"]


def test_a_file_of_people_that_is_not_mounted_ends_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = tmp_path / "people.json"
    monkeypatch.setenv("FOLIOHUB_HUB_AUTHENTICATOR", "file")
    monkeypatch.setenv("FOLIOHUB_HUB_PEOPLE", str(people))
    with pytest.raises(ConfigurationError, match=r"no file of people at .*people\.json"):
        configured()
    people.write_text('{"people": {}}')
    assert configured().PeopleAuthenticator.people_file == str(people)


def test_the_file_in_the_hubs_image_configures_what_the_chart_left(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {"c": chart()}
    file = ROOT / "hub" / "config" / "jupyterhub_config.d" / "platform_config.py"
    exec(compile(file.read_text(), file.name, "exec"), names)
    assert names["c"].KubeSpawner.image == IMAGE
