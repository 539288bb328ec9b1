"""Sign images where they lie, and attest what they hold: ``make sign``, after they were pushed.

cosign signs a digest, never a tag: a tag can be moved to another image afterwards. On GitHub it needs no key: the
workflow's own identity signs.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from images.sbom import HOLDS

Run: TypeAlias = Callable[[list[str]], str]


def sign(name: str, prefix: str, tag: str, run: Run, bills: Path = Path("build/sbom")) -> str:
    """Sign one image.

    Parameters
    ----------
    name, prefix, tag : str
        Its folder here, what stands before its name, its tag.
    run : callable
        Runs a command, giving what it says.
    bills : Path
        Folder with the bills of materials.

    Returns
    -------
    str
        The image's name with its digest: what was signed.
    """
    image = f"{prefix}/{name}"
    digests = run(["docker", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", f"{image}:{tag}"])
    pushed = next((digest for digest in digests.split() if digest.startswith(f"{image}@sha256:")), None)
    if pushed is None:
        raise ValueError(f"{image}:{tag} was not pushed: no registry has a digest of it")
    run(["cosign", "sign", "--yes", pushed])
    predicate = str(bills / f"{name}.cdx.json")
    run(["cosign", "attest", "--yes", "--type", "cyclonedx", "--predicate", predicate, pushed])
    return pushed


def run_command(words: list[str]) -> str:
    """Run a command that must succeed, and give what it says."""
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 - as above


def main(prefix: str, tag: str, names: Iterable[str]) -> int:
    """Sign the images named, or all; returns the exit status."""
    for name in names or HOLDS:
        sys.stderr.write(f"signed {sign(name, prefix, tag, run_command)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
