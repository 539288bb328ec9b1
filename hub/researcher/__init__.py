"""What a researcher's own server is: JupyterLab with our kernel, templates and launcher, confined to a private home.

`configure` tells the hub how to start it; `start.py` runs first in it; JupyterLab reads ``lab/`` and ``share/``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foliohub.errors import ConfigurationError
from foliohub.runs.opening import open_seal
from hub.config.private import private_folder
from hub.researcher import confinement

if TYPE_CHECKING:
    from foliohub.config import Settings

FOLDER = Path(__file__).parent


def configure(c: Any, settings: Settings) -> None:
    """Tell JupyterHub's spawner how servers start on this machine.

    Parameters
    ----------
    c : traitlets.config.Config
        What `get_config()` gives in a configuration file.
    settings : Settings
        Of this installation.

    Notes
    -----
    Python starts isolated (``-I``): nothing that lies in the home, which is its owner's to write, may run before the
    server is confined.
    """
    c.Spawner.cmd = [sys.executable, "-I", str(FOLDER / "start.py"), sys.executable, "-m", "jupyterhub.singleuser"]
    c.Spawner.environment.update(environment(settings))
    if os.geteuid() == 0:  # in a container; the server refuses otherwise
        c.Spawner.args.append("--allow-root")
    private_folder(settings.home / "people")
    open_seal(settings).prepare()  # her programs read the public key; they could not make one


def environment(settings: Settings) -> dict[str, str]:
    """Variables of every researcher's server: none of them secret.

    Parameters
    ----------
    settings : Settings
        Of this installation.
    """
    from foliohub.data.addresses import Address

    variables = {
        "JUPYTER_PATH": str(FOLDER / "share"),
        "JUPYTER_CONFIG_PATH": str(FOLDER / "lab"),
        # Dask fills in the prefix and the port: its pages come through the hub, with the hub's log-in.
        "DASK_DISTRIBUTED__DASHBOARD__LINK": "{JUPYTERHUB_SERVICE_PREFIX}proxy/{port}/status",
        "FOLIOHUB_CONFINED_TO": json.dumps(places(settings)),
    }
    variables |= {
        "FOLIOHUB_SIGNING_KEY": str(settings.signing_key),  # where it is, for a clear message: it cannot be read
        "FOLIOHUB_ACCEPTED_KEYS": str(settings.accepted_keys),
    }
    folders = {"FOLIOHUB_UNIVERSES": settings.universes, "FOLIOHUB_PORTFOLIOS": settings.portfolios}
    variables |= {name: str(folder.absolute()) for name, folder in folders.items() if folder is not None}
    if not Address.parse(settings.store).secrets:
        variables["FOLIOHUB_STORE"] = settings.store
    return variables


def places(settings: Settings) -> dict[str, list[str]]:
    """Folders a researcher's processes may read and write, besides the system's programs and their own home.

    Parameters
    ----------
    settings : Settings
        Of this installation.

    Raises
    ------
    ConfigurationError
        The key this installation signs with lies where they may read.

    Notes
    -----
    What runs leave behind is read only: a signed record and a report come of it. Not among these places: keys, people,
    logs and homes of others, all below `settings.home`, nor the home of whoever runs the platform. What of the project
    changes while it runs (``.foliohub``) is left out, as it may be `settings.home`.
    """
    from foliohub.data.addresses import Address

    home, store = settings.home, Address.parse(settings.store)
    writable = [home / "locks"]
    if store.scheme == "lmdb":
        writable.append(Path(store.location).absolute())
    for folder in writable:
        folder.mkdir(parents=True, exist_ok=True)
    readable = [settings.accepted_keys, *(home / name for name in ("quotes", "runs", "services"))]
    for folder in readable:
        folder.mkdir(parents=True, exist_ok=True)
    readable += [path for path in settings.project.iterdir() if path.name != ".foliohub" and path != home]
    readable += [Path(prefix) for prefix in (sys.prefix, sys.base_prefix)]
    readable += [folder.absolute() for folder in (settings.universes, settings.portfolios) if folder is not None]
    found = {
        "readable": sorted({os.path.realpath(path) for path in readable}),
        "writable": sorted({os.path.realpath(path) for path in writable}),
    }
    if not confinement.version():
        return found  # everything can be read
    key = Path(os.path.realpath(settings.signing_key))
    for place in (*confinement.SYSTEM, *found["readable"], *found["writable"]):
        if key.is_relative_to(place):
            raise ConfigurationError(
                f"The key that this installation signs with lies in {place}, where researchers' programs may read.",
                remedy="Move it to a folder of its own, and set FOLIOHUB_SIGNING_KEY to the file.",
            )
    return found
