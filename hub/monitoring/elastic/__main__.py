"""Set up Elasticsearch and Kibana: ``python -m hub.monitoring.elastic``; again, whenever a file here has changed.

Addresses and credentials come from the environment: ``ELASTICSEARCH_URL``, ``ELASTICSEARCH_USERNAME``,
``ELASTICSEARCH_PASSWORD``, ``ELASTICSEARCH_CA`` (a file; without it, the system's authorities; a `kibana.crt` beside it
is Kibana's) and ``KIBANA_URL``.
"""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from foliohub.errors import ConfigurationError, FoliohubError

_HERE = Path(__file__).parent


class ElasticSettings(BaseSettings):
    """Where Elasticsearch and Kibana are, and as whom to set them up.

    Attributes
    ----------
    elasticsearch_url, kibana_url : str
        Kibana's may be empty: then its searches are left out.
    elasticsearch_username : str
    elasticsearch_password : SecretStr
    elasticsearch_ca : Path or None
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    elasticsearch_url: str
    elasticsearch_username: str = "elastic"
    elasticsearch_password: SecretStr
    elasticsearch_ca: Path | None = None
    kibana_url: str = ""


def requests() -> Iterator[tuple[str, Any]]:
    """What is put where in Elasticsearch: first what others name."""
    for name, policy in _read("retention.json").items():
        yield f"/_ilm/policy/{name}", policy
    yield "/_index_template/foliohub-logs", _read("index-template.json")
    yield "/_index_template/foliohub-audit", _read("audit-template.json")
    for name, role in _read("roles.json").items():
        yield f"/_security/role/{name}", role


def set_up(settings: ElasticSettings) -> list[str]:
    """Put everything in its place; gives what was put. Doing it again changes nothing.

    Raises
    ------
    ConfigurationError
        One of them refused or did not answer; says what and why.
    """
    trust = ssl.create_default_context(cafile=settings.elasticsearch_ca)
    if settings.elasticsearch_ca is not None and (kibana := settings.elasticsearch_ca.with_name("kibana.crt")).exists():
        trust.load_verify_locations(kibana)
    credentials = (settings.elasticsearch_username, settings.elasticsearch_password.get_secret_value())
    done = []
    with httpx.Client(auth=credentials, verify=trust, timeout=30) as client:
        for path, content in requests():
            _send(client, "PUT", settings.elasticsearch_url.rstrip("/") + path, json=content)
            done.append(path)
        if settings.kibana_url:
            url = f"{settings.kibana_url.rstrip('/')}/api/saved_objects/_import?overwrite=true"
            file = {"file": ("saved-search.ndjson", (_HERE / "saved-search.ndjson").read_bytes())}
            _send(client, "POST", url, files=file, headers={"kbn-xsrf": "foliohub"})
            done.append("saved-search.ndjson")
    return done


def _send(client: httpx.Client, method: str, url: str, **content: Any) -> None:
    try:
        answer = client.request(method, url, **content)
    except httpx.HTTPError as error:
        raise ConfigurationError(
            f"{url} does not answer: {error}.", remedy="See whether it runs, and start again."
        ) from None
    if not answer.is_success:
        raise ConfigurationError(
            f"{url} was refused with {answer.status_code}: {answer.text[:300]}", remedy="Correct it, and start again."
        )


def _read(name: str) -> Any:
    return json.loads((_HERE / name).read_text(encoding="utf-8"))


def main() -> int:
    """Set up, and say what was done; 1 where it failed."""
    try:
        done = set_up(ElasticSettings())
    except (FoliohubError, ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
