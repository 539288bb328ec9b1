"""First program of a researcher's server: makes the home private, confines itself, renews templates, starts JupyterLab.

Called as ``python -I start.py PROGRAM ARGUMENT ...`` in the home; PROGRAM takes its place. In a pod, which is a wall
around one researcher's programs already, nothing is to be confined: the hub names no places.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Prepare, then become the program that is named."""
    project = Path(os.environ["FOLIOHUB_PROJECT"])
    sys.path.insert(0, str(project))  # -I left it out, and with it everything its owner could have put in the home
    from hub.researcher import templates

    home = Path(os.environ["HOME"])
    os.umask(0o077)
    if "FOLIOHUB_CONFINED_TO" in os.environ:
        confine(home, json.loads(os.environ.pop("FOLIOHUB_CONFINED_TO")))
    try:
        templates.renew(home, project)
    except OSError as error:  # a full disk, say: a server without new templates is better than none
        print(f"The templates in {home} could not be renewed: {error}", file=sys.stderr)  # noqa: T201
    program = shutil.which(arguments[0]) or arguments[0]
    os.execv(program, [program, *arguments[1:]])  # noqa: S606 (what the hub's configuration names)


def confine(home: Path, places: dict[str, list[str]]) -> None:
    """Close the home to others, and everything but the home and these places to this process."""
    from hub.researcher import confinement

    home.chmod(0o700)
    own = home / ".cache" / "tmp"  # /tmp is everybody's
    own.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(own)
    readable = [*confinement.SYSTEM, *confinement.RESOLVER, *places["readable"]]
    if not confinement.confine(readable, [str(home), *confinement.DEVICES, *places["writable"]]):
        print(  # noqa: T201 (the hub's log)
            "This system cannot confine researchers' programs (no Landlock): they run with the platform's rights.",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
