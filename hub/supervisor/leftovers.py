"""Processes that a platform left behind, because somebody killed it without asking: found by a mark, and ended.

Every process the supervisor starts carries ``FOLIOHUB_SUPERVISED=<home>`` in its environment, and so does whatever it
starts in turn, people's servers and kernels included. A number alone is never trusted: it may be another's by now.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

MARK = "FOLIOHUB_SUPERVISED"
PART = "FOLIOHUB_PART"


def marked(home: Path, part: str | None = None) -> list[psutil.Process]:
    """Processes of the platform of one home, without this one and those above it.

    Parameters
    ----------
    home : Path
        ``FOLIOHUB_HOME``.
    part : str, optional
        Only what this part of it started.
    """
    own = {process.pid for process in (psutil.Process(), *psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            if process.uids().real != os.getuid():
                continue
            environment = process.environ()
        except (psutil.Error, OSError):  # ended meanwhile, or not ours to see
            continue
        if environment.get(MARK) == str(home) and part in (None, environment.get(PART)):
            found.append(process)
    return found


def end_all(home: Path, part: str | None = None) -> None:
    """End all processes of the platform of one home, or of one part of it, and those they start meanwhile."""
    for _ in range(5):
        found = marked(home, part)
        if not found:
            return
        end(found)


def end(processes: list[psutil.Process], *, patience: float = 3.0) -> None:
    """End processes, politely first."""
    for process in processes:
        _signal(process, polite=True)
    _, stubborn = psutil.wait_procs(processes, timeout=patience)
    for process in stubborn:
        _signal(process, polite=False)
    psutil.wait_procs(stubborn, timeout=patience)


def _signal(process: psutil.Process, *, polite: bool) -> None:
    try:
        process.terminate() if polite else process.kill()  # psutil checks that the number is still the same process's
    except psutil.Error:
        return
