"""Build the container images from a commit, and push them: ``make images``.

It needs Python 3.11 or newer, git, and docker, podman or buildah; nothing of the project's environment.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from images.builders import BUILDERS, Build, certificates, choose, command, package_index, wheel_folder
from images.context import Source, commit_hash, exported, is_changed

PROJECT = Path(__file__).resolve().parent.parent
IMAGES = tuple(sorted(file.parent.name for file in (PROJECT / "images").glob("*/Dockerfile")))
FOR_TESTS = {"proxy": "tests/cluster/proxy"}
"""Images that are built only when they are named, and where they lie."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what the command line names; returns the exit status."""
    asked = _parse(arguments)
    builder = choose(asked.builder)
    if builder is None:
        tell(f"nothing here builds images: none of {', '.join([asked.builder] if asked.builder else BUILDERS)} works.")
        return 2
    if is_changed(PROJECT):
        tell("there are changes that are not committed; the images do not hold them")
    tag = asked.tag or commit_hash(PROJECT, asked.commit)[:12]
    with exported(PROJECT, asked.commit) as source, secret_files() as secrets:
        for name in asked.images or IMAGES:
            image = f"{asked.prefix}/{name}:{tag}"
            started = time.monotonic()
            run(command(builder, plan(name, image, source, secrets, asked.base)))
            if asked.push:
                run([builder, "push", image])
            if asked.load:
                run([*shlex.split(asked.load), image])
            tell(f"{image} is there after {time.monotonic() - started:.0f} s")
    return 0


def plan(name: str, image: str, source: Source, secrets: dict[str, Path], base: str = "") -> Build:
    """Say what goes into one image.

    Parameters
    ----------
    name, image : str
        Its folder here (or one of :data:`FOR_TESTS`), and its whole name.
    source : Source
        The commit it is built from.
    secrets : dict of str to Path
        Files for the build alone.
    base : str
        Another base than the Dockerfile's.
    """
    arguments = {"COMMIT": source.commit, "VERSION": source.version, "LOCK": source.lock}
    if base:
        arguments["BASE"] = base
    wheels = wheel_folder() if name == "research" else None
    file = source.folder / FOR_TESTS.get(name, f"images/{name}") / "Dockerfile"
    return Build(image, file, source.folder, arguments, secrets, wheels)


@contextmanager
def secret_files() -> Iterator[dict[str, Path]]:
    """Files with what it takes here to reach packages, for the length of the block."""
    with TemporaryDirectory(prefix="foliohub-secrets-") as folder:
        secrets = {}
        if (bundle := certificates()) is not None:
            secrets["ca"] = bundle
        if index := package_index():
            secrets["index"] = Path(folder) / "index"
            secrets["index"].write_text(index, encoding="utf-8")
        yield secrets


def run(words: list[str]) -> None:
    """Run a command, showing what it says; end with its status where it fails."""
    status = subprocess.run(words, check=False).returncode  # noqa: S603 - of `builders`
    if status:
        tell(f"{' '.join(words[:2])} ended with {status}; its message stands above.")
        sys.exit(status)


def tell(message: str) -> None:
    """Show one line of progress."""
    sys.stderr.write(f"images: {message}\n")
    sys.stderr.flush()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m images", description="Build the container images from a commit.")
    parser.add_argument("images", nargs="*", metavar="IMAGE", help=f"of {', '.join(IMAGES)}; all by default")
    parser.add_argument(
        "--prefix", default="foliohub", help="what stands before an image's name: REGISTRY/OWNER/foliohub"
    )
    parser.add_argument("--tag", default="", help="by default the commit's short hash")
    parser.add_argument("--commit", default="HEAD", help="commit, branch or tag to build")
    parser.add_argument("--base", default="", help="another base image than the one pinned by digest")
    parser.add_argument("--builder", default="", choices=("", *BUILDERS), help="by default the first that works")
    parser.add_argument(
        "--load", default="", metavar="COMMAND", help="brings an image into a cluster: called with its name"
    )
    parser.add_argument("--push", action="store_true", help="push each image once it is built")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.images) - {*IMAGES, *FOR_TESTS})
    if unknown:
        parser.error(f"there is no image {unknown[0]!r}; there are {', '.join(IMAGES)}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
