"""What Python packages each image holds, as CycloneDX 1.5: read from the locks the images are made from.

``make sbom`` writes one file per image. Continuous integration asks the images themselves too:
they also hold packages of Debian.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from packaging.markers import Marker

PROJECT = Path(__file__).resolve().parent.parent

HOLDS = {
    "hub": ("images/hub/requirements.lock",),
    "research": ("images/research/requirements.lock", "images/research/learning.lock", "images/research/torch.txt"),
    "s3": ("images/s3/requirements.lock",),
}
"""Of each image, the files that say what is installed in it."""

_ENTRY = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\\n]*[^\\\s]))?", re.MULTILINE)


def packages(text: str) -> dict[str, str]:
    """Versions by name of what a lock installs on Linux with Python 3.11."""
    here = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    here |= {"python_version": "3.11", "python_full_version": "3.11.2", "implementation_name": "cpython"}
    return {
        name: version
        for name, version, marker in _ENTRY.findall(text)
        if not marker or Marker(marker).evaluate(dict(here, platform_python_implementation="CPython"))
    }


def bill(image: str) -> dict[str, Any]:
    """The bill of materials of one image.

    Parameters
    ----------
    image : str
        One of `HOLDS`.
    """
    texts = [(PROJECT / file).read_text(encoding="utf-8") for file in HOLDS[image]]
    held = {name: version for text in texts for name, version in packages(text).items()}
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "container", "name": f"foliohub/{image}", "version": digest[:12], "bom-ref": image}
        },
        "components": [
            {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
            for name, version in sorted(held.items())
        ],
    }


def main(folder: Path) -> int:
    """Write the bill of every image to a folder; returns the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    for image in HOLDS:
        text = json.dumps(bill(image), indent=1) + "\n"
        (folder / f"{image}.cdx.json").write_text(text, encoding="utf-8")
        sys.stderr.write(f"{folder / f'{image}.cdx.json'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
