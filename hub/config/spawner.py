"""A researcher's own server on one machine: a private home, and an environment without secrets."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from foliohub.config import Settings
from hub.config.roles import SERVER_TOKEN


def configure_spawner(c: Any, settings: Settings) -> None:
    """Say how servers start."""
    people = settings.home / "people"
    c.JupyterHub.spawner_class = "jupyterhub.spawner.SimpleLocalProcessSpawner"
    spawner = c.Spawner
    c.SimpleLocalProcessSpawner.home_dir_template = f"{people}/{{username}}"
    spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
    spawner.default_url = "/lab"
    spawner.server_token_scopes = list(SERVER_TOKEN)
    spawner.start_timeout = 60
    spawner.http_timeout = 60
    # A list of what goes in, not of what stays out: the hub's own environment holds its keys.
    spawner.env_keep = ["PATH", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "TMPDIR"]
    spawner.environment = {
        "FOLIOHUB_HOME": str(settings.home),
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_SUPERVISED": str(settings.home),
    }
    spawner.args = ["--ServerApp.ip=127.0.0.1"]
    if find_spec("hub.researcher") is not None:
        import_module("hub.researcher").configure(c, settings)
