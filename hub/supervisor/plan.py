"""What runs on one machine: the proxy, the hub, the culler and the services, each with its environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from foliohub.config import SECRET_VARIABLES, Settings
from hub.config.roles import OWN_SERVICES
from hub.config.services import Service, installed
from hub.config.settings import HubSettings, load_hub_settings
from hub.monitoring.endpoint import token_digest
from hub.supervisor.child import Program
from hub.supervisor.keys import Keys, load_keys
from hub.supervisor.node import find_node, find_proxy
from hub.supervisor.ports import free_ports

_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV")
# What services may need besides: the store's credentials, how to reach vendors, how many threads to start.
_SERVICES: tuple[str, ...] = ("FOLIOHUB_", "AWS_", "AZURE_", "ARCTICDB_", "OMP_", "OPENBLAS_", "MKL_")
_SERVICES += ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_WITH_SECRETS = "scheduler"  # it runs the jobs, whose files name the secrets they get, and sends the alerts


def plan(settings: Settings, hub: HubSettings, variables: Mapping[str, str]) -> tuple[HubSettings, Keys, list[Program]]:
    """Decide what runs where.

    Parameters
    ----------
    settings, hub : Settings, HubSettings
        As read from the environment and the command line; ports and tokens are still open.
    variables : mapping
        The environment to take from what children need of it.

    Returns
    -------
    tuple
        The settings with every port and token, the keys, the programs in the order in which they start.

    Raises
    ------
    ConfigurationError
        If Node or the proxy is missing.
    """
    services = installed(settings.project)
    keys = load_keys(settings.home / "hub", (*OWN_SERVICES, *(service.name for service in services)))
    web = [service for service in services if service.web]
    hub_port, proxy_port, *ports = free_ports(2 + len(web) + len(services))
    ports, metrics = (
        ports[: len(web)],
        dict(zip((service.name for service in services), ports[len(web) :], strict=True)),
    )
    digest = token_digest(keys.services["monitoring"])
    complete = load_hub_settings(
        **hub.model_dump(exclude={"hub_port", "proxy_port", "service_urls", "service_tokens"}),
        hub_port=hub_port,
        proxy_port=proxy_port,
        service_urls={service.name: f"http://127.0.0.1:{port}" for service, port in zip(web, ports, strict=True)},
        service_tokens=dict(keys.services),
    )
    basic = _basic(settings, variables)
    secrets = {name: variables[name] for name in SECRET_VARIABLES if name in variables}
    kept = {name: value for name, value in variables.items() if name.upper().startswith(_SERVICES)}
    ours = {name: value for name, value in kept.items() if name not in secrets} | basic
    programs = [
        _proxy(complete, keys, basic),
        _hub(complete, keys, settings, ours),
        *(
            _service(
                service,
                complete,
                settings,
                ours
                | (secrets if service.name == _WITH_SECRETS else {})
                | {
                    "FOLIOHUB_METRICS_ADDRESS": f"127.0.0.1:{metrics[service.name]}",
                    "FOLIOHUB_METRICS_DIGEST": digest,
                },
            )
            for service in services
        ),
    ]
    if complete.cull_after:
        programs.append(_culler(complete, basic))
    return complete, keys, programs


def _basic(settings: Settings, variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: variables[name] for name in _KEPT if name in variables}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return kept | {
        "PATH": path,
        "PYTHONPATH": str(settings.project),
        "PYTHONUNBUFFERED": "1",
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_HOME": str(settings.home),
    }


def _proxy(hub: HubSettings, keys: Keys, basic: dict[str, str]) -> Program:
    command = [str(find_node()), str(find_proxy())]
    command += [
        "--ip",
        hub.address,
        "--port",
        str(hub.port),
        "--api-ip",
        "127.0.0.1",
        "--api-port",
        str(hub.proxy_port),
    ]
    command += ["--error-target", f"{hub.hub_url}{hub.base_url}hub/error", "--log-level", "warn"]
    if hub.tls:
        command += ["--ssl-key", str(hub.tls_key), "--ssl-cert", str(hub.tls_certificate)]
    variables = {name: value for name, value in basic.items() if not name.startswith(("PYTHON", "FOLIOHUB_"))}
    variables["CONFIGPROXY_AUTH_TOKEN"] = keys.proxy
    health = f"{hub.origin}/_chp_healthz"
    return Program("proxy", tuple(command), variables, health=health, vital=True)


def _hub(hub: HubSettings, keys: Keys, settings: Settings, ours: dict[str, str]) -> Program:
    configuration = settings.project / "hub" / "config" / "jupyterhub_config.py"
    variables = (
        ours
        | _as_variables(hub)
        | {
            "CONFIGPROXY_AUTH_TOKEN": keys.proxy,
            "FOLIOHUB_HUB_COOKIE_SECRET": keys.cookie_secret,
            "FOLIOHUB_HUB_CRYPT_KEY": keys.crypt_key,
        }
    )
    command = (sys.executable, "-m", "jupyterhub", "--config", str(configuration))
    return Program(
        "hub", command, variables, health=f"{hub.hub_url}{hub.base_url}hub/health", patience=15, keeps=True, vital=True
    )


def _service(service: Service, hub: HubSettings, settings: Settings, ours: dict[str, str]) -> Program:
    url = hub.service_urls.get(service.name, "")
    variables = {name: value for name, value in ours.items() if not name.startswith("FOLIOHUB_HUB_")}
    variables |= service.environment(
        token=hub.token(service.name), hub_url=hub.hub_url, base_url=hub.base_url, url=url, public_url=hub.origin
    )
    command = (sys.executable, "-m", f"hub.{service.name}")
    if service.web:
        return Program(service.name, command, variables, health=f"{url}{service.prefix(hub.base_url)}health")
    file = settings.home / "services" / f"{service.name}.json"
    return Program(service.name, command, variables, file=file, background=True)


def _culler(hub: HubSettings, basic: dict[str, str]) -> Program:
    variables = basic | {
        "JUPYTERHUB_API_TOKEN": hub.token("culler"),
        "JUPYTERHUB_API_URL": hub.api_url,
    }
    every = max(10, min(300, hub.cull_after // 4))
    command = (sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={hub.cull_after}", f"--cull-every={every}")
    return Program("culler", command, variables, background=True)


def _as_variables(hub: HubSettings) -> dict[str, str]:
    values = hub.model_dump(mode="json", exclude={"service_tokens", "cookie_secret", "crypt_key"}, exclude_none=True)
    tokens = {name: secret.get_secret_value() for name, secret in hub.service_tokens.items()}
    return {
        f"FOLIOHUB_HUB_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in (values | {"service_tokens": tokens}).items()
    }
