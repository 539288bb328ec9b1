"""Docker, podman and buildah: the same build, said in the words of each."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

BUILDERS = ("docker", "podman", "buildah")


@dataclass(frozen=True)
class Build:
    """One image to build.

    Parameters
    ----------
    image : str
        Its whole name, with registry and tag.
    dockerfile, context : Path
        What to build, from which folder.
    arguments : mapping of str to str
        Build arguments; they stay visible in the image's history.
    secrets : mapping of str to Path
        Files that commands of the build can read and that no layer keeps.
    wheels : Path or None
        A folder of packages no index has.
    """

    image: str
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    wheels: Path | None = None


def command(builder: str, build: Build) -> list[str]:
    """The command line that makes a build.

    Parameters
    ----------
    builder : str
        One of `BUILDERS`.
    build : Build
        What to make.
    """
    words = {
        "docker": ["docker", "buildx", "build", "--load"],
        "podman": ["podman", "build", "--layers"],
        # In a container itself it may neither make namespaces nor networks of its own.
        "buildah": ["buildah", "bud", "--layers", "--isolation", "chroot", "--network", "host"],
    }[builder]
    words += ["--file", str(build.dockerfile), "--tag", build.image]
    for name, value in build.arguments.items():
        words += ["--build-arg", f"{name}={value}"]
    for name, path in build.secrets.items():
        words += ["--secret", f"id={name},src={path}"]
    if build.wheels is not None:
        words += ["--build-context", f"wheels={build.wheels}"]
    return [*words, str(build.context)]


def choose(asked: str = "", works: Callable[[str], bool] | None = None) -> str | None:
    """The builder asked for, or the first that works here; None where there is none.

    Parameters
    ----------
    asked : str
        One of `BUILDERS`, or empty.
    works : callable, optional
        Says whether one works; by default it is asked.
    """
    works = works or _works
    return next((builder for builder in ([asked] if asked else BUILDERS) if works(builder)), None)


def _works(builder: str) -> bool:
    """Whether it is installed and, where it needs a service, that one answers."""
    if shutil.which(builder) is None:
        return False
    question = [builder, "version"] if builder != "docker" else ["docker", "info"]
    return subprocess.run(question, check=False, capture_output=True, timeout=30).returncode == 0  # noqa: S603 - of a fixed list


def certificates(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The bundle of certificates that this machine's programs are told to trust, if there is one."""
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
        path = Path(environment.get(name, ""))
        if path.is_file():
            return path
    return None


def package_index(environment: Mapping[str, str] = os.environ) -> str:
    """Address of another package index than the public one; may hold a password: it goes in as a secret."""
    return environment.get("UV_DEFAULT_INDEX") or environment.get("PIP_INDEX_URL") or ""


def wheel_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The first local folder of packages that pip or uv are told to look into, if there is one."""
    places = (environment.get("UV_FIND_LINKS") or environment.get("PIP_FIND_LINKS") or "").replace(",", " ").split()
    return next((Path(place) for place in places if Path(place).is_dir()), None)
