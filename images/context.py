"""What an image is built from: the files of one commit, and nothing else of the machine it is built on."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_LONG_AGO = 1_577_836_800
"""Modification time of every file, 2020-01-01: a time of check-out would make each build another image."""


@dataclass(frozen=True)
class Source:
    """The files of a commit, in a folder of their own.

    Parameters
    ----------
    folder : Path
        Where they lie.
    commit : str
        Its full hash.
    version : str
        Version of the package, from `pyproject.toml`.
    lock : str
        SHA-256 of `requirements.lock`, as run records name it.
    """

    folder: Path
    commit: str
    version: str
    lock: str


def commit_hash(project: Path, revision: str) -> str:
    """Full hash of a revision; raises `subprocess.CalledProcessError` where git knows none."""
    return _git(project, "rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()


def is_changed(project: Path) -> bool:
    """Whether there are changes that no commit holds, which therefore come into no image."""
    return bool(_git(project, "status", "--porcelain").strip())


@contextmanager
def exported(project: Path, revision: str) -> Iterator[Source]:
    """Write the files of a commit to a folder that lasts as long as the block.

    Parameters
    ----------
    project : Path
        The clone.
    revision : str
        A commit, branch or tag.

    Yields
    ------
    Source
    """
    commit = commit_hash(project, revision)
    with TemporaryDirectory(prefix="foliohub-images-") as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(_git(project, "archive", "--format=tar", commit))) as archive:
            for member in archive:
                member.mtime = _LONG_AGO
                archive.extract(member, folder, filter="data")
        described = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        lock = hashlib.sha256((folder / "requirements.lock").read_bytes()).hexdigest()
        yield Source(folder, commit, described["project"]["version"], lock)


def _git(project: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=project, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603, S607 - fixed commands
