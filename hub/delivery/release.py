"""What a release is called and what it says: ``make release-notes``.

A version stands in `pyproject.toml`, in the chart and in the change log. A release whose tag is not all of them is
refused before anything is published.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import yaml

from foliohub.errors import FoliohubError, InputError

PROJECT = Path(__file__).resolve().parents[2]


def versions(project: Path) -> dict[str, str]:
    """The version, by the file that says it."""
    chart = yaml.safe_load((project / "hub" / "chart" / "Chart.yaml").read_text(encoding="utf-8"))
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        "pyproject.toml": described["project"]["version"],
        "hub/chart/Chart.yaml (version)": chart["version"],
        "hub/chart/Chart.yaml (appVersion)": chart["appVersion"],
    }


def notes(project: Path, version: str) -> str:
    """The change log's section of a version.

    Raises
    ------
    InputError
        If the version is not the one everywhere, or the change log has no section of it, or an empty one.
    """
    for file, said in versions(project).items():
        if said != version:
            raise InputError(f"{file} says {said}, not {version}.", remedy="Write one version everywhere, then tag it.")
    text = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None or not section[1].strip():
        raise InputError(
            f"CHANGELOG.md says nothing of {version}.", remedy="Give what is unreleased this version and today's date."
        )
    return section[1].strip() + "\n"


def main(tag: str) -> int:
    """Write the notes of a tag such as v1.2.0 to standard output; returns the exit status."""
    try:
        sys.stdout.write(notes(PROJECT, tag.removeprefix("v")))
    except FoliohubError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
