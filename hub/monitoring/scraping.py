"""Prometheus on the same machine: which parts of the platform it asks, with which token, and by which rules it judges.

The platform's ports change with every start, so the supervisor writes them down where Prometheus looks again and again:
``FOLIOHUB_HOME/monitoring/targets.json``. The token lies beside it, readable by its owner alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from hub.config.private import private_folder, write_private

if TYPE_CHECKING:
    from hub.config.settings import HubSettings

RULES = Path(__file__).with_name("rules")
_PREFIX = "foliohub-"


def write_targets(home: Path, hub: HubSettings, services: Mapping[str, str], token: str) -> None:
    """Tell Prometheus whom to ask.

    Parameters
    ----------
    home : Path
        The state folder.
    hub : HubSettings
        Complete, with the hub's port.
    services : mapping of str to str
        Name of a service -> ``HOST:PORT`` of its metrics.
    token : str
        Of the hub's service `monitoring`.
    """
    folder = private_folder(home / "monitoring")
    parts = {"hub": (hub.hub_url.partition("://")[2], f"{hub.base_url}hub/metrics")}
    parts |= {name: (address, "/metrics") for name, address in services.items()}
    targets = [
        {"targets": [address], "labels": {"job": _PREFIX + name, "instance": name, "__metrics_path__": path}}
        for name, (address, path) in sorted(parts.items())
    ]
    write_private(folder / "token", token)
    write_private(folder / "targets.json", json.dumps(targets, indent=1))


def write_configuration(home: Path, interval: str = "15s") -> Path:
    """Write ``prometheus.yml`` for the platform of a state folder; gives where.

    Parameters
    ----------
    home : Path
    interval : str
        Between two scrapes and two looks at the rules, in Prometheus' notation.
    """
    folder = private_folder(home / "monitoring")
    content = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval, "scrape_timeout": interval},
        "rule_files": [str(RULES / "*.yaml")],
        "scrape_configs": [
            {
                "job_name": "foliohub",
                "file_sd_configs": [{"files": [str(folder / "targets.json")], "refresh_interval": interval}],
                "authorization": {"credentials_file": str(folder / "token")},
            }
        ],
    }
    path = folder / "prometheus.yml"
    write_private(path, yaml.safe_dump(content, sort_keys=False))
    return path


__all__ = ["RULES", "write_configuration", "write_targets"]
