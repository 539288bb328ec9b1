"""Processes of runs that are over: found by the mark in their environment, ended by force.

A run's process has started others, and these others again, each perhaps in a group of its own. All carry the request's
id in ``FOLIOHUB_REQUEST``, and nothing else does.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil


def end_leftovers(home: Path, identifier: str | None = None, *, but: int | None = None) -> int:
    """End what runs have left.

    Parameters
    ----------
    home : Path
        ``FOLIOHUB_HOME``: nobody else's processes are touched.
    identifier : str, optional
        Of one request; by default of all.
    but : int, optional
        A process to spare.

    Returns
    -------
    int
        How many there were.
    """
    spared = (os.getpid(), but)
    left = [p for p in psutil.process_iter() if p.pid not in spared and _belongs(p, home, identifier)]
    for process in left:
        try:
            process.kill()  # psutil checks that the number still means the same process
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=1.0)
    return len(left)


def _belongs(process: psutil.Process, home: Path, identifier: str | None) -> bool:
    try:
        if process.uids().real != os.getuid() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    request = environment.get("FOLIOHUB_REQUEST")
    return bool(request) and environment.get("FOLIOHUB_HOME") == str(home) and identifier in (None, request)


__all__ = ["end_leftovers"]
