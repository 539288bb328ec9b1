"""Ports: whether one is free, who holds it, and free ones for what only this machine talks to."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import psutil

from foliohub.errors import ConfigurationError


def check_free(address: str, port: int) -> None:
    """Refuse a port on which the platform cannot listen.

    Raises
    ------
    ConfigurationError
        Says who has it, as far as this user may know, or why it cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last connections of a hub that ended
            trial.bind((address, port))
    except PermissionError:
        raise ConfigurationError(
            f"Port {port} is reserved for the system's administrator.",
            remedy=f"Take one above 1023: foliohub up --port {port + 8000 if port < 1024 else 8000}",
        ) from None
    except socket.gaierror:
        raise ConfigurationError(f"{address!r} is no address of this machine.", remedy="Try 127.0.0.1.") from None
    except OSError as error:
        holder = _holder(port)
        if holder is None and "requested address" in str(error).lower():
            raise ConfigurationError(f"{address!r} is no address of this machine.", remedy="Try 127.0.0.1.") from None
        raise ConfigurationError(
            f"Port {port} is taken{f' by {holder}' if holder else ''}.",
            remedy=f"End that program, or take another port: foliohub up --port {port + 1}",
        ) from None


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that are free now, all different."""
    with ExitStack() as held:
        found = []
        for _ in range(count):
            trial = held.enter_context(socket.socket())
            trial.bind(("127.0.0.1", 0))
            found.append(int(trial.getsockname()[1]))
        return found


def _holder(port: int) -> str | None:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:  # it is somebody else's, or it ended meanwhile
        return None
    return None
