"""Where the scheduler keeps what a run said, line by line, while it runs and afterwards."""

from __future__ import annotations

from pathlib import Path


def log_file(home: Path, identifier: str) -> Path:
    """The file of one request, secrets struck out; it grows while the run is under way.

    Parameters
    ----------
    home : Path
        ``FOLIOHUB_HOME`` of the scheduler.
    identifier : str
        Of the request.
    """
    return home / "logs" / "schedule" / f"{identifier}.log"


__all__ = ["log_file"]
