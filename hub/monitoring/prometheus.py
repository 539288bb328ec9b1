"""Prometheus beside the platform of this machine, for as long as somebody watches."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from foliohub.errors import ConfigurationError
from hub.monitoring.scraping import write_configuration


def command(home: Path, listen: str = "127.0.0.1:9090", interval: str = "15s") -> list[str]:
    """Write the configuration; gives the command that runs Prometheus with it.

    Parameters
    ----------
    home : Path
        The state folder; figures are kept in its `monitoring/figures`, for 30 days.
    listen : str
        ``HOST:PORT`` of Prometheus' own pages, which take no password: keep them on this machine.
    interval : str
        Between two scrapes.

    Raises
    ------
    ConfigurationError
        Prometheus is not installed.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise ConfigurationError(
            "Prometheus is not installed.", remedy="Debian: apt install prometheus; elsewhere: https://prometheus.io"
        )
    configuration = write_configuration(home, interval)
    return [
        program,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={configuration.with_name('figures')}",
        "--storage.tsdb.retention.time=30d",
        f"--web.listen-address={listen}",
        "--log.level=warn",
    ]


def run(home: Path, listen: str) -> None:
    """Become Prometheus."""
    arguments = command(home, listen)
    os.execv(arguments[0], arguments)  # noqa: S606 (no shell is wanted)


__all__ = ["command", "run"]
