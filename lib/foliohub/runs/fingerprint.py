"""What a run's result depends on besides its data: code, packages, image."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = "requirements.lock"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """State of code and packages.

    Attributes
    ----------
    commit : str or None
        Git commit; from ``FOLIOHUB_COMMIT`` in an image, which has no repository.
    changes : str or None
        SHA-256 over everything not committed; None where nothing is.
    lock_hash : str or None
        SHA-256 of the lock file.
    python : str
    """

    commit: str | None
    changes: str | None
    lock_hash: str | None
    python: str


def take_fingerprint(project: Path) -> Fingerprint:
    """Look at the project's folder as it is now."""
    lock = project / LOCK_FILE
    return Fingerprint(
        commit=os.environ.get("FOLIOHUB_COMMIT") or _text(_git(project, "rev-parse", "HEAD")),
        changes=_changes(project),
        lock_hash=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        python=platform.python_version(),
    )


def _changes(project: Path) -> str | None:
    diff = _git(project, "diff", "HEAD", "--binary", "--no-color", "--no-ext-diff")
    untracked = _git(project, "ls-files", "--others", "--exclude-standard", "-z")
    if not diff and not untracked:
        return None
    digest = hashlib.sha256(diff or b"")
    for name in sorted((untracked or b"").split(b"\0")):
        path = project / os.fsdecode(name)
        if name and path.is_file():
            digest.update(name + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _git(project: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, timeout=20, check=False)  # noqa: S603, S607 - fixed arguments; git is looked up as everywhere
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _text(output: bytes | None) -> str | None:
    return output.decode().strip() if output else None
