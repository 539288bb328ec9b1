"""The supervisor from outside: start it, wait until it is up, end it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from foliohub.config import Settings
from foliohub.errors import RunError
from hub.config.settings import HubSettings
from hub.supervisor import leftovers
from hub.supervisor.database import check_database
from hub.supervisor.node import find_node, find_proxy
from hub.supervisor.ports import check_free
from hub.supervisor.state import State, StateFile

_LEASH = Path(__file__).with_name("leash.py")
_PATIENCE = 180.0
_ENDING = 40.0


def check(settings: Settings, hub: HubSettings) -> None:
    """See, before anything is started, whether the platform could start.

    Raises
    ------
    ConfigurationError
        If its port is taken, its database is of a newer JupyterHub, or Node or the proxy is missing.
    """
    leftovers.end_all(settings.home)  # of a supervisor that was killed: its proxy may hold the port
    check_free(hub.address, hub.port)
    if not hub.database:
        check_database(settings.home / "hub" / "jupyterhub.sqlite")
    find_node()
    find_proxy()


def start(settings: Settings, variables: dict[str, str], *, tied: bool) -> subprocess.Popen[bytes]:
    """Start the supervisor.

    Parameters
    ----------
    settings : Settings
        Of this installation.
    variables : dict of str to str
        Settings of the hub, as environment variables.
    tied : bool
        Whether it ends when this process does.
    """
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hub.supervisor"]
    if tied:
        command = [sys.executable, "-ISs", str(_LEASH), str(os.getpid()), "0", *command]
    environment = os.environ | variables
    environment |= {
        "PYTHONPATH": str(settings.project),
        "FOLIOHUB_PROJECT": str(settings.project),
        "FOLIOHUB_HOME": str(settings.home),
    }
    with (logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=settings.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a closed terminal ends it no more
        )


def wait_until_up(settings: Settings, process: subprocess.Popen[bytes]) -> Iterator[State]:
    """Yield the state as it changes; ends once the platform runs.

    Raises
    ------
    RunError
        If it does not come up; says why, and where the logs are.
    """
    file = StateFile(settings.home / "hub")
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        code = process.poll()
        state = file.last()
        if state is not None and state.supervisor.pid != process.pid:
            state = None  # of the one before
        if state is not None:
            yield state
            if state.phase == "running":
                return
        if code is not None or (state is not None and state.phase == "failed"):
            said = state.detail if state is not None and state.phase == "failed" else "The supervisor ended."
            raise RunError(f"The platform did not start: {said}", remedy="See what is missing: foliohub doctor")
        time.sleep(0.05)
    raise RunError(
        f"The platform did not start within {_PATIENCE:g} s.", remedy=f"Its logs are in {settings.home / 'logs'}."
    )


def end(settings: Settings) -> bool:
    """End the platform and whatever it left; tells whether there was a supervisor.

    Raises
    ------
    RunError
        If it does not end.
    """
    file = StateFile(settings.home / "hub")
    held = file.held()
    if held:
        state = file.last()
        supervisor = state.supervisor.find() if state else None
        if supervisor is not None:
            supervisor.terminate()
        deadline = time.monotonic() + _ENDING
        while file.held() and time.monotonic() < deadline:
            time.sleep(0.05)
        if file.held() and supervisor is not None:
            supervisor.kill()
    leftovers.end_all(settings.home)
    if file.held():
        raise RunError("The platform does not end.", remedy="See what runs: foliohub status")
    file.path.unlink(missing_ok=True)
    return held
