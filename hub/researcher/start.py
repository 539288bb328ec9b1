"""First program of a researcher's server: makes the home private, confines itself, renews templates, starts JupyterLab.

Called as ``python -I start.py PROGRAM ARGUMENT ...`` in the home; PROGRAM takes its place.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Prepare, then become the program that is named."""
    project = Path(os.environ["FOLIOHUB_PROJECT"])
    sys.path.insert(0, str(project))  # -I left it out, and with it everything its owner could have put in the home
    from hub.researcher import confinement, templates

    home = Path(os.environ["HOME"])
    home.chmod(0o700)
    os.umask(0o077)
    places = json.loads(os.environ.pop("FOLIOHUB_CONFINED_TO"))
    own = home / ".cache" / "tmp"  # /tmp is everybody's
    own.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(own)
    readable = [*confinement.SYSTEM, *confinement.RESOLVER, *places["readable"]]
    if not confinement.confine(readable, [str(home), *confinement.DEVICES, *places["writable"]]):
        print(  # noqa: T201 (the hub's log)
            "This system cannot confine researchers' programs (no Landlock): they run with the platform's rights.",
            file=sys.stderr,
        )
    try:
        templates.renew(home, project)
    except OSError as error:  # a full disk, say: a server without new templates is better than none
        print(f"The templates in {home} could not be renewed: {error}", file=sys.stderr)  # noqa: T201
    os.execv(arguments[0], arguments)  # noqa: S606 (what the hub's configuration names)


if __name__ == "__main__":
    main(sys.argv[1:])
